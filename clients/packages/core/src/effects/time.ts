import { CANCEL } from 'redux-saga';
import { call, cancel, fork, take } from 'redux-saga/effects';
import type { Task } from 'redux-saga';

import type { Clock } from '../ports.ts';
import type { Saga } from './world.ts';

/** Waits on the clock that was given; a cancelled saga leaves no timer behind. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  let callOff = () => {};
  const slept = new Promise<void>((resolve) => {
    callOff = clock.after(ms, resolve);
  });
  return Object.assign(slept, { [CANCEL]: callOff });
}

/** Runs `work` once things have been quiet for a while after something that fits happened. Work that runs is not broken off. */
export function* afterQuiet(clock: Clock, ms: number, pattern: unknown, work: () => Saga): Saga {
  let waiting: Task | undefined;
  while (true) {
    yield take(pattern as never);
    if (waiting) yield cancel(waiting);
    waiting = yield fork(function* (): Saga {
      yield call(sleep, clock, ms);
      waiting = undefined;
      yield call(work);
    });
  }
}

/** Runs `work` soon after something that fits happened, and not again before it is done; what happens meanwhile counts for the next time. */
export function* soonAfter(clock: Clock, ms: number, pattern: unknown, work: () => Saga): Saga {
  let isWanted = false;
  let isRunning = false;
  while (true) {
    yield take(pattern as never);
    isWanted = true;
    if (isRunning) continue;
    isRunning = true;
    yield fork(function* (): Saga {
      while (isWanted) {
        yield call(sleep, clock, ms);
        isWanted = false;
        yield call(work);
      }
      isRunning = false;
    });
  }
}
