// What holds whatever a peer sends: the server lives on, did not panic, failed nobody, kept its memory, counted what
// happened and logged it without what it must not tell; and who sits beside it does not notice.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';

import { io } from 'socket.io-client';

import { eventually, pause, within } from './patience.js';
import { arrive, group, say } from './people.js';
import { Server } from './server.js';

/** What a server must be told so that it can be watched. */
export const WATCHED = { metrics_listen: '127.0.0.1:0', 'log.level': 'debug' };

const MIB = 1024 * 1024;
/** What passwords may take: 19 MiB for each hash that is made at once, on half of the cores. */
const HASHING = Math.max(1, Math.floor(availableParallelism() / 2)) * 19 * MIB;

/** Counters of which at least one rises with whatever is refused. */
const REFUSALS = /^rialto_(commands_refused|connections_declined|connections_shown_out)_total|^rialto_http_requests_total\{.*status="4/;
/** Counters of our own faults. */
const FAULTS = /^rialto_(http_requests|connections_declined)_total\{.*status="5|^rialto_commands_refused_total\{code="server\./;

/**
 * One row of the threats, with a server of its own: `attack({ server, test })` acts and judges what it sees, and then it is
 * judged what everybody else saw.
 *
 * Options: `settings` of the server; `counts`, the counters of which one must have risen; `room`, see `unharmed`, with passwords
 * to be hashed; `isQuiet` for what is no offence, and so leaves neither line nor number.
 */
export function row(title, { settings = {}, counts = REFUSALS, isQuiet = false, room = 24 * MIB + HASHING }, attack) {
  test(title, async (t) => {
    const server = await Server.during(t, { ...WATCHED, ...settings });
    const signs = isQuiet ? { counts: [] } : { counts: [counts], logs: /\S/ };
    await unharmed(server, { ...signs, room }, () => attack({ server, test: t }));
  });
}

/**
 * Lets `attack(secret, hide)` do its worst to a server started with `WATCHED`, and shows that it harmed nobody.
 *
 * `counts`: metrics that must rise, as `[name, labels]` or as an expression. `logs`: what a line of the log must say of a refusal. `room`: how much more
 * memory the server may have used at any moment, in bytes. `secret` is a word to put into what is sent, and `hide` notes
 * others: none of them may be found in the log.
 */
export async function unharmed(server, { counts, logs, room = 24 * MIB, profile = 'production' }, attack) {
  const bystander = profile === 'production' ? await Pair.at(server) : await EchoUser.at(server);
  const { pid } = server;
  const logged = server.log.length;
  const before = await server.metrics();
  const memory = await Memory.of(pid);
  const hidden = [`canary-${randomUUID()}`];
  bystander.begin();
  await attack(hidden[0], (word) => hidden.push(word));
  for (const wanted of counts) {
    const name = wanted instanceof RegExp ? wanted : JSON.stringify(wanted);
    await eventually(`${name} to rise`, async () => sum(await server.metrics(), wanted) > sum(before, wanted));
  }
  await bystander.end();

  const said = () => server.log.slice(logged);
  if (logs) await eventually(`a line of the log that says ${logs}`, () => said().split('\n').find((line) => logs.test(line)));
  for (const word of hidden) assert.ok(!said().includes(word), `the log tells ${word}`);
  assert.doesNotMatch(said(), /panicked| ERROR /);
  const after = await server.metrics();
  assert.equal(sum(after, FAULTS), sum(before, FAULTS), `the server found fault with itself:\n${said()}`);
  const grown = await memory.grown();
  assert.ok(grown <= room, `the server took ${(grown / MIB).toFixed(1)} MiB more, and may take ${room / MIB}`);
  assert.equal(server.pid, pid, 'the server is another process');
  process.kill(pid, 0);
}

/** The sum of the metrics whose names with their labels fit an expression, or of those of a name with certain labels. */
export function sum(metrics, wanted) {
  const fits = wanted instanceof RegExp ? (key) => wanted.test(key) : of(...wanted);
  return [...metrics].filter(([key]) => fits(key)).reduce((total, [, value]) => total + value, 0);
}

function of(name, labels) {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return (key) => key.split('{')[0] === name && wanted.every((it) => key.includes(it));
}

/** How far a process's resident memory rose above where it stood, at any moment since. */
class Memory {
  static async of(pid) {
    try {
      // Linux sets the peak back to what is resident now (proc_pid_clear_refs(5)).
      await writeFile(`/proc/${pid}/clear_refs`, '5');
    } catch {
      return { grown: async () => 0 };
    }
    const memory = new Memory();
    memory.pid = pid;
    memory.before = await memory.#read('VmRSS');
    return memory;
  }

  async grown() {
    return (await this.#read('VmHWM')) - this.before;
  }

  async #read(field) {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)[1]) * 1024;
  }
}

/** Does something again and again until told to stop, once at least after that. */
class Bystander {
  #going = true;
  #done = Promise.resolve();

  begin() {
    this.#done = (async () => {
      while (this.#going) {
        await this.act();
        await pause(50);
      }
    })();
    // Told by `end`.
    this.#done.catch(() => {});
  }

  async end() {
    this.#going = false;
    await this.#done;
    await this.act();
    await this.leave();
  }
}

/** Two people who talk: one over the plain carrier, one with the official client. */
class Pair extends Bystander {
  static async at(server) {
    const pair = new Pair();
    // At an address that nobody attacks from.
    const address = '192.0.2.200';
    pair.ana = await arrive(server, 'plain JSON', { address });
    pair.bo = await arrive(server, 'Socket.IO over WebSocket', { address });
    pair.channel = await group([pair.ana, pair.bo]);
    // What stands before the first message: the beginning and its members.
    pair.last = (await say(pair.ana, pair.channel, 'first')) - 1;
    await pair.heard('first');
    return pair;
  }

  async act() {
    const words = randomUUID();
    const seq = await say(this.ana, this.channel, words);
    assert.equal(seq, this.last + 1, 'somebody else’s words are in the bystanders’ channel');
    await this.heard(words);
  }

  async heard(words) {
    this.last += 1;
    const { body } = await this.bo.entry({ channel: this.channel, seq: this.last });
    assert.equal(body.text, words);
  }

  async leave() {
    await Promise.all([this.ana.close(), this.bo.close()]);
  }
}

/** Somebody at the conformance profile, which echoes. */
class EchoUser extends Bystander {
  static async at(server) {
    const user = new EchoUser();
    user.socket = io(server.url, { forceNew: true, reconnection: false, transports: ['websocket'] });
    await within(once(user.socket, 'connect'), 'the connection of a bystander');
    return user;
  }

  async act() {
    const words = randomUUID();
    const back = await within(new Promise((resolve) => this.socket.emit('message-with-ack', words, resolve)), 'the echo of a bystander');
    assert.equal(back, words);
  }

  async leave() {
    this.socket.disconnect();
  }
}
