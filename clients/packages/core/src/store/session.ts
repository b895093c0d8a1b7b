// Who is signed in here, and what the server said when it greeted them.

import { createSlice } from '@reduxjs/toolkit';

import type { Fault } from '../errors.ts';
import type { AccountView, Limits, SessionView } from '../protocol/generated.ts';
import { accountChosen, accountTold, accountsLoaded, cacheLoaded, readied, sessionsListed, sessionsRevoked, signedOut } from './actions.ts';

/** A log-in on this device, without its tokens. */
export interface Account {
  user: string;
  device: string;
  session: string;
  displayName?: string;
  /** Absent for an anonymous account. */
  username?: string;
  /** Opens an anonymous account on another device. Show it to its owner. */
  recoveryKey?: string;
}

export interface SessionState {
  /** `starting` until it is known whether somebody is signed in. */
  phase: 'starting' | 'signedOut' | 'signedIn';
  /** Everyone who is logged in on this device; the current one among them. */
  accounts: Account[];
  /** Whom the store is about. */
  user?: string;
  /** Why one was signed out, if not by oneself. */
  fault?: Fault;
  /** What was kept from the last visit has been read. */
  isCacheLoaded: boolean;
  epoch?: string;
  limits?: Limits;
  features: string[];
  /** The server's clock less ours, in milliseconds. */
  clockSkewMs: number;
  /** One's log-ins everywhere, once asked for. */
  sessions?: SessionView[];
}

const initialState: SessionState = { phase: 'starting', accounts: [], isCacheLoaded: false, features: [], clockSkewMs: 0 };

export const session = createSlice({
  name: 'session',
  initialState,
  reducers: {},
  extraReducers: (builder) =>
    builder
      .addCase(accountsLoaded, (state, { payload }) => {
        state.accounts = payload;
        if (state.phase === 'starting' && payload.length === 0) state.phase = 'signedOut';
      })
      .addCase(accountChosen, (state, { payload }) => ({
        ...initialState,
        phase: 'signedIn',
        user: payload.user,
        accounts: [payload, ...state.accounts.filter(({ user }) => user !== payload.user)],
      }))
      .addCase(signedOut, (state, { payload: { user, fault } }) => {
        const accounts = state.accounts.filter((it) => it.user !== user);
        if (state.user !== user) return { ...state, accounts };
        return { ...initialState, phase: 'signedOut', accounts, ...(fault && { fault }) };
      })
      .addCase(cacheLoaded, (state, { payload: { user, cache } }) => {
        if (state.user !== user) return;
        state.isCacheLoaded = true;
        if (cache.account) state.epoch = cache.account.epoch;
      })
      .addCase(readied, (state, { payload: { ready, at } }) => {
        state.epoch = ready.epoch;
        state.limits = ready.limits;
        state.features = ready.features;
        state.clockSkewMs = ready.server_time - at;
        name(state, ready.user);
      })
      .addCase(accountTold, (state, { payload }) => name(state, payload))
      .addCase(sessionsListed, (state, { payload }) => {
        state.sessions = payload;
      })
      .addCase(sessionsRevoked, (state, { payload }) => {
        if (state.sessions) state.sessions = state.sessions.filter(({ id }) => !payload.includes(id));
      }),
});

/** Accounts carry the names that their users have now. */
function name(state: SessionState, { id, display_name, username }: Pick<AccountView, 'id' | 'display_name' | 'username'>): void {
  const account = state.accounts.find(({ user }) => user === id);
  if (!account) return;
  account.displayName = display_name;
  if (username) account.username = username;
}
