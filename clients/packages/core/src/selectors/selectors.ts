// What views need of the state, derived. Those that build something new are made once per view (`make…`) and remember.

import { createSelector } from '@reduxjs/toolkit';

import type { ChannelId, ChannelKind, Folded, Profile, Role, Seq, UserId } from '../protocol/generated.ts';
import type { Channel } from '../store/channels.ts';
import { find, spanAt, tailOf, type Log, type Page, type Span } from '../store/log.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Places } from '../store/positions.ts';
import type { Account } from '../store/session.ts';
import type { State } from '../store/store.ts';
import { markOf, markOfOutgoing, type Mark } from './marks.ts';
import { timeline, type KeptRows, type TimelineRow } from './timeline.ts';
import { unreadOf, type Unread } from './unread.ts';

export const selectMe = (state: State): UserId | undefined => state.session.user;

export const selectAccount = (state: State): Account | undefined => state.session.accounts.find(({ user }) => user === state.session.user);

export const selectChannel = (state: State, channel: ChannelId): Channel | undefined => state.channels.byId[channel];

export const selectLog = (state: State, channel: ChannelId): Log | undefined => state.messages.logs[channel];

export const selectPlaces = (state: State, channel: ChannelId): Places | undefined => state.positions[channel];

export const selectProfile = (state: State, user: UserId): Profile | undefined => state.people.profiles[user];

/** What to call somebody: their name, or as long as it is not known, nothing. */
export const selectName = (state: State, user: UserId): string => state.people.profiles[user]?.display_name ?? '';

/** A channel's title; a direct channel is called after its other member. */
export const selectTitle = (state: State, channel: ChannelId): string => {
  const known = state.channels.byId[channel];
  return known?.title ?? (known?.peer && selectName(state, known.peer)) ?? '';
};

export const selectDraft = (state: State, channel: ChannelId) => state.drafts[channel];

export const selectMessage = (state: State, channel: ChannelId, seq: Seq): Folded | undefined => {
  const log = state.messages.logs[channel];
  return log && find(log, seq);
};

/** Messages of one's own that wait for a connection or an answer. */
export const selectWaitingCount = (state: State): number => state.outbox.filter((message) => message.state !== 'failed').length;

/** Whether somebody is online: `undefined` when it is not known. */
export const selectPresence = (state: State, user: UserId) => state.presence.byUser[user];

const NOBODY: UserId[] = [];

/** A selector of who is typing in a channel, without oneself. */
export const makeSelectTyping = () =>
  createSelector([(state: State, channel: ChannelId) => state.presence.typing[channel], selectMe], (typing, me) => {
    const users = Object.keys(typing ?? {}).filter((user) => user !== me);
    return users.length > 0 ? users : NOBODY;
  });

export interface ChannelRow {
  id: ChannelId;
  kind: ChannelKind;
  title: string;
  /** The other member of a direct channel. */
  peer?: UserId;
  role: Role;
  /** The newest message, one's own on their way included. */
  line?: { sender: UserId; at: number; message?: Folded; outgoing?: Outgoing; mark?: Mark };
  draft?: string;
  unread: Unread;
  isPinned: boolean;
  isArchived: boolean;
  isMuted: boolean;
  mutedUntil?: number;
  activeAt: number;
}

/**
 * A row per channel: the pinned first, then by activity, the newest first. A row is the same object as long as nothing
 * in it changed. Whether something is muted depends on the time; it is given.
 */
export const makeSelectChannelRows = () => {
  const remembered = new Map<ChannelId, { from: readonly unknown[]; row: ChannelRow }>();
  return createSelector(
    [
      (state: State) => state.channels.byId,
      (state: State) => state.messages.logs,
      (state: State) => state.positions,
      (state: State) => state.outbox,
      (state: State) => state.people.profiles,
      (state: State) => state.drafts,
      selectMe,
      (_state: State, now: number) => now,
    ],
    (channels, logs, positions, outbox, profiles, drafts, me, now) => {
      const lastOutgoing = new Map(outbox.map((message) => [message.channel, message]));
      const rows = Object.values(channels).map((channel) => {
        const { id } = channel;
        const isMuted = channel.mutedUntil !== undefined && channel.mutedUntil > now;
        const from = [channel, logs[id], positions[id], lastOutgoing.get(id), channel.peer && profiles[channel.peer], drafts[id], me, isMuted];
        const known = remembered.get(id);
        if (known?.from.every((part, place) => part === from[place])) return known.row;
        const row = rowOf(channel, logs[id], positions[id], lastOutgoing.get(id), channel.peer ? profiles[channel.peer] : undefined, drafts[id]?.text, me, isMuted);
        remembered.set(id, { from, row });
        return row;
      });
      return rows.sort((one, other) => Number(other.isPinned) - Number(one.isPinned) || other.activeAt - one.activeAt || (one.id < other.id ? 1 : -1));
    },
  );
};

