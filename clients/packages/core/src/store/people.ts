// Names of users, who of them is a member of what, and whom one blocks.

import { createSlice } from '@reduxjs/toolkit';

import type { ChannelId, ChannelView, Profile, Role, UserId } from '../protocol/generated.ts';
import {
  accountChosen,
  accountTold,
  blocksListed,
  cacheLoaded,
  channelLeft,
  channelTold,
  channelsListed,
  entriesTaken,
  membersListed,
  profilesFound,
  readied,
  signedOut,
  userBlocked,
} from './actions.ts';

export interface Member {
  user: UserId;
  role: Role;
}

export interface PeopleState {
  profiles: Record<UserId, Profile>;
  /** The members of a channel as far as they were listed, in the order of their ids. */
  members: Record<ChannelId, { list: Member[]; next?: UserId; isStale: boolean }>;
  /** Known once asked for. */
  blocked?: UserId[];
}

const initialState: PeopleState = { profiles: {}, members: {} };

export const people = createSlice({
  name: 'people',
  initialState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(accountChosen, () => initialState)
      .addCase(signedOut, () => initialState)
      .addCase(cacheLoaded, (state, { payload }) => {
        for (const profile of payload.cache.account?.profiles ?? []) state.profiles[profile.id] ??= profile;
      })
      .addCase(readied, (state, { payload: { ready } }) => {
        learn(state, [ready.user, ...peersOf(ready.channels.channels)]);
        // Who came and went meanwhile was perhaps not told one by one.
        for (const members of Object.values(state.members)) members.isStale = true;
      })
      .addCase(channelsListed, (state, { payload }) => learn(state, peersOf(payload.channels)))
      .addCase(channelTold, (state, { payload }) => learn(state, peersOf([payload.channel])))
      .addCase(profilesFound, (state, { payload }) => learn(state, payload))
      .addCase(accountTold, (state, { payload: { id, display_name, username } }) => learn(state, [{ id, display_name, ...(username && { username }) }]))
      .addCase(membersListed, (state, { payload: { channel, after, members, next } }) => {
        learn(state, members.map(({ id, display_name, username }) => ({ id, display_name, ...(username && { username }) })));
        const listed = members.map(({ id, role }) => ({ user: id, role }));
        const before = after === undefined ? [] : (state.members[channel]?.list.filter(({ user }) => user <= after) ?? []);
        state.members[channel] = { list: [...before, ...listed], isStale: false, ...(next !== undefined && { next }) };
      })
      .addCase(entriesTaken, (state, { payload: { channel, entries } }) => {
        const members = state.members[channel];
        if (!members) return;
        for (const entry of entries) {
          if (entry.kind !== 'member') continue;
          if (entry.change === 'left' || entry.change === 'removed') members.list = members.list.filter(({ user }) => !entry.users.includes(user));
          else if (entry.change === 'role') members.list.forEach((member) => entry.users.includes(member.user) && (member.role = entry.role));
          else members.isStale = true;
        }
      })
      .addCase(channelLeft, (state, { payload }) => {
        delete state.members[payload.channel];
      })
      .addCase(blocksListed, (state, { payload }) => {
        state.blocked = payload;
      })
      .addCase(userBlocked, (state, { payload: { user, on } }) => {
        const others = (state.blocked ?? []).filter((it) => it !== user);
        state.blocked = on ? [...others, user] : others;
      }),
});

function learn(state: PeopleState, profiles: readonly Profile[]): void {
  for (const profile of profiles) state.profiles[profile.id] = profile;
}

const peersOf = (views: readonly ChannelView[]): Profile[] => views.flatMap(({ peer }) => peer ?? []);
