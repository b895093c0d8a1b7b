// What a person prefers on this device. What holds on all of their devices is `AccountSettings`, kept by the server.

import { createSlice } from '@reduxjs/toolkit';

import type { Settings as AccountSettings } from '../protocol/generated.ts';
import { accountChosen, accountSettingsTold, accountTold, preferencesChanged } from './actions.ts';

export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  /** A BCP 47 tag; otherwise the platform's. */
  language?: string;
  /** Whether Enter sends, or breaks the line. */
  enterSends: boolean;
  /** Single-letter shortcuts while a message has the focus. */
  letterShortcuts: boolean;
  notifications: 'all' | 'mentions' | 'none';
  sounds: boolean;
  textSize: 'small' | 'normal' | 'large';
}

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  enterSends: true,
  letterShortcuts: true,
  notifications: 'all',
  sounds: true,
  textSize: 'normal',
};

export interface SettingsState {
  preferences: Preferences;
  /** Known once the server told them. */
  account?: AccountSettings;
}

const initialState: SettingsState = { preferences: DEFAULT_PREFERENCES };

export const settings = createSlice({
  name: 'settings',
  initialState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(preferencesChanged, (state, { payload }) => {
        Object.assign(state.preferences, payload);
      })
      .addCase(accountTold, (state, { payload }) => {
        state.account = payload.settings;
      })
      .addCase(accountSettingsTold, (state, { payload }) => {
        state.account = payload;
      })
      .addCase(accountChosen, (state) => {
        delete state.account;
      }),
});
