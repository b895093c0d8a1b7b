// Messages of one's own that are not known to be stored yet, in the order in which they go.

import { createSlice } from '@reduxjs/toolkit';

import type { Fault } from '../errors.ts';
import type { Composed, Kept } from '../ports.ts';
import type { Entry, Folded } from '../protocol/generated.ts';
import {
  accountChosen,
  cacheLoaded,
  commandRejected,
  entryArrived,
  messageComposed,
  messageDiscarded,
  messageFailed,
  messageKept,
  messageReceived,
  messageRetried,
  messagesSettled,
  pageRead,
  readied,
  signedOut,
  synced,
} from './actions.ts';
import { isPassing } from '../errors.ts';

export interface Outgoing extends Composed {
  /** Its place in the stored outbox, once it is there. */
  place?: number;
  /** `waiting` to be sent or answered; `received` by the server; `failed`: a person decides. */
  state: 'waiting' | 'received' | 'failed';
  fault?: Fault;
}

export type OutboxState = Outgoing[];

export const outbox = createSlice({
  name: 'outbox',
  initialState: [] as OutboxState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(accountChosen, () => [])
      .addCase(signedOut, () => [])
      .addCase(cacheLoaded, (state, { payload }) => payload.outbox.reduce(withKept, state))
      .addCase(messageComposed, (state, { payload }) => {
        if (!state.some(({ clientId }) => clientId === payload.clientId)) state.push({ ...payload, state: 'waiting' });
      })
      .addCase(messageKept, (state, { payload }) => withKept(state, payload))
      .addCase(messageReceived, (state, { payload }) => {
        const message = find(state, payload.clientId);
        if (message?.state === 'waiting') message.state = 'received';
      })
      .addCase(messageFailed, (state, { payload: { clientId, fault } }) => fail(state, clientId, fault))
      .addCase(commandRejected, (state, { payload: { client_id, code, text } }) => {
        if (!isPassing(code)) fail(state, client_id, { code, text });
      })
      .addCase(messageRetried, (state, { payload }) => {
        const message = find(state, payload.clientId);
        if (message?.state !== 'failed') return;
        message.state = 'waiting';
        delete message.fault;
      })
      .addCase(messageDiscarded, (state, { payload }) => state.filter(({ clientId }) => clientId !== payload.clientId))
      .addCase(messagesSettled, (state, { payload }) => state.filter(({ clientId }) => !payload.clientIds.includes(clientId)))
      // Also an entry that was taken long ago: the server tells it again to who sends again.
      .addCase(entryArrived, (state, { payload }) => without(state, [payload.entry]))
      .addCase(synced, (state, { payload }) => without(state, Object.values(payload.synced.channels).flatMap((it) => ('entries' in it ? it.entries : []))))
      .addCase(readied, (state, { payload: { ready } }) =>
        without(state, [
          ...Object.values(ready.missed?.channels ?? {}).flatMap((it) => ('entries' in it ? it.entries : [])),
          ...Object.values(ready.recent).flat(),
        ]),
      )
      .addCase(pageRead, (state, { payload }) => without(state, payload.messages)),
});

function find(state: OutboxState, id: string): Outgoing | undefined {
  return state.find(({ clientId }) => clientId === id);
}

function fail(state: OutboxState, clientId: string, fault: Fault): void {
  const message = find(state, clientId);
  if (message) Object.assign(message, { state: 'failed', fault });
}

/** What the stored outbox has, in its order; then what is on its way there. */
function withKept(state: OutboxState, kept: Kept): OutboxState {
  const known = find(state, kept.clientId);
  const message: Outgoing = known ? { ...known, place: kept.place } : { ...kept, state: kept.fault ? 'failed' : 'waiting' };
  const others = state.filter((it) => it !== known);
  return [...others, message].sort((one, other) => (one.place ?? Infinity) - (other.place ?? Infinity) || one.composedAt - other.composedAt);
}

/** Without the messages that are stored now. */
function without(state: OutboxState, stored: readonly (Entry | Folded)[]): OutboxState {
  if (state.length === 0) return state;
  const ids = new Set(stored.flatMap(({ client_id }) => client_id ?? []));
  return ids.size === 0 ? state : state.filter(({ clientId }) => !ids.has(clientId));
}
