import type { UnknownAction } from '@reduxjs/toolkit';

import type { Ports, TabMessage } from '../ports.ts';
import type { Line } from '../line.ts';
import type { Command } from '../protocol/decode.ts';
import type { ClientName, CommandData, CommandResults } from '../protocol/generated.ts';
import type { State } from '../store/store.ts';

/** Asks the server; what it answers is in the store when the promise resolves. */
export type Ask = <C extends Command>(command: C, data: CommandData[C]) => Promise<CommandResults[C]>;

/** What sagas work with. */
export interface World extends Ports {
  line: Line;
  ask: Ask;
  client: ClientName;
  state(): State;
  dispatch(action: UnknownAction): void;
  /** Reports what should not happen: something malformed, a storage that fails. */
  report(what: string, error: unknown): void;
}

/** What a saga yields is the affair of redux-saga; what comes back is typed where it is used. */
export type Saga<T = void> = Generator<unknown, T, any>;

/** An action that another tab brought about. It is not told to the tabs again. */
export function isFromTab(action: object): boolean {
  return 'meta' in action && (action.meta as { isFromTab?: boolean } | undefined)?.isFromTab === true;
}

export function fromTab<A extends object>(action: A): A {
  return { ...action, meta: { isFromTab: true } };
}

/** Tells the other tabs what an action meant, unless it came from one. */
export function tell(world: World, action: object, message: TabMessage): void {
  if (!isFromTab(action)) world.tabs.tell(message);
}
