import type { UnknownAction } from '@reduxjs/toolkit';

import { faultOf, isPassing } from '../errors.ts';
import type { Line } from '../line.ts';
import type { Command } from '../protocol/decode.ts';
import type { CommandData, CommandResults } from '../protocol/generated.ts';
import { pageAsked, pageRefused } from '../store/actions.ts';
import { actionsOf, type Answer } from '../store/answered.ts';
import { pageOf } from '../store/log.ts';
import type { State } from '../store/store.ts';
import type { Ask } from './world.ts';

/** Asking, with the state kept current: it knows which pages are under way, and what was answered. */
export function makeAsk(line: Line, state: () => State, dispatch: (action: UnknownAction) => void): Ask {
  return async function ask<C extends Command>(command: C, data: CommandData[C]): Promise<CommandResults[C]> {
    const then = state();
    const me = then.session.user ?? '';
    const wanted = command === 'history' ? (data as CommandData['history']) : undefined;
    if (wanted) dispatch(pageAsked({ channel: wanted.channel, page: pageOf(wanted) }));
    try {
      const result = await line.ask(command, data);
      // If the account was changed in between, this answers somebody else.
      if ((state().session.user ?? '') === me) actionsOf({ command, data, result } as Answer, { me, then }).forEach(dispatch);
      return result;
    } catch (error) {
      const fault = faultOf(error);
      // Where it passes, the one who asked tries again.
      if (wanted && !isPassing(fault.code)) dispatch(pageRefused({ channel: wanted.channel, page: pageOf(wanted), fault }));
      throw error;
    }
  };
}
