// Keeps what the next visit starts from.

import { call, fork, takeEvery, takeLatest } from 'redux-saga/effects';

import type { CachedChannel } from '../store/cache.ts';
import { CACHED_MESSAGES } from '../store/cache.ts';
import { accountChosen, cacheLoaded, draftChanged, preferencesChanged, readied, signedOut } from '../store/actions.ts';
import { tailOf, type Log } from '../store/log.ts';
import type { State } from '../store/store.ts';
import { sleep, soonAfter } from './time.ts';
import { isFromTab, tell, type Saga, type World } from './world.ts';

const GATHER_MS = 400;

/** Saves at once what was not saved yet. Resolves when that and what was being saved is done. */
export type Flush = () => Promise<void>;

export function makeFlush(world: World): Flush {
  let saved: State | undefined;
  let savedUser: string | undefined;
  let turn = Promise.resolve();
  // It begins at once: who leaves may have no other moment. What is being saved is older, and comes first in the storage as well.
  return () => (turn = Promise.all([turn, save()]).then(() => {}));

  async function save(): Promise<void> {
    const state = world.state();
    const { user, isCacheLoaded, epoch } = state.session;
    if (user === undefined || !isCacheLoaded || epoch === undefined) return;
    const before = savedUser === user ? saved : undefined;
    [saved, savedUser] = [state, user];
    try {
      if (before?.session.epoch !== undefined && before.session.epoch !== epoch) await world.storage.clearChannels(user);
      const isAccountOther = before?.session.epoch !== epoch || before.people.profiles !== state.people.profiles;
      const changed = Object.keys(state.channels.byId).filter((id) => !before || isOther(before, state, id));
      const gone = Object.keys(before?.channels.byId ?? {}).filter((id) => !state.channels.byId[id]);
      // At once, not one after the other: the page may be about to go.
      await Promise.all([
        isAccountOther && world.storage.putAccount(user, { epoch, profiles: Object.values(state.people.profiles) }),
        changed.length > 0 && world.storage.putChannels(user, changed.flatMap((id) => cachedChannel(state, id) ?? [])),
        gone.length > 0 && world.storage.removeChannels(user, gone),
      ]);
    } catch (error) {
      // Tried again with the next change; the server has all of it.
      [saved, savedUser] = [before, before && user];
      world.report('the cache could not be written', error);
    }
  }
}

export function* persistenceSaga(world: World, flush: Flush): Saga {
  yield fork(soonAfter, world.clock, GATHER_MS, isWorthKeeping, function* (): Saga {
    yield call(flush);
  });
  yield takeEvery(readied, function* ({ payload }: ReturnType<typeof readied>): Saga {
    if (payload.isOtherHistory) yield call([world.storage, 'clearChannels'], payload.ready.user.id);
  });
  yield takeEvery(draftChanged, function* (action: ReturnType<typeof draftChanged>): Saga {
    const { channel, draft } = action.payload;
    const { user } = world.state().session;
    if (user === undefined || isFromTab(action)) return;
    yield call([world.storage, 'putDraft'], user, channel, draft);
    tell(world, action, { type: 'draftChanged', user, channel, draft });
  });
  yield takeLatest(preferencesChanged, function* (action: ReturnType<typeof preferencesChanged>): Saga {
    if (isFromTab(action)) return;
    yield call(sleep, world.clock, 50);
    const { preferences } = world.state().settings;
    yield call([world.storage, 'putPreferences'], preferences);
    tell(world, action, { type: 'preferencesChanged', preferences });
  });
}

const PASSING_BY = new Set(['connection/changed', 'server/typingHeard', 'server/presenceChanged', 'server/presencesTold', 'presence/typingFaded', 'ui/typed', 'ui/channelOpened']);

function isWorthKeeping(action: { type: string }): boolean {
  if (accountChosen.match(action) || cacheLoaded.match(action) || signedOut.match(action) || draftChanged.match(action)) return false;
  return (action.type.startsWith('server/') || action.type.startsWith('ui/')) && !PASSING_BY.has(action.type);
}

function isOther(before: State, after: State, id: string): boolean {
  const log = (state: State) => state.messages.logs[id];
  return (
    before.channels.byId[id] !== after.channels.byId[id] ||
    before.positions[id] !== after.positions[id] ||
    log(before)?.have !== log(after)?.have ||
    log(before)?.spans !== log(after)?.spans
  );
}

function cachedChannel({ channels, messages, positions }: State, id: string): CachedChannel | undefined {
  const channel = channels.byId[id];
  const log = messages.logs[id];
  const places = positions[id];
  if (!channel || !log || !places) return undefined;
  const tail = cachedTail(log);
  return { id, have: log.have, channel, places, ...(tail && { tail }) };
}

/** The newest messages up to `have`. */
function cachedTail(log: Log): CachedChannel['tail'] {
  const tail = tailOf(log);
  if (!tail || tail.from > log.have) return undefined;
  // A page may have run ahead of the entries. Beyond `have` the cache knows nothing; the entries will tell it again.
  const known = tail.messages.filter(({ seq }) => seq <= log.have);
  const messages = known.slice(-CACHED_MESSAGES);
  const from = messages.length < known.length ? messages[0]!.seq : tail.from;
  return { from, to: log.have, messages };
}
