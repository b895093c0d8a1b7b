// The client as programs use it: typed calls over the store and its sagas.

import type { Middleware, UnknownAction } from '@reduxjs/toolkit';
import createSagaMiddleware from 'redux-saga';
import { all, call } from 'redux-saga/effects';

import { accountOf, accountsSaga, begin, logInOf } from './effects/accounts.ts';
import { connectionSaga } from './effects/connection.ts';
import { marksSaga } from './effects/marks.ts';
import { outboxSaga } from './effects/outbox.ts';
import { pagesSaga } from './effects/pages.ts';
import { peopleSaga } from './effects/people.ts';
import { makeFlush, persistenceSaga } from './effects/persistence.ts';
import { syncSaga } from './effects/sync.ts';
import { tabsSaga } from './effects/tabs.ts';
import type { Saga, World } from './effects/world.ts';
import type { Connection } from './connection/machine.ts';
import { faultOf, isPassing, RialtoError, type Fault } from './errors.ts';
import { askEarly, Line } from './line.ts';
import { memoryStorage } from './platform/memory.ts';
import { singleTab, steadySurroundings } from './platform/single.ts';
import { systemClock, systemRandom } from './platform/common.ts';
import type { Composed, LogIn, Ports, Transport } from './ports.ts';
import type { Command } from './protocol/decode.ts';
import type { ChannelId, ClientName, CommandData, CommandResults, Content, Entry, Folded, Mentions, Presences, Seq, Typing, UserId } from './protocol/generated.ts';
import {
  accountChosen,
  channelOpened,
  connectionChanged,
  draftChanged,
  entriesTaken,
  entryArrived,
  messageComposed,
  messageDiscarded,
  messageFailed,
  messageRetried,
  messagesSeen,
  pageAsked,
  pageRefused,
  pageWanted,
  peopleWatched,
  positionsMoved,
  preferencesChanged,
  presenceChanged,
  readied,
  signedOut,
  synced,
  typed,
  typingHeard,
} from './store/actions.ts';
import { actionsOf, type Answer } from './store/answered.ts';
import type { Draft } from './store/drafts.ts';
import { find, pageOf, type Page } from './store/log.ts';
import type { Account } from './store/session.ts';
import type { Preferences } from './store/settings.ts';
import { createStore, newsOf, type State, type Store } from './store/store.ts';

export interface ClientOptions extends Partial<Ports> {
  transport: Transport;
  /** What this client calls itself in the list of log-ins. */
  client?: ClientName;
  /** Hears of what should not happen and was coped with. */
  onFault?: (what: string, error: unknown) => void;
}

/** What one can listen to. */
export interface Occasions {
  /** A message took its place in a channel: each once, in order. */
  message: { channel: ChannelId; message: Folded; isMine: boolean };
  /** Anything took its place in a channel's log: each once, in order. */
  entry: Entry;
  /** The server greeted us. */
  ready: { user: UserId };
  connection: Connection;
  /** A message was refused. */
  failed: { clientId: string; fault: Fault };
  typing: Typing;
  presence: Presences['presences'][number];
  positions: { channel: ChannelId };
  signedIn: Account;
  signedOut: { user: UserId; fault?: Fault };
}

type Listener<O extends keyof Occasions> = (data: Occasions[O]) => void;

/** A message on its way. */
export interface Sending {
  clientId: string;
  /** Fulfilled with its place once it is on the server's disk; rejected when the server refuses it, or it is discarded. */
  stored: Promise<Seq>;
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
  const { transport, storage, tabs, clock, random } = ports;
  const line = new Line(transport);
  const report = options.onFault ?? (() => {});
  const client: ClientName = options.client ?? { name: 'rialto-core' };

  // ── the store, its sagas, and who listens ──

