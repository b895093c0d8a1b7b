// What holds whatever a peer sends: the server lives on, did not panic, failed nobody, kept its memory, counted what
// happened and logged it without what it must not tell; and who sits beside it does not notice.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';

import { io } from 'socket.io-client';

import { eventually, pause, within } from './patience.js';
import { arrive, group, say } from './people.js';

/** What a server must be told so that it can be watched. */
export const WATCHED = { metrics_listen: '127.0.0.1:0', 'log.level': 'debug' };

const MIB = 1024 * 1024;

/**
 * Lets `attack(secret, hide)` do its worst to a server started with `WATCHED`, and shows that it harmed nobody.
 *
 * `counts`: metrics that must rise, as `[name, labels]`. `logs`: what a line of the log must say of a refusal. `room`: how much more
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
  for (const [name, labels] of counts) {
    await eventually(`${name} ${JSON.stringify(labels)} to rise`, async () => sum(await server.metrics(), name, labels) > sum(before, name, labels));
  }
  await bystander.end();

  const said = () => server.log.slice(logged);
  if (logs) await eventually(`a line of the log that says ${logs}`, () => said().split('\n').find((line) => logs.test(line)));
  for (const word of hidden) assert.ok(!said().includes(word), `the log tells ${word}`);
  assert.doesNotMatch(said(), /panicked| ERROR /);
  const after = await server.metrics();
  for (const [name, label] of [['rialto_http_requests_total', 'status="5'], ['rialto_connections_declined_total', 'status="5'], ['rialto_commands_refused_total', 'code="server.']]) {
    assert.equal(sum(after, name, {}, label), sum(before, name, {}, label), `${name} counts a failure of the server`);
  }
  const grown = await memory.grown();
  assert.ok(grown <= room, `the server took ${(grown / MIB).toFixed(1)} MiB more, and may take ${room / MIB}`);
  assert.equal(server.pid, pid, 'the server is another process');
  process.kill(pid, 0);
}

/** The sum of all metrics of a name that have these labels. */
function sum(metrics, name, labels, part = '') {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const found = [...metrics].filter(([key]) => key.split('{')[0] === name && key.includes(part) && wanted.every((it) => key.includes(it)));
  return found.reduce((sum, [, value]) => sum + value, 0);
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
        await pause(20);
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
    pair.ana = await arrive(server, 'plain JSON');
    pair.bo = await arrive(server, 'Socket.IO over WebSocket');
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
