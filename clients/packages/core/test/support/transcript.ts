// Replays a recorded dialogue: every frame through the border and the one switch each for events and answers.

import { readFileSync } from 'node:fs';

import { decodeError, decodeEvent, decodeResult, type Command } from '../../src/protocol/decode.ts';
import type { CommandData, Tokens } from '../../src/protocol/generated.ts';
import { accountChosen } from '../../src/store/actions.ts';
import { actionsOf, type Answer } from '../../src/store/answered.ts';
import { actionOf } from '../../src/store/heard.ts';
import { newsOf, reduce, type State } from '../../src/store/store.ts';

export type Frame =
  | { id: number; cmd: string; data: unknown; ev?: never; re?: never }
  | { re: number; ok?: unknown; err?: unknown; ev?: never; cmd?: never }
  | { ev: string; data: unknown; re?: never; cmd?: never };

export const NAMES = ['connect', 'talk', 'changes', 'positions', 'resume', 'membership', 'people', 'errors', 'drain'] as const;

export function transcript(name: (typeof NAMES)[number]): Frame[] {
  const text = readFileSync(new URL(`../../../../../contract/transcripts/${name}.jsonl`, import.meta.url), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line) as Frame);
}

export interface Replayed {
  state: State;
  /** Whose connection it was. */
  me: string;
  /** The channels of which entries took their place, one by one. */
  news: string[];
  /** The codes of refusals. */
  refusals: string[];
  /** What `history` told of a channel last, in full. */
  histories: Map<string, unknown>;
}

export function replay(frames: readonly Frame[]): Replayed {
  let state = reduce(undefined, { type: 'begin' });
  const asked = new Map<number, { command: Command; data: never; then: State }>();
  const replayed: Omit<Replayed, 'state'> = { me: '', news: [], refusals: [], histories: new Map() };
  const happen = (action: Parameters<typeof reduce>[1]) => {
    state = reduce(state, action);
    for (const { payload } of newsOf(state, action)) replayed.news.push(...payload.entries.map(() => payload.channel));
  };
  const now = 1_700_000_000_000;
  for (const frame of frames) {
    if (frame.cmd !== undefined) {
      asked.set(frame.id, { command: frame.cmd as Command, data: frame.data as never, then: state });
    } else if (frame.ev !== undefined) {
      const told = decodeEvent(frame.ev, frame.data)!;
      happen(actionOf(told, { me: replayed.me, now, epoch: state.session.epoch }));
    } else if (frame.err !== undefined) {
      replayed.refusals.push(decodeError(frame.err).code);
    } else {
      const { command, data, then } = asked.get(frame.re)!;
      const result = decodeResult(command, frame.ok);
      if (command === 'account.register') {
        const { user, device, session } = result as Tokens;
        replayed.me = user;
        happen(accountChosen({ user, device, session }));
      }
      // On this carrier the first payload is the answer to hello.
      if (command === 'hello') happen(actionOf({ event: 'ready', data: result as never }, { me: replayed.me, now, epoch: state.session.epoch }));
      if (command === 'history' && Object.keys(data as CommandData['history']).length === 1) {
        replayed.histories.set((data as CommandData['history']).channel, (result as { messages: unknown }).messages);
        // What the entries left behind is compared with this, so it may not help them.
        continue;
      }
      for (const action of actionsOf({ command, data, result } as Answer, { me: replayed.me, then })) happen(action);
    }
  }
  return { state, ...replayed };
}
