// The channels one is in: what they are, and what one set about them. What was said in them is in messages.ts.

import { createReducer } from '@reduxjs/toolkit';

import type { ChannelId, ChannelKind, ChannelView, Entry, Flags, Folded, Role, Seq, Timestamp, UserId } from '../protocol/generated.ts';
import {
  accountChosen,
  cacheLoaded,
  channelLeft,
  channelTold,
  channelsListed,
  entriesTaken,
  flagsChanged,
  membershipChanged,
  messageHidden,
  readied,
  signedOut,
  synced,
} from './actions.ts';
import { changed, freshMessage, isChange } from './fold.ts';

export interface Channel {
  id: ChannelId;
  kind: ChannelKind;
  title?: string;
  description?: string;
  /** The other member of a direct channel. */
  peer?: UserId;
  memberCount: number;
  /** One's own. */
  role: Role;
  /** One may read from here on. */
  since: Seq;
  activeAt: Timestamp;
  isPinned: boolean;
  isArchived: boolean;
  /** No notifications until then. */
  mutedUntil?: Timestamp;
  /** The newest message, as far as it is known. */
  last?: Folded;
  /** Up to which place of the log the above holds, and what the server counted as unread there. */
  told: { head: Seq; read: Seq; unread: number; mentions: number };
}

export interface ChannelsState {
  byId: Record<ChannelId, Channel>;
  /** All of one's channels are here. */
  isComplete: boolean;
  /** A walk through the whole list, since the last greeting: what it does not meet one is no longer in. */
  walk?: { cursor: string; met: Record<ChannelId, true> };
}

const initialState: ChannelsState = { byId: {}, isComplete: false };

export const channels = createReducer(initialState, (builder) =>
  builder
    .addCase(accountChosen, () => initialState)
    .addCase(signedOut, () => initialState)
    .addCase(cacheLoaded, (state, { payload }) => {
      for (const { id, channel } of payload.cache.channels) state.byId[id] ??= channel;
    })
    .addCase(readied, (state, { payload: { ready, isOtherHistory } }) => {
      if (isOtherHistory) state.byId = {};
      delete state.walk;
      walkOn(state, ready.channels.channels, ready.channels.next, {});
    })
    .addCase(channelsListed, (state, { payload }) => {
      if (state.walk && state.walk.cursor === payload.cursor) walkOn(state, payload.channels, payload.next, state.walk.met);
      else payload.channels.forEach((view) => learn(state, view));
    })
    .addCase(channelTold, (state, { payload }) => learn(state, payload.channel))
    .addCase(flagsChanged, (state, { payload: { channel, flags } }) => {
      const known = state.byId[channel];
      if (known) setFlags(known, flags);
    })
    .addCase(entriesTaken, (state, { payload: { channel, entries, me } }) => {
      const known = state.byId[channel];
      if (known) entries.forEach((entry) => follow(known, entry, me));
    })
    .addCase(messageHidden, (state, { payload: { channel, target } }) => {
      const known = state.byId[channel];
      if (known?.last?.seq === target) delete known.last;
    })
    .addCase(membershipChanged, (state, { payload: { channel, change } }) => {
      if (change === 'left' || change === 'deleted') forget(state, channel);
    })
    .addCase(channelLeft, (state, { payload }) => forget(state, payload.channel))
    .addCase(synced, (state, { payload }) => {
      for (const [id, missed] of Object.entries(payload.synced.channels)) if ('code' in missed) forget(state, id);
    }),
);

function walkOn(state: ChannelsState, views: ChannelView[], next: string | undefined, met: Record<ChannelId, true>): void {
  for (const view of views) {
    learn(state, view);
    met[view.id] = true;
  }
  if (next !== undefined) {
    state.walk = { cursor: next, met };
    return;
  }
  delete state.walk;
  state.isComplete = true;
  for (const id of Object.keys(state.byId)) if (!met[id]) delete state.byId[id];
}

function learn(state: ChannelsState, view: ChannelView): void {
  if (state.walk) state.walk.met[view.id] = true;
  const known = state.byId[view.id];
  if (known && known.told.head > view.head) {
    // It was read before what we know happened; what one set oneself stands in no log.
    setFlags(known, view);
    return;
  }
  const channel: Channel = {
    id: view.id,
    kind: view.kind,
    memberCount: view.members,
    role: view.role,
    since: view.since,
    activeAt: view.active_at,
    isPinned: false,
    isArchived: false,
    told: { head: view.head, read: view.read, unread: view.unread, mentions: view.mentions },
  };
  if (view.title !== undefined) channel.title = view.title;
  if (view.description !== undefined) channel.description = view.description;
  if (view.peer) channel.peer = view.peer.id;
  if (view.last) channel.last = view.last;
  setFlags(channel, view);
  state.byId[view.id] = channel;
}

function setFlags(channel: Channel, { pinned, archived, muted_until }: Flags): void {
  channel.isPinned = pinned === true;
  channel.isArchived = archived === true;
  if (muted_until === undefined) delete channel.mutedUntil;
  else channel.mutedUntil = muted_until;
}

function forget(state: ChannelsState, channel: ChannelId): void {
  delete state.byId[channel];
  if (state.walk) delete state.walk.met[channel];
}

/** What an entry means for the channel itself. */
function follow(channel: Channel, entry: Entry, me: UserId): void {
  // Up to there the server told the outcome already.
  if (entry.seq <= channel.told.head) return;
  channel.activeAt = Math.max(channel.activeAt, entry.at);
  switch (entry.kind) {
    case 'message':
      channel.last = freshMessage(entry);
      return;
    case 'edit':
    case 'delete':
    case 'reaction':
    case 'pin':
      if (isChange(entry) && channel.last?.seq === entry.target) channel.last = changed(channel.last, entry, me);
      return;
    case 'member':
      if (entry.change === 'added' || entry.change === 'joined') channel.memberCount += entry.users.length;
      if (entry.change === 'left' || entry.change === 'removed') channel.memberCount -= entry.users.length;
      if (entry.change === 'role' && entry.users.includes(me)) channel.role = entry.role;
      return;
    case 'channel':
      if (entry.title !== undefined) channel.title = entry.title;
      if (entry.description !== undefined) channel.description = entry.description;
      return;
    case 'unknown':
      return;
  }
}
