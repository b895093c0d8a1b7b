// What the core needs of the world. Adapters live in platform/; tests bring their own.

import type { Content, Hello, Mentions, Seq } from './protocol/generated.ts';
import type { Fault } from './errors.ts';
import type { Preferences } from './store/settings.ts';
import type { CachedAccount, CachedChannel } from './store/cache.ts';
import type { Draft } from './store/drafts.ts';

/** Connections to the server. */
export interface Transport {
  /**
   * Opens a link at once and says hello when there is a token to say it with. The listener hears, in order: `opened`
   * at most once, events, `closed` exactly once and nothing after it; never before `open` has returned.
   */
  open(hello: Hello | undefined, listener: LinkListener): Link;
}

export interface LinkListener {
  /** Commands may be sent. With a token the server's `ready` follows as an event. */
  opened(): void;
  event(name: string, data: unknown): void;
  closed(why: Closed): void;
}

/** Why a link ended: the line broke, or the server does not want this client. */
export type Closed = { kind: 'lost'; text: string } | { kind: 'refused'; code: string; text: string; retryAfterMs?: number };

export interface Link {
  /** Sends a command. Resolves to what the server answered, `{ ok }` or `{ err }`; rejects when the link ends first. */
  ask(command: string, data: unknown): Promise<{ ok?: unknown; err?: unknown }>;
  close(): void;
}

/**
 * What outlives a page. Every implementation promises, and `test/storage.test.ts` asks:
 * - a call is done entirely or not at all, and once it has resolved it survives a crash;
 * - the outbox keeps the order in which tabs appended, and knows each client id once;
 * - a channel's cache never goes back to an older place in its log.
 */
export interface Storage {
  logIns(): Promise<LogIn[]>;
  findLogIn(user: string): Promise<LogIn | undefined>;
  putLogIn(logIn: LogIn): Promise<void>;
  removeLogIn(user: string): Promise<void>;
  /** Forgets the account altogether: log-in, cache, outbox, drafts. */
  removeAccount(user: string): Promise<void>;

  /** Appends, and tells the place. The same client id again is the first one. */
  appendToOutbox(user: string, message: Composed): Promise<number>;
  /** In the order of their places. */
  listOutbox(user: string): Promise<Kept[]>;
  /** Notes that the server refused it, or (without a fault) that it shall be tried again; nothing when it is gone. */
  markInOutbox(user: string, clientId: string, fault: Fault | undefined): Promise<void>;
  removeFromOutbox(user: string, clientIds: readonly string[]): Promise<void>;

  loadCache(user: string): Promise<Cache>;
  putAccount(user: string, account: CachedAccount): Promise<void>;
  /** Puts those that are as far as or further than what is there. */
  putChannels(user: string, channels: readonly CachedChannel[]): Promise<void>;
  removeChannels(user: string, channels: readonly string[]): Promise<void>;
  /** Forgets all channels: the server's history is another one now. */
  clearChannels(user: string): Promise<void>;

  putDraft(user: string, channel: string, draft: Draft | undefined): Promise<void>;

  loadPreferences(): Promise<Partial<Preferences>>;
  putPreferences(preferences: Preferences): Promise<void>;
  close(): void;
}

/** A log-in as this device keeps it. */
export interface LogIn {
  user: string;
  device: string;
  session: string;
  accessToken: string;
  accessExpiresAt: number;
  /** Good once: whoever trades it puts the next one here before using what it got. */
  refreshToken: string;
  /** Opens an anonymous account elsewhere. */
  recoveryKey?: string;
  displayName?: string;
  username?: string;
  /** When somebody last chose this account here: the newest is the one to start with. */
  usedAt: number;
}

/** A message that somebody wrote here. */
export interface Composed {
  clientId: string;
  channel: string;
  sender: string;
  composedAt: number;
  /** Something new, or a message that stands elsewhere. */
  what: { body: Content; replyTo?: Seq; mentions?: Mentions } | { from: string; target: Seq };
}

/** A message in the stored outbox. */
export interface Kept extends Composed {
  /** The outbox is sent in this order. */
  place: number;
  /** The server refused it. */
  fault?: Fault;
}

/** What an account had last time. */
export interface Cache {
  account?: CachedAccount;
  channels: CachedChannel[];
  drafts: Record<string, Draft>;
}

/** The other tabs (windows, workers) of the same origin. In Node there are none. */
export interface Tabs {
  /** Runs `work` while no other tab runs work of that name. Waits for its turn until `signal` aborts. */
  exclusively<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Tells all others. */
  tell(message: TabMessage): void;
  listen(listener: (message: TabMessage) => void): () => void;
  close(): void;
}

export type TabMessage =
  | { type: 'outboxAppended'; user: string; message: Kept }
  | { type: 'outboxReceived'; user: string; clientId: string }
  | { type: 'outboxMarked'; user: string; clientId: string; fault: Fault | undefined }
  | { type: 'outboxRemoved'; user: string; clientIds: string[] }
  | { type: 'draftChanged'; user: string; channel: string; draft: Draft | undefined }
  | { type: 'preferencesChanged'; preferences: Preferences }
  | { type: 'signedOut'; user: string };

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls once after a while; what it gives back calls that off. */
  after(ms: number, call: () => void): () => void;
}

export interface Random {
  /** From 0 to below 1. */
  fraction(): number;
  /** A new UUID, best a time-ordered one. */
  uuid(): string;
}

/** What the platform knows of the network and of who looks. Hints, never truths. */
export interface Surroundings {
  listen(listener: (change: 'online' | 'offline' | 'visible' | 'hidden') => void): () => void;
}

export interface Ports {
  transport: Transport;
  storage: Storage;
  tabs: Tabs;
  clock: Clock;
  random: Random;
  surroundings: Surroundings;
}
