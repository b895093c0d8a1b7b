// The outbox: a message is kept before it is sent, goes out in order per channel from one tab at a time, and is let
// go when the server tells it as an entry. Whatever breaks in between, it is sent again under the same client id.

import type { UnknownAction } from '@reduxjs/toolkit';
import { buffers, type Channel } from 'redux-saga';
import { actionChannel, all, call, fork, put, race, take, takeEvery } from 'redux-saga/effects';

import { faultOf, isPassing, RialtoError } from '../errors.ts';
import type { Composed, Kept } from '../ports.ts';
import {
  accountChosen,
  cacheLoaded,
  commandRejected,
  connectionChanged,
  messageComposed,
  messageFailed,
  messageKept,
  messageReceived,
  messageRetried,
  pageRead,
  signedOut,
} from '../store/actions.ts';
import { backoffMs } from '../connection/backoff.ts';
import { ownMessagesIn } from '../store/stored.ts';
import { sleep } from './time.ts';
import { fromTab, isFromTab, tell, type Saga, type World } from './world.ts';

export function* outboxSaga(world: World): Saga {
  yield fork(keep, world);
  yield fork(settle, world);
  yield fork(send, world);
  yield takeEvery([messageFailed, messageRetried], remember, world);
  yield takeEvery(messageReceived, function* ({ payload: { clientId }, ...action }: ReturnType<typeof messageReceived>): Saga {
    const { user } = world.state().session;
    if (user !== undefined) tell(world, action, { type: 'outboxReceived', user, clientId });
  });
}

/** Puts what was composed into the stored outbox, at once: the page may be about to go. The storage keeps the order. */
function* keep(world: World): Saga {
  const composed: Channel<object> = yield actionChannel([messageComposed, messageRetried], buffers.sliding(1));
  // Who tries again what could not be kept makes another one of it.
  const handedOver = new WeakSet<object>();
  try {
    while (true) {
      // The state has them in their order, also those of a moment when nobody listened.
      const next = world.state().outbox.filter((message) => message.place === undefined && message.state === 'waiting' && !handedOver.has(message));
      for (const message of next) {
        handedOver.add(message);
        yield fork(keepOne, world, message);
      }
      yield take(composed);
    }
  } finally {
    composed.close();
  }
}

function* keepOne(world: World, { clientId, channel, sender, composedAt, what }: Composed): Saga {
  const message = { clientId, channel, sender, composedAt, what };
  try {
    const place: number = yield call([world.storage, 'appendToOutbox'], sender, message);
    const { session, outbox } = world.state();
    // It was discarded meanwhile; or it had been kept before this part of the client failed and began again, and has been sent since.
    if (session.user === sender && !outbox.some((it) => it.clientId === clientId)) return yield call([world.storage, 'removeFromOutbox'], sender, [clientId]);
    // Meanwhile somebody else may have been chosen; then it waits in the storage.
    if (session.user === sender) yield put(messageKept({ ...message, place }));
    world.tabs.tell({ type: 'outboxAppended', user: sender, message: { ...message, place } });
  } catch (error) {
    world.report('a message could not be kept', error);
    yield put(messageFailed({ clientId, fault: { code: 'client.storage_failed', text: faultOf(error).text } }));
  }
}

/**
 * What is stored at the server leaves the stored outbox, and so does what was discarded. A message of another tab may
 * come back as an entry before this one has heard of it, so entries count as well as what has left the state.
 * Pages do not: what they tell was settled long ago.
 */
function* settle(world: World): Saga {
  let before = world.state().outbox;
  while (true) {
    const action: UnknownAction = yield take('*');
    const { outbox, session } = world.state();
    const former = before;
    before = outbox;
    if (session.user === undefined || accountChosen.match(action) || signedOut.match(action)) continue;
    const gone = former === outbox ? [] : former.filter((message) => !outbox.includes(message) && !outbox.some(({ clientId }) => clientId === message.clientId));
    const ids = new Set([...gone.map(({ clientId }) => clientId), ...(pageRead.match(action) ? [] : ownMessagesIn(action, session.user)).flatMap(({ client_id }) => client_id ?? [])]);
    if (ids.size > 0) yield fork(letGo, world, action, session.user, [...ids]);
  }
}

function* letGo(world: World, action: object, user: string, clientIds: string[]): Saga {
  yield call([world.storage, 'removeFromOutbox'], user, clientIds);
  tell(world, action, { type: 'outboxRemoved', user, clientIds });
}

/** Failures and second tries outlive the page as well. */
function* remember(world: World, action: ReturnType<typeof messageFailed> | ReturnType<typeof messageRetried>): Saga {
  const { session, outbox } = world.state();
  if (session.user === undefined || isFromTab(action)) return;
  const { clientId } = action.payload;
  const fault = messageFailed.match(action) ? action.payload.fault : undefined;
  const message = outbox.find((it) => it.clientId === clientId);
  // What never came into the stored outbox is kept now.
  if (message?.place === undefined) return;
  yield call([world.storage, 'markInOutbox'], session.user, clientId, fault);
  tell(world, action, { type: 'outboxMarked', user: session.user, clientId, fault });
  // It may have been sent and stored since; then it is not put back.
  if (!fault && world.state().outbox.some((it) => it.clientId === clientId)) yield put(fromTab(messageKept({ ...message, place: message.place })));
}