  const listeners = new Map<keyof Occasions, Set<Listener<never>>>();
  const tell = <O extends keyof Occasions>(occasion: O, data: Occasions[O]) => {
    for (const listener of [...(listeners.get(occasion) ?? [])]) {
      try {
        (listener as Listener<O>)(data);
      } catch (error) {
        report(`a listener to '${occasion}' failed`, error);
      }
    }
  };
  const telling: Middleware<unknown, State> =
    ({ getState }) =>
    (next) =>
    (action) => {
      const result = next(action);
      tellOf(action as UnknownAction, getState(), tell);
      return result;
    };
  const sagas = createSagaMiddleware({ onError: (error) => report('a saga failed', error) });
  const store: Store = createStore(sagas, telling);

  const world: World = {
    ...ports,
    line,
    client,
    report,
    state: () => store.getState(),
    dispatch: (action) => void store.dispatch(action),
    ask,
  };
  const flush = makeFlush(world);
  const stopFlushing = ports.surroundings.listen((change) => {
    if (change === 'hidden') void flush();
  });
  const running = sagas.run(function* (): Saga {
    const parts = [accountsSaga, connectionSaga, outboxSaga, syncSaga, pagesSaga, marksSaga, peopleSaga, tabsSaga];
    yield all([...parts.map((part) => call(part, world)), call(persistenceSaga, world, flush)]);
  });

  // ── asking ──

  async function ask<C extends Command>(command: C, data: CommandData[C]): Promise<CommandResults[C]> {
    const then = store.getState();
    const me = then.session.user ?? '';
    const wanted = command === 'history' ? (data as CommandData['history']) : undefined;
    if (wanted) store.dispatch(pageAsked({ channel: wanted.channel, page: pageOf(wanted) }));
    try {
      const result = await line.ask(command, data);
      // The account was changed in between: this answers somebody else.
      if ((store.getState().session.user ?? '') === me) {
        for (const action of actionsOf({ command, data, result } as Answer, { me, then })) store.dispatch(action);
      }
      return result;
    } catch (error) {
      if (wanted && !isPassing(faultOf(error).code)) store.dispatch(pageRefused({ channel: wanted.channel, page: pageOf(wanted), fault: faultOf(error) }));
      throw error;
    }
  }

  /** The rest of a command is the affair of the store; its result is there when the promise is fulfilled. */
  const done = async (promise: Promise<unknown>): Promise<void> => void (await promise);

  // ── accounts ──

  async function signIn(logIn: LogIn): Promise<Account> {
    await storage.putLogIn(logIn);
    const account = accountOf(logIn);
    store.dispatch(accountChosen(account));
    return account;
  }

  const accounts = {
    /** Makes an account with a name and a password, and signs in. */
    async register(wish: { username: string; password: string; displayName?: string }): Promise<Account> {
      const { username, password, displayName } = wish;
      const tokens = await askEarly(transport, 'account.register', { username, password, ...(displayName && { display_name: displayName }), client });
      return signIn(logInOf(tokens, { username, displayName: displayName ?? username }, clock.now()));
    },
    /** Makes an anonymous account, and signs in. `recoveryKey` of what it gives opens the account elsewhere. */
    async registerInstantly(displayName?: string): Promise<Account> {
      const tokens = await askEarly(transport, 'account.register', { ...(displayName && { display_name: displayName }), client });
      return signIn(logInOf(tokens, displayName ? { displayName } : {}, clock.now()));
    },
    async logIn(by: { username: string; password: string } | { recoveryKey: string }): Promise<Account> {
      const named = 'username' in by;
      const tokens = await askEarly(transport, 'account.login', { ...(named ? by : { recovery_key: by.recoveryKey }), client });
      const names = named ? { username: by.username } : { recoveryKey: by.recoveryKey };
      return signIn({ ...logInOf(tokens, {}, clock.now()), ...names });
    },
    /** Uses tokens that were got in another way. */
    adopt: (tokens: CommandResults['account.login']): Promise<Account> => signIn(logInOf(tokens, {}, clock.now())),
    /** Goes on as somebody else who is logged in on this device. */
    async choose(user: UserId): Promise<Account> {
      await flush();
      const logIn = await storage.findLogIn(user);
      if (!logIn) throw new RialtoError('auth.required', 'nobody of that id is logged in on this device');
      return signIn({ ...logIn, usedAt: clock.now() });
    },
    /** Ends this log-in and forgets the account on this device, unsent messages included. */
    async logOut(): Promise<void> {
      const { user } = store.getState().session;
      if (user === undefined) return;
      try {
        await line.ask('account.logout', {});
      } catch (error) {
        // Offline, the tokens are forgotten all the same; the log-in ages away, or is ended from another device.
        if (!isPassing(faultOf(error).code)) throw error;
      }
      await storage.removeAccount(user);
      store.dispatch(signedOut({ user }));
    },
    /** Gives an anonymous account a name and a password. */
    claim: (username: string, password: string) => done(ask('account.claim', { username, password })),
    changePassword: (old: string, to: string) => done(ask('account.password', { old, new: to })),
    rename: (displayName: string) => done(ask('account.update', { display_name: displayName })),
    setSettings: (settings: CommandData['settings.set']['settings']) => done(ask('settings.set', { settings })),
    listSessions: () => done(ask('sessions.list', {})),
    revokeSession: (session: string) => done(ask('sessions.revoke', { session })),
    revokeOtherSessions: () => done(ask('sessions.revoke', { others: true })),
    nameDevice: (name: string) => done(ask('device.update', { name })),
  };

