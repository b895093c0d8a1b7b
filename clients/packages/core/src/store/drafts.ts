// What was begun and not sent yet, by channel.

import { createSlice } from '@reduxjs/toolkit';

import type { ChannelId, Seq } from '../protocol/generated.ts';
import { accountChosen, cacheLoaded, channelLeft, draftChanged, signedOut } from './actions.ts';

export interface Draft {
  text: string;
  replyTo?: Seq;
  /** The message that is being edited. */
  editing?: Seq;
}

export type DraftsState = Record<ChannelId, Draft>;

export const drafts = createSlice({
  name: 'drafts',
  initialState: {} as DraftsState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(draftChanged, (state, { payload: { channel, draft } }) => {
        if (draft && (draft.text !== '' || draft.replyTo !== undefined || draft.editing !== undefined)) state[channel] = draft;
        else delete state[channel];
      })
      // What was typed while the cache was being read is newer than the cache.
      .addCase(cacheLoaded, (state, { payload }) => ({ ...payload.cache.drafts, ...state }))
      .addCase(channelLeft, (state, { payload }) => {
        delete state[payload.channel];
      })
      .addCase(accountChosen, () => ({}))
      .addCase(signedOut, () => ({})),
});
