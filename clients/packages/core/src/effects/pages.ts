// Reading history, page by page, as views want it.

import { call, fork, put, take, takeEvery } from 'redux-saga/effects';

import { backoffMs } from '../connection/backoff.ts';
import { faultOf, isPassing, RialtoError } from '../errors.ts';
import { accountChosen, channelOpened, connectionChanged, pageRefused, pageWanted, signedOut } from '../store/actions.ts';
import { pageKey, tailOf, type Page } from '../store/log.ts';
import { sleep } from './time.ts';
import type { Saga, World } from './world.ts';

const PAGE = 50;

/** A view that opens wants at least so many messages. */
const SCREENFUL = 30;

export function* pagesSaga(world: World): Saga {
  const underWay = new Set<string>();
  yield takeEvery([accountChosen, signedOut], function* (): Saga {
    underWay.clear();
  });
  yield takeEvery(pageWanted, function* ({ payload: { channel, page } }: ReturnType<typeof pageWanted>): Saga {
    const key = `${channel} ${pageKey(page)}`;
    if (underWay.has(key)) return;
    underWay.add(key);
    yield call(read, world, channel, page);
    underWay.delete(key);
  });
  yield takeEvery(channelOpened, function* ({ payload: { channel } }: ReturnType<typeof channelOpened>): Saga {
    const log = world.state().messages.logs[channel];
    const tail = log && tailOf(log);
    if (!tail) yield put(pageWanted({ channel, page: 'newest' }));
    else if (tail.messages.length < SCREENFUL && tail.from > 1) yield put(pageWanted({ channel, page: { before: tail.from } }));
    yield fork(listMembers, world, channel);
  });
}

/** Waits for a connection, and tries again as long as it makes sense. */
function* read(world: World, channel: string, page: Page): Saga {
  const user = world.state().session.user;
  for (let attempt = 1; ; attempt += 1) {
    yield call(untilLive, world);
    if (world.state().session.user !== user) return;
    try {
      // Of a channel that one has not heard of, the log begins with this.
      if (!world.state().messages.logs[channel]) yield call(world.ask, 'channel.get', { channel });
      yield call(world.ask, 'history', { channel, limit: PAGE, ...(page !== 'newest' && page) });
      return;
    } catch (error) {
      const fault = faultOf(error);
      if (!isPassing(fault.code)) return yield put(pageRefused({ channel, page, fault }));
      const afterMs = error instanceof RialtoError ? error.retryAfterMs : undefined;
      yield call(sleep, world.clock, afterMs ?? backoffMs(attempt, world.random.fraction()));
    }
  }
}

export function* untilLive(world: World): Saga {
  while (world.state().connection.phase !== 'live') yield take(connectionChanged);
}

/** The members of an open channel, for their names and positions; of a large one the first page. */
function* listMembers(world: World, channel: string): Saga {
  const known = world.state().people.members[channel];
  if (known && !known.isStale) return;
  yield call(untilLive, world);
  try {
    yield call(world.ask, 'channel.members', { channel });
  } catch (error) {
    // Without them names come one by one; when the channel is opened again, it is tried again.
    if (!isPassing(faultOf(error).code)) world.report('the members of a channel could not be listed', error);
  }
}