  // ── messages ──

  function compose(channel: ChannelId, what: Composed['what']): Sending {
    const sender = store.getState().session.user;
    if (sender === undefined) throw new RialtoError('auth.required', 'nobody is signed in');
    const clientId = random.uuid();
    const stored = storing(channel, clientId);
    store.dispatch(messageComposed({ clientId, channel, sender, composedAt: clock.now(), what }));
    return { clientId, stored };
  }

  /** Waits for the end of a message's way. */
  function storing(channel: ChannelId, clientId: string): Promise<Seq> {
    const stored = new Promise<Seq>((resolve, reject) => {
      const stops = [
        on('entry', (entry) => entry.channel === channel && entry.client_id === clientId && settle(() => resolve(entry.seq))),
        on('failed', (failed) => failed.clientId === clientId && settle(() => reject(new RialtoError(failed.fault.code, failed.fault.text)))),
        // Told again to who sent again: its place was taken long ago. Or it was discarded, or read with a page.
        onChange(() => {
          if (store.getState().outbox.some((message) => message.clientId === clientId)) return;
          const log = store.getState().messages.logs[channel];
          const message = log?.spans.flatMap((span) => span.messages).find((it) => it.client_id === clientId);
          settle(() => (message ? resolve(message.seq) : reject(new RialtoError('client.discarded', 'the message was discarded'))));
        }, 'outbox'),
      ];
      const settle = (end: () => void) => {
        stops.forEach((stop) => stop());
        end();
      };
    });
    // Who does not wait for it need not handle it: the state tells of failures.
    stored.catch(() => {});
    return stored;
  }

  /** Calls when a part of the state is another one. */
  function onChange(call: () => void, part: keyof State): () => void {
    let before = store.getState()[part];
    return store.subscribe(() => {
      const now = store.getState()[part];
      if (now === before) return;
      // The listeners to what happened come first.
      const isFirst = before;
      before = now;
      if (isFirst !== now) queueMicrotask(call);
    });
  }

  /** Waits until everything that was written is in the stored outbox. */
  async function keptAll(): Promise<void> {
    const isKept = () => store.getState().outbox.every(({ state, place }) => place !== undefined || state === 'failed');
    if (isKept()) return;
    await new Promise<void>((resolve) => {
      const stop = store.subscribe(() => {
        if (!isKept()) return;
        stop();
        resolve();
      });
    });
  }

  function on<O extends keyof Occasions>(occasion: O, listener: Listener<O>): () => void {
    const known = listeners.get(occasion) ?? new Set();
    listeners.set(occasion, known);
    known.add(listener as Listener<never>);
    return () => void known.delete(listener as Listener<never>);
  }