/** While there is a connection, waits for the turn of this tab, and then sends until the connection is gone. */
function* send(world: World): Saga {
  while (true) {
    const { connection, session } = world.state();
    if (connection.phase !== 'live' || session.user === undefined) {
      yield take([connectionChanged, cacheLoaded]);
      continue;
    }
    const turn = new AbortController();
    yield race([
      call(sendInTurn, world, session.user, turn),
      call(function* (): Saga {
        while (world.state().connection.phase === 'live' && world.state().session.user === session.user) yield take([connectionChanged, accountChosen, signedOut]);
        turn.abort();
      }),
    ]);
  }
}

/** The lock is held by a promise that ends with the turn. */
function* sendInTurn(world: World, user: string, turn: AbortController): Saga {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const over = new Promise<void>((resolve) => turn.signal.addEventListener('abort', () => resolve()));
  world.tabs
    .exclusively(
      `rialto:outbox:${user}`,
      () => {
        begin();
        return over;
      },
      turn.signal,
    )
    .catch((error: unknown) => {
      if (!turn.signal.aborted) world.report('the turn to send could not be had', error);
    });
  try {
    yield call(() => begun);
    yield call(sendAll, world, user);
  } finally {
    turn.abort();
  }
}

const SEND_AGAIN = 'outbox/sendAgain';

function* sendAll(world: World, user: string): Saga {
  // Told while the outbox is being read, it counts for the next reading.
  const told: Channel<object> = yield actionChannel([messageKept, messageRetried, SEND_AGAIN], buffers.sliding(1));
  const round: Round = { answered: new Set(), attempts: new Map() };
  yield fork(hearSecondThoughts, world, round);
  try {
    while (true) {
      // The stored outbox is the truth: other tabs append to it too.
      const kept: Kept[] = yield call([world.storage, 'listOutbox'], user);
      const present = new Set(kept.map(({ clientId }) => clientId));
      for (const clientId of round.answered) if (!present.has(clientId)) round.answered.delete(clientId);
      const waiting = kept.filter(({ clientId, fault }) => !fault && !round.answered.has(clientId));
      if (waiting.length === 0) {
        yield take(told);
        continue;
      }
      const channels = new Set(waiting.map(({ channel }) => channel));
      yield all([...channels].map((channel) => call(sendInOrder, world, channel, waiting.filter((it) => it.channel === channel), round)));
    }
  } finally {
    told.close();
  }
}

/** What happened over one connection: what the server accepted and a crash swallowed is sent again over the next. */
interface Round {
  answered: Set<string>;
  /** How often it failed in a channel, one time after the other. */
  attempts: Map<string, number>;
}

/** One after the other: the next goes when the one before was taken in. */
function* sendInOrder(world: World, channel: string, messages: Kept[], round: Round): Saga {
  for (const message of messages) {
    try {
      yield call(ask, world, message);
      round.attempts.delete(channel);
    } catch (error) {
      const fault = faultOf(error);
      if (isPassing(fault.code)) {
        const attempt = (round.attempts.get(channel) ?? 0) + 1;
        round.attempts.set(channel, attempt);
        const afterMs = error instanceof RialtoError ? error.retryAfterMs : undefined;
        yield call(sleep, world.clock, afterMs ?? backoffMs(attempt, world.random.fraction()));
        // The outbox is read again: this one may have been discarded by now.
        return;
      }
      yield put(messageFailed({ clientId: message.clientId, fault }));
    }
    round.answered.add(message.clientId);
  }
}

/** A message that was taken in can be refused after all, and one that was refused be tried again. */
function* hearSecondThoughts(world: World, { answered }: Round): Saga {
  yield takeEvery(messageRetried, function* ({ payload }: ReturnType<typeof messageRetried>): Saga {
    answered.delete(payload.clientId);
  });
  yield takeEvery(commandRejected, function* ({ payload: { client_id: clientId, code, text, retry_after_ms } }: ReturnType<typeof commandRejected>): Saga {
    if (!isPassing(code)) return yield put(messageFailed({ clientId, fault: { code, text } }));
    yield call(sleep, world.clock, retry_after_ms ?? backoffMs(1, world.random.fraction()));
    answered.delete(clientId);
    yield put({ type: SEND_AGAIN });
  });
}

function ask({ ask }: World, { channel, clientId, what }: Kept): Promise<unknown> {
  if ('from' in what) return ask('message.forward', { channel, client_id: clientId, from: what.from, target: what.target });
  const { body, replyTo, mentions } = what;
  return ask('message.send', { channel, client_id: clientId, body, ...(replyTo !== undefined && { reply_to: replyTo }), ...(mentions && { mentions }) });
}
