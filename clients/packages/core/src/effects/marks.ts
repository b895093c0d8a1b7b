// Tells the server how far one is: what reached this device by itself, what was seen when somebody saw it.

import { call, fork } from 'redux-saga/effects';

import { faultOf, isPassing } from '../errors.ts';
import type { Marks } from '../protocol/generated.ts';
import { isBound } from '../selectors/unread.ts';
import { entryArrived, messagesSeen, pageRead, positionsMoved, readied, synced } from '../store/actions.ts';
import { soonAfter } from './time.ts';
import type { Saga, World } from './world.ts';

/** So long positions are gathered, so that a scroll through a channel is one command. */
const GATHER_MS = 150;

/** So many channels are named in one command. */
const CHANNELS_AT_ONCE = 100;

export function* marksSaga(world: World): Saga {
  yield fork(soonAfter, world.clock, GATHER_MS, [entryArrived, synced, readied, messagesSeen], () => tellMarks(world));
  yield fork(soonAfter, world.clock, GATHER_MS, [messagesSeen, positionsMoved, pageRead, readied], () => countAnew(world));
}

/** What the server was not told yet: also what was seen while there was no connection. */
export function pendingMarks(world: Pick<World, 'state'>): [string, Marks][] {
  const { channels, messages, positions } = world.state();
  return Object.keys(channels.byId).flatMap((channel): [string, Marks][] => {
    const log = messages.logs[channel];
    const places = positions[channel];
    if (!log || !places) return [];
    const delivered = Math.max(log.have, places.mine.read);
    const marks: Marks = {
      ...(delivered > places.told.delivered && { delivered }),
      ...(places.mine.read > places.told.read && { read: places.mine.read }),
    };
    return Object.keys(marks).length > 0 ? [[channel, marks]] : [];
  });
}

function* tellMarks(world: World): Saga {
  for (let pending = pendingMarks(world); pending.length > 0 && world.state().connection.phase === 'live'; pending = pending.slice(CHANNELS_AT_ONCE)) {
    try {
      yield call(world.ask, 'mark', { channels: Object.fromEntries(pending.slice(0, CHANNELS_AT_ONCE)) });
    } catch (error) {
      // They stand in the state, and go with the next ones or after the next greeting.
      if (!isPassing(faultOf(error).code)) world.report('positions could not be told', error);
      return;
    }
  }
}

/** Where one read on, elsewhere perhaps, and the messages are not here to count, the server counts. */
function* countAnew(world: World): Saga {
  const { channels, messages, positions } = world.state();
  for (const channel of Object.values(channels.byId)) {
    if (world.state().connection.phase !== 'live') return;
    if (!isBound(channel, messages.logs[channel.id], positions[channel.id]?.mine)) continue;
    try {
      yield call(world.ask, 'channel.get', { channel: channel.id });
    } catch (error) {
      if (!isPassing(faultOf(error).code)) world.report('unread messages could not be counted', error);
      return;
    }
  }
}
