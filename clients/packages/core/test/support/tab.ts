// Tabs of one browser: they share a storage and locks, hear each other, and can die at any step.

import { createRialto, singleTab, type Rialto } from '../../src/index.ts';
import type { Link, LogIn, Storage, TabMessage, Tabs, Transport } from '../../src/ports.ts';
import type { Messenger } from './messenger.ts';

/** Time that runs fast, so that waiting costs nothing. */
const SPEED = 20;

export interface TabOptions {
  /** The step that is its last one: it dies before it is done, or after. */
  dieAt?: number;
  dieAfter?: boolean;
  /** Holds a command back. */
  before?: (command: string) => Promise<void>;
}

export class Browser {
  faults: string[] = [];
  #turns = new Map<string, { run(): void; tab: object }[]>();
  #listeners = new Map<object, Set<(message: TabMessage) => void>>();
  #buried = new WeakSet<object>();
  #ids = 0;

  readonly messenger: Messenger;
  /** Each tab opens the storage anew, as pages do. */
  readonly openStorage: () => Storage;
  /** Without a secure context there are no locks between tabs: each takes turns with itself alone. */
  readonly hasLocks: boolean;

  constructor(messenger: Messenger, openStorage: () => Storage, { hasLocks = true } = {}) {
    this.messenger = messenger;
    this.openStorage = openStorage;
    this.hasLocks = hasLocks;
  }

  /** Somebody is logged in. */
  async signIn(user: string, about: Partial<LogIn> = {}): Promise<void> {
    const storage = this.openStorage();
    await storage.putLogIn({
      user,
      device: 'device',
      session: 'session',
      ...this.messenger.logIn(user),
      accessExpiresAt: Date.now() + 900_000,
      usedAt: 1,
      ...about,
    });
  }

  tab(options: TabOptions = {}): Tab {
    return new Tab(this, options);
  }

  uuid(): string {
    this.#ids += 1;
    return `00000000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  tabsFor(tab: object): Tabs {
    const listeners = new Set<(message: TabMessage) => void>();
    this.#listeners.set(tab, listeners);
    const alone = singleTab();
    return {
      exclusively: <T>(name: string, work: () => Promise<T>, signal?: AbortSignal) =>
        !this.hasLocks ? alone.exclusively(name, work, signal) : new Promise<T>((resolve, reject) => {
          if (this.#buried.has(tab)) return;
          const queue = this.#turns.get(name) ?? [];
          this.#turns.set(name, queue);
          const turn = {
            tab,
            run: () =>
              void work()
                .then(resolve, reject)
                .finally(() => this.#end(name, turn)),
          };
          signal?.addEventListener('abort', () => {
            if (queue.indexOf(turn) <= 0) return;
            queue.splice(queue.indexOf(turn), 1);
            reject(new Error('aborted'));
          });
          queue.push(turn);
          if (queue.length === 1) turn.run();
        }),
      tell: (message) => {
        for (const [other, heard] of this.#listeners) if (other !== tab) heard.forEach((listener) => setTimeout(() => listener(structuredClone(message))));
      },
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => this.#listeners.delete(tab),
    };
  }

  /** A dead tab holds no lock, and asks for none in the turn in which it died. */
  bury(tab: object): void {
    this.#buried.add(tab);
    this.#listeners.delete(tab);
    for (const [name, queue] of this.#turns) for (const turn of queue.filter((it) => it.tab === tab)) this.#end(name, turn);
  }

  #end(name: string, turn: { run(): void; tab: object }): void {
    const queue = this.#turns.get(name)!;
    const place = queue.indexOf(turn);
    if (place < 0) return;
    queue.splice(place, 1);
    if (place === 0) queue[0]?.run();
  }
}

/** A page. It can be told to die at a step: each call of the storage or the transport is one. */
export class Tab {
  readonly rialto: Rialto;
  steps = 0;
  isDead = false;
  readonly died: Promise<void>;
  #die = () => {};
  #links = new Set<Link>();
  #browser: Browser;
  #options: TabOptions;

  constructor(browser: Browser, options: TabOptions) {
    this.#browser = browser;
    this.#options = options;
    this.died = new Promise((resolve) => (this.#die = resolve));
    this.rialto = createRialto({
      transport: this.#mortalTransport(browser.messenger.transport()),
      storage: this.#mortalStorage(browser.openStorage()),
      tabs: browser.tabsFor(this),
      clock: { now: () => Date.now(), after: (ms, call) => ((timer) => () => clearTimeout(timer))(setTimeout(() => this.isDead || call(), ms / SPEED)) },
      random: { fraction: () => 0.5, uuid: () => browser.uuid() },
      onFault: (what, error) => this.isDead || browser.faults.push(`${what}: ${error}`),
    });
  }

  /** As by a crash: nothing that it began is finished, and nobody hears of it again. */
  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    for (const link of this.#links) link.close();
    this.#browser.bury(this);
    this.#die();
  }

  /** Does a step, unless it is the last one. */
  async #step<T>(work: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => {});
    if (this.isDead) return never;
    this.steps += 1;
    const isLast = this.steps === this.#options.dieAt;
    if (isLast && !this.#options.dieAfter) {
      this.kill();
      return never;
    }
    const result = await work();
    if (isLast) this.kill();
    return this.isDead ? never : result;
  }

  #mortalStorage(storage: Storage): Storage {
    return new Proxy(storage, {
      get: (target, name: keyof Storage) => {
        const method = target[name] as (...args: unknown[]) => Promise<unknown>;
        return name === 'close' ? method : (...args: unknown[]) => this.#step(() => method.apply(target, args));
      },
    });
  }

  #mortalTransport(transport: Transport): Transport {
    return {
      open: (hello, listener) => {
        const alive = <A extends unknown[]>(call: (...args: A) => void) => (...args: A) => void (this.isDead || call(...args));
        const link = transport.open(hello, { opened: alive(listener.opened), event: alive(listener.event), closed: alive(listener.closed) });
        this.#links.add(link);
        return { ask: (command, data) => this.#step(async () => (await this.#options.before?.(command), link.ask(command, data))), close: () => link.close() };
      },
    };
  }
}
