// What was said: one log for each channel.

import { createSlice } from '@reduxjs/toolkit';

import type { ChannelId, ChannelView, Synced, UserId } from '../protocol/generated.ts';
import type { Fault } from '../errors.ts';
import {
  accountChosen,
  cacheLoaded,
  channelLeft,
  channelTold,
  channelsListed,
  connectionChanged,
  entryArrived,
  membershipChanged,
  messageHidden,
  pageAsked,
  pageRead,
  pageRefused,
  pinsListed,
  readied,
  signedOut,
  synced,
} from './actions.ts';
import { addPage, catchUp, giveUpPage, hide, logFrom, pageKey, take, type Log } from './log.ts';

export interface MessagesState {
  logs: Record<ChannelId, Log>;
  /** The pinned messages of a channel, once asked for: their places. */
  pins: Record<ChannelId, number[]>;
  /** Why a page of a channel could not be read. */
  faults: Record<ChannelId, Fault>;
}

const initialState: MessagesState = { logs: {}, pins: {}, faults: {} };

export const messages = createSlice({
  name: 'messages',
  initialState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(accountChosen, () => initialState)
      .addCase(signedOut, () => initialState)
      .addCase(cacheLoaded, (state, { payload }) => {
        for (const { id, have, tail } of payload.cache.channels) state.logs[id] ??= { ...logFrom(have), spans: tail ? [tail] : [] };
      })
      .addCase(readied, (state, { payload: { ready, isOtherHistory } }) => {
        if (isOtherHistory) state.logs = {};
        for (const log of Object.values(state.logs)) log.news = [];
        if (ready.missed) follow(state, ready.missed, ready.user.id);
        for (const view of ready.channels.channels) {
          const isNew = begin(state, view);
          const recent = ready.recent[view.id];
          const log = state.logs[view.id]!;
          // Of what one follows already, the entries tell more than a second copy of the messages.
          if (recent && (isNew || log.spans.length === 0)) addPage(log, 'newest', recent, view.head, ready.user.id);
        }
      })
      .addCase(entryArrived, (state, { payload: { entry, me } }) => {
        // The first that is heard of a channel: one was let in a moment ago. What stands before it is in its history.
        const log = (state.logs[entry.channel] ??= logFrom(entry.seq - 1));
        take(log, entry, me);
      })
      .addCase(synced, (state, { payload }) => follow(state, payload.synced, payload.me))
      .addCase(channelsListed, (state, { payload }) => payload.channels.forEach((view) => begin(state, view)))
      .addCase(channelTold, (state, { payload }) => {
        begin(state, payload.channel);
      })
      .addCase(pageAsked, (state, { payload: { channel, page } }) => {
        const log = state.logs[channel];
        if (log) log.asked[pageKey(page)] = log.have;
        delete state.faults[channel];
      })
      .addCase(pageRead, (state, { payload: { channel, page, messages, haveThen, me } }) => {
        const log = state.logs[channel];
        if (log) addPage(log, page, messages, haveThen, me);
      })
      .addCase(pageRefused, (state, { payload: { channel, page, fault } }) => {
        const log = state.logs[channel];
        if (log) giveUpPage(log, page);
        state.faults[channel] = fault;
      })
      .addCase(connectionChanged, (state, { payload }) => {
        // Answers that have not come will not come.
        if (payload.phase === 'live') return;
        for (const log of Object.values(state.logs)) {
          if (Object.keys(log.asked).length > 0) Object.assign(log, { asked: {}, recent: [] });
        }
      })
      .addCase(pinsListed, (state, { payload: { channel, messages } }) => {
        state.pins[channel] = messages.map(({ seq }) => seq);
      })
      .addCase(messageHidden, (state, { payload: { channel, target } }) => {
        const log = state.logs[channel];
        if (log) hide(log, target);
      })
      .addCase(membershipChanged, (state, { payload: { channel, change } }) => {
        if (change === 'left' || change === 'deleted') forget(state, channel);
      })
      .addCase(channelLeft, (state, { payload }) => forget(state, payload.channel)),
});

/** A channel is followed from where it is when one hears of it. */
function begin(state: MessagesState, view: ChannelView): boolean {
  if (state.logs[view.id]) return false;
  state.logs[view.id] = logFrom(view.head);
  return true;
}

function follow(state: MessagesState, { channels }: Synced, me: UserId): void {
  for (const [channel, missed] of Object.entries(channels)) {
    const log = state.logs[channel];
    if ('code' in missed) forget(state, channel);
    else if (log) catchUp(log, missed, me);
  }
}

function forget(state: MessagesState, channel: ChannelId): void {
  delete state.logs[channel];
  delete state.pins[channel];
  delete state.faults[channel];
}
