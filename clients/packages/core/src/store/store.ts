// The state as a whole.

import { applyMiddleware, combineReducers, legacy_createStore, type Middleware, type UnknownAction } from '@reduxjs/toolkit';

import { entriesTaken, entryArrived, readied, synced } from './actions.ts';
import { channels } from './channels.ts';
import { connection } from './connection.ts';
import { drafts } from './drafts.ts';
import { messages } from './messages.ts';
import { outbox } from './outbox.ts';
import { people } from './people.ts';
import { positions } from './positions.ts';
import { presence } from './presence.ts';
import { session } from './session.ts';
import { settings } from './settings.ts';

const slices = combineReducers({
  session,
  connection,
  channels,
  messages,
  outbox,
  positions,
  people,
  presence,
  drafts,
  settings,
});

export type State = ReturnType<typeof slices>;

/**
 * The slices, and then once more with what took its place in the logs: entries come early, late and twice, and only
 * the log knows which are news. Everything else follows the log.
 */
export function reduce(state: State | undefined, action: UnknownAction): State {
  let next = slices(state, action);
  for (const taken of newsOf(next, action)) next = slices(next, taken);
  return next;
}

/** What an action brought into the logs, channel by channel. */
export function newsOf(state: State, action: UnknownAction): ReturnType<typeof entriesTaken>[] {
  const [channels, me] = concerned(action);
  return channels.flatMap((channel) => {
    const entries = state.messages.logs[channel]?.news ?? [];
    return entries.length > 0 ? [entriesTaken({ channel, entries, me })] : [];
  });
}

/** The channels whose entries an action told, and to whom. */
function concerned(action: UnknownAction): [string[], string] {
  if (entryArrived.match(action)) return [[action.payload.entry.channel], action.payload.me];
  if (synced.match(action)) return [Object.keys(action.payload.synced.channels), action.payload.me];
  if (readied.match(action)) return [Object.keys(action.payload.ready.missed?.channels ?? {}), action.payload.ready.user.id];
  return [[], ''];
}

/** Without what `configureStore` adds: state is plain by construction, and walking all of it after every action would cost more than it finds. */
export function createStore(...middleware: Middleware[]) {
  return legacy_createStore(reduce, undefined, applyMiddleware(...middleware));
}

export type Store = ReturnType<typeof createStore>;