  const messages = {
    /** Sends; works without a connection too, and survives this process if the storage does. */
    send: (channel: ChannelId, text: string | Content, more: { replyTo?: Seq; mentions?: Mentions } = {}): Sending =>
      compose(channel, { body: typeof text === 'string' ? { text } : text, ...more }),
    forward: (to: ChannelId, from: ChannelId, target: Seq): Sending => compose(to, { from, target }),
    retry: (clientId: string) => void store.dispatch(messageRetried({ clientId })),
    discard: (clientId: string) => void store.dispatch(messageDiscarded({ clientId })),
    edit: (channel: ChannelId, target: Seq, text: string | Content, mentions?: Mentions) =>
      done(ask('message.edit', { channel, target, body: typeof text === 'string' ? { text } : text, client_id: random.uuid(), ...(mentions && { mentions }) })),
    deleteForAll: (channel: ChannelId, target: Seq) => done(ask('message.delete', { channel, target, for: 'all', client_id: random.uuid() })),
    deleteForMe: (channel: ChannelId, target: Seq) => done(ask('message.delete', { channel, target, for: 'me' })),
    react: (channel: ChannelId, target: Seq, emoji: string, isOn = true) => done(ask('message.react', { channel, target, emoji, on: isOn, client_id: random.uuid() })),
    pin: (channel: ChannelId, target: Seq, isOn = true) => done(ask('message.pin', { channel, target, on: isOn })),
    /** Who received and read a message: pass `next` as `after` to go on. */
    receipts: (channel: ChannelId, seq: Seq, after?: UserId) => ask('receipts', { channel, seq, ...(after && { after }) }),
    listPins: (channel: ChannelId) => done(ask('channel.pins', { channel })),
    /** A view opened: it gets a screenful of messages, and its members. */
    open: (channel: ChannelId) => void store.dispatch(channelOpened({ channel })),
    /** More messages are wanted; they come into the state, at once or when there is a connection. */
    want: (channel: ChannelId, page: Page) => void store.dispatch(pageWanted({ channel, page })),
    /** Everything up to here was seen. */
    see: (channel: ChannelId, seq: Seq) => void store.dispatch(messagesSeen({ channel, seq })),
    /** Something was typed; the others are told so, but not with each letter. */
    type: (channel: ChannelId) => void store.dispatch(typed({ channel })),
    draft: (channel: ChannelId, draft: Draft | undefined) => void store.dispatch(draftChanged({ channel, draft })),
  };

  // ── channels and people ──

  const channels = {
    /** The direct channel with somebody: the one that there is, or a new one. */
    direct: async (user: UserId): Promise<ChannelId> => (await ask('channel.create', { kind: 'direct', members: [user] })).id,
    create: async (wish: Omit<CommandData['channel.create'], 'kind'> & { kind: 'group' | 'broadcast' }): Promise<ChannelId> => (await ask('channel.create', wish)).id,
    join: async (invite: string): Promise<ChannelId> => (await ask('channel.join', { invite })).id,
    load: (channel: ChannelId) => done(ask('channel.get', { channel })),
    /** Lists members, at most 200; pass the state's `next` as `after` to go on. */
    listMembers: (channel: ChannelId, after?: UserId) => done(ask('channel.members', { channel, ...(after && { after }) })),
    invite: (channel: ChannelId, users: UserId[]) => done(ask('channel.invite', { channel, users })),
    /** Makes an invite that others join by. */
    async inviteByLink(channel: ChannelId, terms: NonNullable<CommandData['channel.invite']['link']> = {}): Promise<string> {
      const { invite } = await ask('channel.invite', { channel, link: terms });
      if (invite === undefined) throw new RialtoError('client.malformed_answer', 'an invite was asked for, and none came');
      return invite;
    },
    leave: (channel: ChannelId) => done(ask('channel.leave', { channel })),
    kick: (channel: ChannelId, user: UserId) => done(ask('channel.kick', { channel, user })),
    setRole: (channel: ChannelId, user: UserId, role: CommandData['channel.role']['role']) => done(ask('channel.role', { channel, user, role })),
    update: (channel: ChannelId, change: { title?: string; description?: string }) => done(ask('channel.update', { channel, ...change })),
    mute: (channel: ChannelId, isOn = true, until?: number) => done(ask('channel.mute', { channel, on: isOn, ...(until !== undefined && { until }) })),
    archive: (channel: ChannelId, isOn = true) => done(ask('channel.archive', { channel, on: isOn })),
    pin: (channel: ChannelId, isOn = true) => done(ask('channel.pin', { channel, on: isOn })),
    delete: (channel: ChannelId) => done(ask('channel.delete', { channel })),
  };

