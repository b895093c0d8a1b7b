// How far everyone is. Positions only rise, whatever order they are told in; marks are derived from them.

import { createSlice } from '@reduxjs/toolkit';

import type { ChannelId, ChannelView, Seq, UserId } from '../protocol/generated.ts';
import {
  accountChosen,
  cacheLoaded,
  channelLeft,
  channelTold,
  channelsListed,
  entriesTaken,
  marksTold,
  membershipChanged,
  membersListed,
  messagesSeen,
  positionsMoved,
  readied,
  signedOut,
  synced,
} from './actions.ts';

export interface Position {
  delivered: Seq;
  read: Seq;
}

/** The positions in one channel. */
export interface Places {
  /** One's own, as this device knows it: it may be ahead of what the server was told. */
  mine: Position;
  /** One's own, as the server knows it. */
  told: Position;
  /** What all members have reached. */
  all: Position;
  /** Each member's, where the server tells them: in channels of up to 32. */
  members: Record<UserId, Position>;
}

export type PositionsState = Record<ChannelId, Places>;

export const positions = createSlice({
  name: 'positions',
  initialState: {} as PositionsState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(accountChosen, () => ({}))
      .addCase(signedOut, () => ({}))
      .addCase(cacheLoaded, (state, { payload }) => {
        for (const { id, places } of payload.cache.channels) state[id] ??= places;
      })
      .addCase(readied, (state, { payload: { ready, isOtherHistory } }) => {
        if (isOtherHistory) for (const channel of Object.keys(state)) delete state[channel];
        ready.channels.channels.forEach((view) => learn(state, view));
        for (const missed of Object.values(ready.missed?.channels ?? {})) if ('positions' in missed) move(state, missed.positions, ready.user.id);
      })
      .addCase(channelsListed, (state, { payload }) => payload.channels.forEach((view) => learn(state, view)))
      .addCase(channelTold, (state, { payload }) => learn(state, payload.channel))
      .addCase(positionsMoved, (state, { payload }) => move(state, payload.moved, payload.me))
      .addCase(synced, (state, { payload }) => {
        for (const missed of Object.values(payload.synced.channels)) if ('positions' in missed) move(state, missed.positions, payload.me);
      })
      .addCase(marksTold, (state, { payload }) => {
        for (const [channel, marks] of Object.entries(payload)) {
          raise(at(state, channel).mine, marks);
          raise(at(state, channel).told, marks);
        }
      })
      .addCase(membersListed, (state, { payload }) => {
        const places = at(state, payload.channel);
        for (const { id, delivered, read } of payload.members) raise((places.members[id] ??= nowhere()), { delivered, read });
      })
      .addCase(entriesTaken, (state, { payload: { channel, entries, me } }) => {
        const places = at(state, channel);
        for (const entry of entries) {
          // Who writes has read what stands before; the server moves the position by itself.
          if (entry.kind === 'message' && entry.sender === me) {
            raise(places.mine, { delivered: entry.seq, read: entry.seq });
            raise(places.told, { delivered: entry.seq, read: entry.seq });
          }
          if (entry.kind === 'member' && (entry.change === 'left' || entry.change === 'removed')) {
            for (const user of entry.users) delete places.members[user];
          }
        }
      })
      .addCase(messagesSeen, (state, { payload: { channel, seq } }) => raise(at(state, channel).mine, { delivered: seq, read: seq }))
      .addCase(membershipChanged, (state, { payload: { channel, change } }) => {
        if (change === 'left' || change === 'deleted') delete state[channel];
      })
      .addCase(channelLeft, (state, { payload }) => {
        delete state[payload.channel];
      }),
});

const nowhere = (): Position => ({ delivered: 0, read: 0 });

function at(state: PositionsState, channel: ChannelId): Places {
  return (state[channel] ??= { mine: nowhere(), told: nowhere(), all: nowhere(), members: {} });
}

/** Moves forward, and never back. */
function raise(position: Position, { delivered, read }: Partial<Position>): void {
  position.read = Math.max(position.read, read ?? 0);
  // What was read was also delivered.
  position.delivered = Math.max(position.delivered, delivered ?? 0, position.read);
}

function learn(state: PositionsState, view: ChannelView): void {
  const places = at(state, view.id);
  raise(places.mine, view);
  raise(places.told, view);
  raise(places.all, { delivered: view.delivered_to_all, read: view.read_by_all });
}

type Moved = ReturnType<typeof positionsMoved>['payload']['moved'];

function move(state: PositionsState, { channel, delivered, read, members = [] }: Moved, me: UserId): void {
  const places = at(state, channel);
  raise(places.all, { delivered, read });
  for (const member of members) {
    raise((places.members[member.user] ??= nowhere()), member);
    if (member.user !== me) continue;
    raise(places.mine, member);
    raise(places.told, member);
  }
}
