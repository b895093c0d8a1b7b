// Runs the connection's machine: brings it what happened, and does what it answers.

import { buffers, channel as sagaChannel, type Channel, type Task } from 'redux-saga';
import { call, cancel, fork, put, take } from 'redux-saga/effects';

import { idle, step, type Connection, type Effect, type Happening } from '../connection/machine.ts';
import { faultOf, isPassing, RialtoError } from '../errors.ts';
import { askEarly } from '../line.ts';
import { decodeEvent, Malformed } from '../protocol/decode.ts';
import { accountChosen, cacheLoaded, connectionChanged, drainAnnounced, readied, signedOut } from '../store/actions.ts';
import { actionOf } from '../store/heard.ts';
import { tokensOf } from './accounts.ts';
import { sleep } from './time.ts';
import type { Saga, World } from './world.ts';

/** Where happenings go, and which token the server was shown last. */
interface Driver {
  hear(happening: Happening): void;
  tokenTried?: string;
}

export function* connectionSaga(world: World): Saga {
  const happenings: Channel<Happening> = yield call(sagaChannel<Happening>, buffers.expanding<Happening>());
  const driver: Driver = { hear: (happening) => happenings.put(happening) };
  yield fork(listenToSurroundings, world, driver);
  yield fork(listenToStore, world, driver);

  let connection: Connection = idle;
  let timer: Task | undefined;
  while (true) {
    const happening: Happening = yield take(happenings);
    const [next, effects] = step(connection, happening);
    if (next !== connection) {
      connection = next;
      yield put(connectionChanged(next));
    }
    for (const effect of effects) {
      if ((effect.type === 'wake' || effect.type === 'sleepOn') && timer) yield cancel(timer);
      if (effect.type === 'wake') timer = yield fork(wake, world, effect.afterMs, driver);
      else yield fork(perform, world, effect, driver);
    }
  }
}

function* wake({ clock }: World, afterMs: number, { hear }: Driver): Saga {
  yield call(sleep, clock, afterMs);
  hear({ type: 'timer' });
}

function* perform(world: World, effect: Effect, driver: Driver): Saga {
  switch (effect.type) {
    case 'open':
      return yield call(open, world, driver);
    case 'close':
      return world.line.close();
    case 'renew':
      return yield call(renew, world, driver);
    case 'endLogIn': {
      const user = world.state().session.user;
      if (user === undefined) return;
      // What was written and not sent stays: it goes when the same person logs in again.
      yield call([world.storage, 'removeLogIn'], user);
      yield put(signedOut({ user, fault: effect.fault }));
      return;
    }
    case 'wake':
    case 'sleepOn':
      return;
  }
}

/** The account may be used in other tabs too, so its tokens are read anew each time. */
async function open(world: World, driver: Driver): Promise<void> {
  const { line, clock, random, storage } = world;
  const user = world.state().session.user;
  const logIn = user === undefined ? undefined : await storage.findLogIn(user);
  const refused = (code: string, text: string, retryAfterMs?: number) =>
    driver.hear({ type: 'refused', fault: { code, text }, dice: random.fraction(), ...(retryAfterMs !== undefined && { retryAfterMs }) });
  const { connection, session, messages } = world.state();
  // Meanwhile it may have become unwanted, or somebody else's.
  if (connection.phase !== 'connecting' || session.user !== user) return;
  // It aged away, as anybody can see who looks at the clock; the server need not be asked.
  if (!logIn || logIn.accessExpiresAt <= clock.now()) return refused('auth.required', 'the access token has aged');

  driver.tokenTried = logIn.accessToken;
  const have = Object.fromEntries(Object.entries(messages.logs).map(([channel, log]) => [channel, log.have]));
  line.open(
    { token: logIn.accessToken, device: logIn.device, client: world.client, have },
    {
      opened: () => {},
      event: (name, data) => hearEvent(world, logIn.user, name, data),
      closed: (why) => {
        if (why.kind === 'refused') refused(why.code, why.text, why.retryAfterMs);
        else driver.hear({ type: 'lost', dice: random.fraction() });
      },
    },
  );
}

function hearEvent(world: World, me: string, name: string, data: unknown): void {
  try {
    const told = decodeEvent(name, data);
    const { session } = world.state();
    if (told && session.user === me) world.dispatch(actionOf(told, { me, now: world.clock.now(), epoch: session.epoch }));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    // A hole where an entry was is noticed and filled like any other.
    world.report('the server told something malformed, which is left out', error);
  }
}

/**
 * Trades the refresh token, once for all tabs: it is good once, and a second use would end the log-in. So it is read
 * under the lock, and the next one is stored before anything is done with it.
 */
async function renew(world: World, { hear, tokenTried }: Driver): Promise<void> {
  const { tabs, storage, transport, clock, random } = world;
  const user = world.state().session.user;
  if (user === undefined) return;
  try {
    await tabs.exclusively(`rialto:log-in:${user}`, async () => {
      const logIn = await storage.findLogIn(user);
      if (!logIn) throw new RialtoError('auth.required', 'this device has no log-in any more');
      const isRenewedElsewhere = logIn.accessToken !== tokenTried && logIn.accessExpiresAt > clock.now();
      if (isRenewedElsewhere) return;
      const tokens = await askEarly(transport, 'account.refresh', { refresh_token: logIn.refreshToken });
      await storage.putLogIn({ ...logIn, ...tokensOf(tokens, clock.now()) });
    });
    hear({ type: 'renewed' });
  } catch (error) {
    const fault = faultOf(error);
    const isFinal = error instanceof RialtoError && !isPassing(fault.code) && fault.code !== 'client.malformed_answer';
    hear({ type: 'renewalFailed', fault, isFinal, dice: random.fraction() });
  }
}

function* listenToSurroundings({ surroundings }: World, { hear }: Driver): Saga {
  const stop = surroundings.listen((change) => {
    if (change === 'visible') hear({ type: 'looked' });
    else if (change !== 'hidden') hear({ type: change });
  });
  try {
    yield take('never');
  } finally {
    stop();
  }
}

function* listenToStore(world: World, { hear }: Driver): Saga {
  while (true) {
    const action: object = yield take([cacheLoaded, accountChosen, readied, drainAnnounced, signedOut]);
    if (cacheLoaded.match(action)) hear({ type: 'wanted' });
    else if (readied.match(action)) hear({ type: 'greeted' });
    else if (drainAnnounced.match(action)) hear({ type: 'draining', reconnectAfterMs: action.payload.reconnectAfterMs });
    else if (!world.state().session.isCacheLoaded) hear({ type: 'unwanted' });
  }
}
