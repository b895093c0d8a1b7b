// Who is there, and who is typing.

import { createSlice } from '@reduxjs/toolkit';

import type { ChannelId, Timestamp, UserId } from '../protocol/generated.ts';
import { accountChosen, connectionChanged, entriesTaken, peopleWatched, presenceChanged, presencesTold, signedOut, typingFaded, typingHeard } from './actions.ts';

export interface PresenceState {
  /** Of those who are watched. */
  byUser: Record<UserId, { isOnline: boolean; lastSeen?: Timestamp }>;
  watched: UserId[];
  /** Until when each counts as typing. */
  typing: Record<ChannelId, Record<UserId, number>>;
}

/** Typing is told again every few seconds while it goes on; who was not told of for so long has stopped. */
export const TYPING_FADES_MS = 5000;

const initialState: PresenceState = { byUser: {}, watched: [], typing: {} };

export const presence = createSlice({
  name: 'presence',
  initialState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(accountChosen, () => initialState)
      .addCase(signedOut, () => initialState)
      .addCase(peopleWatched, (state, { payload: { users } }) => {
        state.watched = users;
      })
      .addCase(presencesTold, (state, { payload }) => payload.forEach((it) => learn(state, it)))
      .addCase(presenceChanged, (state, { payload }) => learn(state, payload))
      .addCase(typingHeard, (state, { payload: { channel, user, until } }) => {
        (state.typing[channel] ??= {})[user] = until;
      })
      .addCase(typingFaded, (state, { payload: { now } }) => stop(state, (_channel, _user, until) => until <= now))
      // Who has sent it is not writing it any more.
      .addCase(entriesTaken, (state, { payload: { channel, entries } }) => {
        const senders = new Set(entries.filter(({ kind }) => kind === 'message').map(({ sender }) => sender));
        if (senders.size > 0) stop(state, (where, user) => where === channel && senders.has(user));
      })
      .addCase(connectionChanged, (state, { payload }) => {
        // Without a connection nobody knows.
        if (payload.phase !== 'live') Object.assign(state, { byUser: {}, typing: {} });
      }),
});

function learn(state: PresenceState, { user, online, last_seen }: { user: UserId; online: boolean; last_seen?: Timestamp }): void {
  state.byUser[user] = { isOnline: online, ...(last_seen !== undefined && { lastSeen: last_seen }) };
}

function stop(state: PresenceState, isOver: (channel: ChannelId, user: UserId, until: number) => boolean): void {
  for (const [channel, users] of Object.entries(state.typing)) {
    for (const [user, until] of Object.entries(users)) if (isOver(channel, user, until)) delete users[user];
    if (Object.keys(users).length === 0) delete state.typing[channel];
  }
}