  const people = {
    /** Finds somebody by their exact user name; rejected with `user.unknown` when there is nobody. */
    find: (username: string) => ask('user.find', { username }),
    load: (users: UserId[]) => done(ask('user.get', { users })),
    block: (user: UserId, isOn = true) => done(ask('block', { user, on: isOn })),
    listBlocked: () => done(ask('blocks.list', {})),
    /** Whose presence is of interest now; replaces who was watched before. */
    watch: (users: UserId[]) => void store.dispatch(peopleWatched({ users })),
  };

  return {
    /** The state: `store.getState()`, `store.subscribe()`; selectors derive from it what views show. */
    store,
    accounts,
    messages,
    channels,
    people,
    /** Begins: signs in whoever was signed in on this device last. Resolves when that is known. */
    async start(): Promise<void> {
      const preferences = await storage.loadPreferences();
      if (Object.keys(preferences).length > 0) store.dispatch({ ...preferencesChanged(preferences), meta: { isFromTab: true } });
      await sagas.run(begin, world).toPromise();
    },
    setPreferences: (preferences: Partial<Preferences>) => void store.dispatch(preferencesChanged(preferences)),
    /** Sends any command, and gives its checked result. What it tells is in the state as well. */
    ask,
    /** Sends a message: short for `messages.send`. */
    send: messages.send,
    /** Listens; what it gives back ends that. */
    on,
    /** Resolves when the server has greeted us; rejected when it does not want us. */
    async live(): Promise<void> {
      const check = ({ phase }: Connection) => phase === 'live' || phase === 'refused';
      if (!check(store.getState().connection)) {
        await new Promise<void>((resolve) => {
          const stop = on('connection', (connection) => {
            if (!check(connection)) return;
            stop();
            resolve();
          });
        });
      }
      const { connection } = store.getState();
      if (connection.phase === 'refused') throw new RialtoError(connection.fault.code, connection.fault.text);
    },
    /** Ends it. What is in the outbox is sent by the next client that opens the same storage. */
    async close(): Promise<void> {
      stopFlushing();
      await keptAll();
      running.cancel();
      line.close();
      await flush();
      tabs.close();
      storage.close();
    },
  };
}

function tellOf(action: UnknownAction, state: State, tell: <O extends keyof Occasions>(occasion: O, data: Occasions[O]) => void): void {
  if (entryArrived.match(action) || synced.match(action) || readied.match(action)) {
    for (const { payload } of newsOf(state, action)) tellNews(payload, state, tell);
  }
  if (readied.match(action)) tell('ready', { user: action.payload.ready.user.id });
  if (connectionChanged.match(action)) tell('connection', action.payload);
  if (messageFailed.match(action)) tell('failed', action.payload);
  if (typingHeard.match(action)) tell('typing', { channel: action.payload.channel, user: action.payload.user });
  if (presenceChanged.match(action)) tell('presence', action.payload);
  if (positionsMoved.match(action)) tell('positions', { channel: action.payload.moved.channel });
  if (accountChosen.match(action)) tell('signedIn', action.payload);
  if (signedOut.match(action)) tell('signedOut', action.payload);
}

function tellNews(
  { channel, entries, me }: ReturnType<typeof entriesTaken>['payload'],
  state: State,
  tell: <O extends keyof Occasions>(occasion: O, data: Occasions[O]) => void,
): void {
  for (const entry of entries) {
    tell('entry', entry);
    const log = state.messages.logs[channel];
    const message = entry.kind === 'message' && log && find(log, entry.seq);
    if (message) tell('message', { channel, message, isMine: message.sender === me });
  }
}
