// A messenger in memory, behind the transport port: what the core must cope with, one thing at a time. It keeps the
// promises of the protocol (order, client ids, sync) and breaks lines when told to. The real server has tests of its own.

import type { Closed, Link, LinkListener, Transport } from '../../src/ports.ts';
import type { ChannelView, CommandData, Entry, Folded, Hello, MemberPosition, Ready } from '../../src/protocol/generated.ts';
import { changed, freshMessage, isChange } from '../../src/store/fold.ts';

export const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

type Told = { user: string; listener: LinkListener; close(why: Closed): void };

export class Messenger {
  logs = new Map<string, Entry[]>();
  members = new Map<string, Set<string>>();
  positions = new Map<string, Map<string, MemberPosition>>();
  epoch = 'one';
  /** Sync answers with `refetch` when more is missing. */
  syncAtMost = 1000;
  /** Places that nobody may see. */
  hidden = new Set<number>();
  /** Entries in one answer to sync. */
  syncPage = 1000;
  /** Access tokens that are good, and whose they are. */
  tokens = new Map<string, string>();
  /** Refresh tokens that are good once, and whose they are; and how often each was shown. */
  refreshTokens = new Map<string, string>();
  shown = new Map<string, number>();
  /** Every command that came, in order. */
  asked: { user: string; command: string; data: unknown }[] = [];
  /**
   * Decides what becomes of a command before it is looked at: an error is answered, `lose` breaks the line, and
   * `loseAnswer` after it was done; `swallow` answers that it was received, and forgets it.
   */
  intercept: (command: string, data: never) => { code: string; retry_after_ms?: number } | 'lose' | 'loseAnswer' | 'swallow' | undefined = () => undefined;
  /** Commands that take their time. */
  slow = new Set<string>();
  isUp = true;
  #links = new Set<Told>();
  #nextToken = 1;
  #now = 1_000_000;

  addChannel(channel: string, ...users: string[]): void {
    this.members.set(channel, new Set(users));
    this.logs.set(channel, []);
    this.positions.set(channel, new Map(users.map((user) => [user, { user, delivered: 0, read: 0 }])));
  }

  /** A log-in for a user: its tokens. */
  logIn(user: string): { accessToken: string; refreshToken: string } {
    const number = this.#nextToken++;
    const [accessToken, refreshToken] = [`access ${number}`, `refresh ${number}`];
    this.tokens.set(accessToken, user);
    this.refreshTokens.set(refreshToken, user);
    return { accessToken, refreshToken };
  }