function rowOf(
  channel: Channel,
  log: Log | undefined,
  places: Places | undefined,
  outgoing: Outgoing | undefined,
  peer: Profile | undefined,
  draft: string | undefined,
  me: UserId | undefined,
  isMuted: boolean,
): ChannelRow {
  const message = channel.last;
  const line = outgoing
    ? { sender: outgoing.sender, at: outgoing.composedAt, outgoing, mark: markOfOutgoing(outgoing) }
    : message && { sender: message.sender, at: message.at, message, ...(message.sender === me && { mark: markOf(message, places) }) };
  return {
    id: channel.id,
    kind: channel.kind,
    title: channel.title ?? peer?.display_name ?? '',
    ...(channel.peer && { peer: channel.peer }),
    role: channel.role,
    ...(line && { line }),
    ...(draft && { draft }),
    unread: unreadOf(channel, log, places?.mine, me),
    isPinned: channel.isPinned,
    isArchived: channel.isArchived,
    isMuted,
    ...(channel.mutedUntil !== undefined && { mutedUntil: channel.mutedUntil }),
    activeAt: Math.max(channel.activeAt, outgoing?.composedAt ?? 0),
  };
}

/** Unread messages of one channel. */
export const makeSelectUnread = () =>
  createSelector([selectChannel, selectLog, (state: State, channel: ChannelId) => state.positions[channel]?.mine, selectMe], unreadOf);

export interface TotalUnread extends Unread {
  /** Channels with something unread. */
  channels: number;
}

/** Everything unread, but for what is muted or archived; from there only what calls one. */
export const makeSelectTotalUnread = () =>
  createSelector([(rows: readonly ChannelRow[]) => rows], (rows): TotalUnread => {
    const loud = rows.filter((row) => !row.isMuted && !row.isArchived);
    return {
      messages: loud.reduce((sum, { unread }) => sum + unread.messages, 0),
      mentions: rows.reduce((sum, { unread }) => sum + unread.mentions, 0),
      channels: loud.filter(({ unread }) => unread.messages > 0).length,
    };
  });

export interface Timeline {
  rows: TimelineRow[];
  /** The stretch is known, though there may be nothing in it. */
  isHere: boolean;
  /** Messages are missing at this end of it. */
  hasOlder: boolean;
  hasNewer: boolean;
  /** The page to want, to have more at this end. */
  older?: Page;
  newer?: Page;
  /** The newest messages have been asked for and are not here. */
  isLoading: boolean;
  isLoadingOlder: boolean;
  isLoadingNewer: boolean;
}

export interface TimelineView {
  channel: ChannelId;
  timeZone: string;
  /** The stretch around this place; otherwise the newest. */
  around?: Seq;
  /** See `TimelineOptions`. */
  newAfter?: Seq;
}

const NO_MESSAGES: Folded[] = [];

/** A selector of a channel's messages as they are shown. One for each open view; a row is the same object as long as it says the same. */
export const makeSelectTimeline = () => {
  const kept: KeptRows = new WeakMap();
  const selectSpan = (state: State, { channel, around }: TimelineView): Span | undefined => {
    const log = state.messages.logs[channel];
    return log && (around === undefined ? tailOf(log) : spanAt(log, around));
  };
  const selectOutgoing = createSelector([(state: State) => state.outbox, (_state: State, { channel }: TimelineView) => channel], (outbox, channel) =>
    outbox.filter((message) => message.channel === channel),
  );
  const selectRows = createSelector(
    [
      (state: State, view: TimelineView) => selectSpan(state, view)?.messages ?? NO_MESSAGES,
      selectOutgoing,
      (state: State, { channel }: TimelineView) => state.positions[channel],
      selectMe,
      (_state: State, { timeZone }: TimelineView) => timeZone,
      (_state: State, { newAfter }: TimelineView) => newAfter,
      // One's own on their way stand at the end of the newest, not of an older stretch.
      (state: State, view: TimelineView) => isAtEnd(state.messages.logs[view.channel], selectSpan(state, view)),
    ],
    (messages, outgoing, places, me, timeZone, newAfter, isEnd) =>
      timeline(messages, isEnd ? outgoing : [], places, { me, timeZone, ...(newAfter !== undefined && { newAfter }) }, kept),
  );
  return createSelector(
    [selectRows, selectSpan, (state: State, { channel }: TimelineView) => state.messages.logs[channel], (state: State, { channel }: TimelineView) => state.channels.byId[channel]?.since],
    (rows, span, log, since): Timeline => {
      const asked = Object.keys(log?.asked ?? {});
      const hasOlder = span ? span.from > Math.max(1, since ?? 1) : true;
      const hasNewer = !isAtEnd(log, span);
      return {
        rows,
        isHere: span !== undefined,
        hasOlder,
        hasNewer,
        ...(span && hasOlder && { older: { before: span.from } }),
        ...(span && hasNewer && { newer: { after: span.to } }),
        isLoading: !span && asked.length > 0,
        isLoadingOlder: asked.some((key) => key.startsWith('before')),
        isLoadingNewer: asked.some((key) => key.startsWith('after')),
      };
    },
  );
};

function isAtEnd(log: Log | undefined, span: Span | undefined): boolean {
  return !log || !span || span.to >= log.have;
}
