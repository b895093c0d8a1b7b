// Catching up: holes in a log, what one missed while away, what the server had to drop.

import { call, fork, put, take, takeEvery } from 'redux-saga/effects';

import { faultOf, isPassing } from '../errors.ts';
import { backoffMs } from '../connection/backoff.ts';
import { channelOpened, entryArrived, eventsDropped, membershipChanged, pageWanted, readied, synced } from '../store/actions.ts';
import { hasHole } from '../store/log.ts';
import { sleep } from './time.ts';
import type { Saga, World } from './world.ts';

/** What is on its way may fill a hole by itself. */
const HOLE_PATIENCE_MS = 40;

/** A channel that cannot be caught up with after so many tries waits for the next greeting. */
const TRIES = 6;

const WANTED = 'sync/wanted';

/** The channels to ask about, and why: a hole may close by itself. */
type Wanted = Map<string, 'hole' | 'behind'>;

export function* syncSaga(world: World): Saga {
  const wanted: Wanted = new Map();
  const want = function* (channels: string[], why: 'hole' | 'behind'): Saga {
    if (channels.length === 0) return;
    channels.forEach((channel) => wanted.set(channel, wanted.get(channel) === 'behind' ? 'behind' : why));
    yield put({ type: WANTED });
  };
  yield takeEvery(entryArrived, function* ({ payload: { entry } }: ReturnType<typeof entryArrived>): Saga {
    const log = world.state().messages.logs[entry.channel];
    if (log && hasHole(log)) yield call(want, [entry.channel], 'hole');
  });
  yield takeEvery(readied, function* (): Saga {
    wanted.clear();
    yield call(want, behind(world), 'behind');
  });
  yield takeEvery(eventsDropped, function* (): Saga {
    yield call(want, Object.keys(world.state().messages.logs), 'behind');
    // Channels may have come and gone unnoticed as well.
    yield fork(listChannels, world, undefined);
  });
  yield takeEvery(readied, function* ({ payload }: ReturnType<typeof readied>): Saga {
    if (payload.ready.channels.next !== undefined) yield call(listChannels, world, payload.ready.channels.next);
  });
  yield takeEvery(membershipChanged, function* ({ payload: { channel, change } }: ReturnType<typeof membershipChanged>): Saga {
    if (change === 'joined' || change === 'settings') yield call(loadChannel, world, channel);
  });
  yield takeEvery(entryArrived, function* ({ payload: { entry } }: ReturnType<typeof entryArrived>): Saga {
    if (!world.state().channels.byId[entry.channel]) yield call(loadChannel, world, entry.channel);
  });
  yield fork(readAnew);
  while (true) {
    yield take(WANTED);
    yield call(catchUpWith, world, wanted);
  }
}

/** Channels whose log goes on beyond what is here. */
function behind(world: World): string[] {
  const { channels, messages } = world.state();
  return Object.values(channels.byId).flatMap(({ id, told }) => ((messages.logs[id]?.have ?? told.head) < told.head ? [id] : []));
}

function* catchUpWith(world: World, wanted: Wanted): Saga {
  yield call(sleep, world.clock, HOLE_PATIENCE_MS);
  for (let attempt = 0; wanted.size > 0 && world.state().connection.phase === 'live'; ) {
    const have: Record<string, number> = {};
    for (const [channel, why] of wanted) {
      const log = world.state().messages.logs[channel];
      if (log && (why === 'behind' || hasHole(log))) have[channel] = log.have;
      else wanted.delete(channel);
    }
    if (wanted.size === 0) return;
    try {
      const { channels, more }: Awaited<ReturnType<typeof world.ask<'sync'>>> = yield call(world.ask, 'sync', { have });
      attempt = 0;
      for (const channel of Object.keys(have)) {
        const missed = channels[channel];
        const isThere = missed ? !('more' in missed && missed.more) : !more;
        if (isThere) wanted.delete(channel);
      }
    } catch (error) {
      attempt += 1;
      const { code } = faultOf(error);
      if (!isPassing(code) || attempt >= TRIES) {
        world.report('catching up failed', error);
        wanted.clear();
        return;
      }
      yield call(sleep, world.clock, backoffMs(attempt, world.random.fraction()));
    }
  }
}

/** Where too much was missed, what was read before is void: an open channel is read anew. */
function* readAnew(): Saga {
  const open = new Set<string>();
  while (true) {
    const action: object = yield take([channelOpened, synced, readied]);
    if (channelOpened.match(action)) {
      open.add(action.payload.channel);
      continue;
    }
    const told = synced.match(action) ? action.payload.synced : readied.match(action) ? action.payload.ready.missed : undefined;
    for (const [channel, missed] of Object.entries(told?.channels ?? {})) {
      if ('gap' in missed && open.has(channel)) yield put(pageWanted({ channel, page: 'newest' }));
    }
    if (readied.match(action) && action.payload.isOtherHistory) for (const channel of open) yield put(pageWanted({ channel, page: 'newest' }));
  }
}

function* listChannels(world: World, from: string | undefined): Saga {
  let cursor = from;
  do {
    try {
      const { next }: Awaited<ReturnType<typeof world.ask<'channel.list'>>> = yield call(world.ask, 'channel.list', cursor === undefined ? {} : { cursor });
      cursor = next;
    } catch (error) {
      // The next greeting begins the walk again.
      if (!isPassing(faultOf(error).code)) world.report('the channels could not be listed', error);
      return;
    }
  } while (cursor !== undefined);
}

function* loadChannel(world: World, channel: string): Saga {
  try {
    yield call(world.ask, 'channel.get', { channel });
  } catch (error) {
    // One is out again, or the connection is gone; then the next greeting tells.
    const { code } = faultOf(error);
    if (!isPassing(code) && !code.startsWith('channel.')) world.report('a channel could not be read', error);
  }
}
