// Log-ins on this device: which there are, which one is in use, what was kept of it.

import { fork, take, takeEvery, takeLatest, put, call } from 'redux-saga/effects';

import { newestOf } from '../logIn.ts';
import type { Cache, Kept, LogIn } from '../ports.ts';
import type { Tokens } from '../protocol/generated.ts';
import { accountChosen, accountTold, accountsLoaded, cacheLoaded, readied, signedOut } from '../store/actions.ts';
import type { Account } from '../store/session.ts';
import { isFromTab, tell, type Saga, type World } from './world.ts';

/** Under this lock a log-in is read and written again: its refresh token is good once, whichever tab uses it. */
export const logInLock = (user: string): string => `rialto:log-in:${user}`;

/** What a log-in keeps of the tokens it got. */
export function tokensOf(tokens: Tokens, now: number): Pick<LogIn, 'accessToken' | 'accessExpiresAt' | 'refreshToken'> {
  // Rather a little early than refused.
  const accessExpiresAt = now + Math.max(0, tokens.access_expires_in_ms - 5000);
  return { accessToken: tokens.access_token, accessExpiresAt, refreshToken: tokens.refresh_token };
}

export function logInOf(tokens: Tokens, names: { displayName?: string; username?: string }, now: number): LogIn {
  return {
    user: tokens.user,
    device: tokens.device,
    session: tokens.session,
    ...tokensOf(tokens, now),
    ...(tokens.recovery_key && { recoveryKey: tokens.recovery_key }),
    ...names,
    usedAt: now,
  };
}

export function accountOf({ accessToken: _a, accessExpiresAt: _e, refreshToken: _r, usedAt: _u, ...account }: LogIn): Account {
  return account;
}

export function* accountsSaga(world: World): Saga {
  yield takeLatest(accountChosen, loadCache, world);
  yield takeEvery(signedOut, function* ({ payload: { user }, ...action }): Saga {
    tell(world, action, { type: 'signedOut', user });
  });
  yield fork(keepNames, world);
}

/** Chooses the account that was chosen last, if there is one, and waits for what was kept of it: a view need not be drawn twice. */
export function* begin(world: World): Saga {
  const logIns: LogIn[] = yield call([world.storage, 'logIns']);
  const newest = newestOf(logIns);
  yield put(accountsLoaded(logIns.map(accountOf)));
  if (!newest) return;
  yield put(accountChosen(accountOf(newest)));
  while (world.state().session.phase === 'signedIn' && !world.state().session.isCacheLoaded) yield take([cacheLoaded, signedOut]);
}

function* loadCache({ storage, report }: World, { payload: { user } }: ReturnType<typeof accountChosen>): Saga {
  let cache: Cache = { channels: [], drafts: {} };
  let outbox: Kept[] = [];
  try {
    [cache, outbox] = yield Promise.all([storage.loadCache(user), storage.listOutbox(user)]);
  } catch (error) {
    // The server has all that a cache has.
    report('what was kept could not be read', error);
  }
  // What is frozen the store takes as it is; otherwise it would walk through every message to freeze it.
  for (const { tail } of cache.channels) if (tail) Object.freeze(tail.messages);
  yield put(cacheLoaded({ user, cache, outbox }));
}

/** The list of accounts shows names also before there is a connection. */
function* keepNames(world: World): Saga {
  while (true) {
    const action: object = yield take([readied, accountTold]);
    if (isFromTab(action)) continue;
    const account = world.state().session.accounts.find(({ user }) => user === world.state().session.user);
    const logIn: LogIn | undefined = account && (yield call([world.storage, 'findLogIn'], account.user));
    if (!account || !logIn || (logIn.displayName === account.displayName && logIn.username === account.username)) continue;
    // Its tokens may be replaced at this moment; that is done under the same lock.
    yield call([world.tabs, 'exclusively'], logInLock(account.user), async () => {
      const current = await world.storage.findLogIn(account.user);
      if (current) await world.storage.putLogIn({ ...current, ...account });
    });
  }
}
