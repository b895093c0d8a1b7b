// The client as programs use it: typed calls over the store and its sagas.

import createSagaMiddleware from 'redux-saga';
import { all, call } from 'redux-saga/effects';

import { accountsApi } from './api/accounts.ts';
import { channelsApi } from './api/channels.ts';
import { messagesApi } from './api/messages.ts';
import { peopleApi } from './api/people.ts';
import type { Connection } from './connection/machine.ts';
import { accountsSaga, begin } from './effects/accounts.ts';
import { makeAsk } from './effects/ask.ts';
import { connectionSaga } from './effects/connection.ts';
import { marksSaga } from './effects/marks.ts';
import { outboxSaga } from './effects/outbox.ts';
import { pagesSaga } from './effects/pages.ts';
import { peopleSaga } from './effects/people.ts';
import { makeFlush, persistenceSaga } from './effects/persistence.ts';
import { syncSaga } from './effects/sync.ts';
import { tabsSaga } from './effects/tabs.ts';
import { sleep } from './effects/time.ts';
import { fromTab, type Saga, type World } from './effects/world.ts';
import { RialtoError } from './errors.ts';
import { Line } from './line.ts';
import { Listeners } from './occasions.ts';
import { systemClock, systemRandom } from './platform/common.ts';
import { memoryStorage } from './platform/memory.ts';
import { singleTab, steadySurroundings } from './platform/single.ts';
import type { Ports, Transport } from './ports.ts';
import type { ClientName } from './protocol/generated.ts';
import { preferencesChanged } from './store/actions.ts';
import type { Preferences } from './store/settings.ts';
import { createStore, type State, type Store } from './store/store.ts';

export interface ClientOptions extends Partial<Ports> {
  transport: Transport;
  /** What this client calls itself in the list of log-ins. */
  client?: ClientName;
  /** Hears of what should not happen and was coped with. */
  onFault?: (what: string, error: unknown) => void;
}

export type Rialto = ReturnType<typeof createClient>;

/** The client over a given transport. `createRialto` brings the usual one. */
export function createClient(options: ClientOptions) {
  const ports: Ports = {
    transport: options.transport,
    storage: options.storage ?? memoryStorage(),
    tabs: options.tabs ?? singleTab(),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    surroundings: options.surroundings ?? steadySurroundings,
  };
  const { storage, tabs, surroundings } = ports;
  const line = new Line(ports.transport);
  const report = options.onFault ?? (() => {});

  const listeners = new Listeners(report);
  const sagas = createSagaMiddleware({ onError: (error) => report('a saga failed', error) });
  const store: Store = createStore(sagas, listeners.middleware);
  const state = (): State => store.getState();
  const world: World = {
    ...ports,
    line,
    report,
    state,
    client: options.client ?? { name: 'rialto-core' },
    dispatch: (action) => void store.dispatch(action),
    ask: makeAsk(line, state, (action) => void store.dispatch(action)),
  };
  const flush = makeFlush(world);
  const stopFlushing = surroundings.listen((change) => {
    if (change === 'hidden') void flush();
  });
  const running = sagas.run(function* (): Saga {
    const parts = [accountsSaga, connectionSaga, outboxSaga, syncSaga, pagesSaga, marksSaga, peopleSaga, tabsSaga];
    yield all([...parts, () => persistenceSaga(world, flush)].map((part) => call(enduring, world, part)));
  });

  /** Resolves once the state is as wished. */
  function until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = store.subscribe(() => {
        if (!holds()) return;
        stop();
        resolve();
      });
    });
  }

  const messages = messagesApi(world, store, listeners);
  return {
    /** The state: `store.getState()`, `store.subscribe()`; selectors derive from it what views show. */
    store,
    accounts: accountsApi(world, flush),
    messages,
    channels: channelsApi(world.ask),
    people: peopleApi(world),
    /** Begins: signs in whoever was signed in on this device last. Resolves when that is known, and what was kept of them is in the state. */
    async start(): Promise<void> {
      const preferences = await storage.loadPreferences();
      if (Object.keys(preferences).length > 0) store.dispatch(fromTab(preferencesChanged(preferences)));
      await sagas.run(begin, world).toPromise();
    },
    setPreferences: (preferences: Partial<Preferences>) => void store.dispatch(preferencesChanged(preferences)),
    /** Sends any command, and gives its checked result. What it tells is in the state as well. */
    ask: world.ask,
    /** Sends a message: short for `messages.send`. */
    send: messages.send,
    /** Listens; what it gives back ends that. */
    on: listeners.on,
    /** Resolves when the server has greeted us; rejected when it does not want us. */
    async live(): Promise<void> {
      const isOver = ({ phase }: Connection) => phase === 'live' || phase === 'refused';
      await until(() => isOver(state().connection));
      const { connection } = state();
      if (connection.phase === 'refused') throw new RialtoError(connection.fault.code, connection.fault.text);
    },
    /** Ends it. What is in the outbox is sent by the next client that opens the same storage. */
    async close(): Promise<void> {
      stopFlushing();
      // What was written a moment ago is perhaps not in the stored outbox yet.
      await until(() => state().outbox.every((message) => message.place !== undefined || message.state === 'failed'));
      running.cancel();
      line.close();
      await flush();
      tabs.close();
      storage.close();
    },
  };
}

/** A part that fails begins again; the others do not notice. */
function* enduring(world: World, part: (world: World) => Saga): Saga {
  while (true) {
    try {
      return yield call(part, world);
    } catch (error) {
      world.report('a part of the client failed, and begins again', error);
      yield call(sleep, world.clock, 1000);
    }
  }
}