  /** Appends an entry, and tells it to whoever is connected. */
  say(channel: string, sender: string, what: Record<string, unknown>, clientId?: string, isHeard = true): Entry {
    const log = this.logs.get(channel)!;
    const known = clientId && log.find((it) => it.sender === sender && it.client_id === clientId);
    if (known) {
      this.#tell('entry', known, (it) => it === sender);
      return known;
    }
    const kind = (what.kind as string | undefined) ?? 'message';
    const n = (log.at(-1)?.n ?? 0) + (kind === 'message' ? 1 : 0);
    const entry = { channel, seq: log.length + 1, at: (this.#now += 1000), sender, n, ...(clientId && { client_id: clientId }), ...what, kind } as Entry;
    log.push(entry);
    if (isHeard) this.#tell('entry', entry, (user) => this.members.get(channel)!.has(user));
    return entry;
  }

  text = (channel: string, sender: string, words: string, isHeard = true) => this.say(channel, sender, { body: { text: words } }, undefined, isHeard);

  /** What was said in a channel, one after the other. */
  words(channel: string): string[] {
    return this.logs.get(channel)!.flatMap((entry) => (entry.kind === 'message' && entry.body && 'text' in entry.body ? entry.body.text : []));
  }

  tell(user: string, event: string, data: unknown): void {
    this.#tell(event, data, (it) => it === user);
  }

  /** Breaks every line. */
  breakLines(): void {
    for (const link of [...this.#links]) link.close({ kind: 'lost', text: 'the line broke' });
  }

  get connections(): number {
    return this.#links.size;
  }

  #tell(event: string, data: unknown, isFor: (user: string) => boolean): void {
    for (const { user, listener } of [...this.#links]) if (isFor(user)) listener.event(event, structuredClone(data));
  }

  transport(): Transport {
    return { open: (hello, listener) => this.#open(hello, listener) };
  }

  #open(hello: Hello | undefined, listener: LinkListener): Link {
    let isOver = false;
    const pending = new Set<(error: Error) => void>();
    const told: Told = {
      user: '',
      listener: { ...listener, event: (name, data) => void later(() => listener.event(name, data)) },
      close: (why) => {
        if (isOver) return;
        isOver = true;
        this.#links.delete(told);
        pending.forEach((reject) => reject(new Error(why.kind)));
        listener.closed(why);
      },
    };
    // In order, and never before `open` has returned.
    let line = Promise.resolve();
    const later = (call: () => void) => (line = line.then(() => void (isOver || call())));
    later(() => {
      if (!this.isUp) return told.close({ kind: 'lost', text: 'nobody is there' });
      const user = hello?.token === undefined ? undefined : this.tokens.get(hello.token);
      if (hello?.token !== undefined && user === undefined) return told.close({ kind: 'refused', code: 'auth.required', text: 'log in first' });
      listener.opened();
      if (user === undefined) return;
      told.user = user;
      this.#links.add(told);
      const ready = this.#ready(user, hello?.have);
      later(() => listener.event('ready', ready));
    });
    return {
      ask: (command, data) =>
        new Promise((resolve, reject) => {
          if (isOver) return reject(new Error('closed'));
          pending.add(reject);
          later(() => {
            this.asked.push({ user: told.user, command, data });
            const what = this.intercept(command, data as never);
            if (what === 'lose') return told.close({ kind: 'lost', text: 'the line broke' });
            if (what === 'loseAnswer') {
              this.#answer(told.user, command as never, data as never);
              return told.close({ kind: 'lost', text: 'the line broke' });
            }
            if (what === 'swallow') return resolve({ ok: { received: true } });
            if (what) return resolve({ err: { text: what.code, ...what } });
            if (this.slow.has(command)) {
              setTimeout(() => later(() => resolve(structuredClone(this.#answer(told.user, command as never, data as never)))), 30);
              return;
            }
            const answer = structuredClone(this.#answer(told.user, command as never, data as never));
            later(() => {
              pending.delete(reject);
              resolve(answer);
            });
          });
        }),
      close: () => told.close({ kind: 'lost', text: 'closed' }),
    };
  }

  #answer(user: string, command: keyof CommandData, data: never): { ok?: unknown; err?: unknown } {
    const answer = this.#answers[command as 'sync'] as ((user: string, data: unknown) => unknown) | undefined;
    if (!answer) return { err: { code: 'command.unknown', text: command } };
    const result = answer(user, data);
    return result instanceof Refused ? { err: { code: result.code, text: result.code } } : { ok: result };
  }

  #answers: { [C in keyof CommandData]?: (user: string, data: CommandData[C]) => unknown } = {
    'account.refresh': (_user, { refresh_token }) => {
      this.shown.set(refresh_token, (this.shown.get(refresh_token) ?? 0) + 1);
      const user = this.refreshTokens.get(refresh_token);
      this.refreshTokens.delete(refresh_token);
      if (user === undefined) return new Refused('auth.refresh_refused');
      const { accessToken, refreshToken } = this.logIn(user);
      return { user, session: id(80), device: id(81), access_token: accessToken, access_expires_in_ms: 900_000, refresh_token: refreshToken };
    },
    'account.get': (user) => ({ id: user, display_name: `Name ${user.slice(-1)}`, settings: {}, created_at: 1 }),
    'message.send': (user, { channel, client_id, body, reply_to }) => {
      if ('text' in body && body.text === '') return new Refused('message.empty');
      this.say(channel, user, { body, ...(reply_to !== undefined && { reply_to }) }, client_id);
      return { received: true };
    },
    'message.delete': () => ({}),
    sync: (user, { have }) => this.#sync(user, have),
    'channel.get': (user, { channel }) => (this.members.get(channel)?.has(user) ? this.view(channel, user) : new Refused('channel.unknown')),
    'channel.list': (user) => ({ channels: this.#channelsOf(user).map((channel) => this.view(channel, user)) }),
    'channel.members': (_user, { channel }) => ({
      members: [...this.positions.get(channel)!.values()].map(({ user, ...position }) => ({ id: user, display_name: `Name ${user.slice(-1)}`, role: 'member', ...position })),
    }),
    'user.get': (_user, { users }) => ({ users: users.map((user) => ({ id: user, display_name: `Name ${user.slice(-1)}` })) }),
    'presence.watch': (_user, { users }) => ({ presences: users.map((user) => ({ user, online: false })) }),
    typing: () => ({}),
    mark: (user, { channels = {} }) => {
      for (const [channel, { delivered = 0, read = 0 }] of Object.entries(channels)) {
        const position = this.positions.get(channel)!.get(user)!;
        position.read = Math.max(position.read, read);
        position.delivered = Math.max(position.delivered, delivered, position.read);
        this.#tell('positions', this.#positionsOf(channel), (it) => this.members.get(channel)!.has(it));
      }
      return {};
    },
    history: (user, { channel, before, after, around, limit = 50 }) => {
      const all = this.folded(channel, user);
      if (after !== undefined) return { messages: all.filter(({ seq }) => seq > after).slice(0, limit) };
      if (around !== undefined) {
        const older = all.filter(({ seq }) => seq < around).slice(-Math.floor(limit / 2));
        return { messages: [...older, ...all.filter(({ seq }) => seq >= around).slice(0, Math.ceil(limit / 2))] };
      }
      return { messages: all.filter(({ seq }) => before === undefined || seq < before).slice(-limit) };
    },
  };

  #channelsOf(user: string): string[] {
    return [...this.members].flatMap(([channel, users]) => (users.has(user) ? channel : []));
  }

  folded(channel: string, me: string): Folded[] {
    const messages = new Map<number, Folded>();
    for (const entry of this.logs.get(channel)!) {
      if (entry.kind === 'message') messages.set(entry.seq, freshMessage(structuredClone(entry)));
      else if (isChange(entry) && messages.has(entry.target)) messages.set(entry.target, changed(messages.get(entry.target)!, entry, me));
    }
    return [...messages.values()];
  }

  #positionsOf(channel: string) {
    const members = [...this.positions.get(channel)!.values()];
    return { channel, delivered: Math.min(...members.map((it) => it.delivered)), read: Math.min(...members.map((it) => it.read)), members };
  }

  view(channel: string, user: string): ChannelView {
    const { delivered, read } = this.#positionsOf(channel);
    const mine = this.positions.get(channel)!.get(user)!;
    const log = this.logs.get(channel)!;
    const last = this.folded(channel, user).at(-1);
    return {
      id: channel,
      kind: 'group',
      title: channel,
      head: log.length,
      active_at: log.at(-1)?.at ?? 1,
      members: this.members.get(channel)!.size,
      role: 'member',
      since: 1,
      delivered: mine.delivered,
      read: mine.read,
      delivered_to_all: delivered,
      read_by_all: read,
      unread: log.filter((entry) => entry.kind === 'message' && entry.seq > mine.read && entry.sender !== user).length,
      mentions: 0,
      ...(last && { last }),
    };
  }

  #sync(user: string, have: Record<string, number>) {
    let isMore = false;
    const channels = Object.entries(have).map(([channel, seq]) => {
      if (!this.members.get(channel)?.has(user)) return [channel, { code: 'channel.unknown' }];
      const log = this.logs.get(channel)!;
      if (seq > log.length || log.length - seq > this.syncAtMost) return [channel, { gap: 'refetch', head: log.length }];
      const more = log.length - seq > this.syncPage;
      isMore ||= more;
      return [channel, { entries: log.slice(seq, seq + this.syncPage).filter((entry) => !this.hidden.has(entry.seq)), head: log.length, more, positions: this.#positionsOf(channel) }];
    });
    return { channels: Object.fromEntries(channels), more: isMore };
  }

  #ready(user: string, have: Record<string, number> | undefined): Ready {
    const channels = this.#channelsOf(user);
    return {
      user: { id: user, display_name: `Name ${user.slice(-1)}` },
      device: id(81),
      session: id(80),
      epoch: this.epoch,
      features: [],
      server_time: this.#now,
      limits: {
        attachments: 10,
        body_bytes: 16384,
        channels_per_user: 1000,
        command_burst: 200,
        commands_per_second: 50,
        frame_bytes: 1_048_576,
        json_depth: 32,
        members: 100_000,
        page: 1000,
        poll_packets: 16,
        users_per_command: 200,
      },
      channels: { channels: channels.map((channel) => this.view(channel, user)) },
      recent: Object.fromEntries(channels.slice(0, 5).map((channel) => [channel, this.folded(channel, user).slice(-10)])),
      ...(have && { missed: this.#sync(user, have) as Ready['missed'] & object }),
    };
  }
}

class Refused {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}
