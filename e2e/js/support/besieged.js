// What must hold whatever is thrown at the server: it lives on, faults nowhere, serves the others meanwhile, and leaves its
// operators a line and a number about it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually, pause } from './patience.js';
import { arrive, group, say } from './people.js';
import { Server } from './server.js';

/** Counters of which at least one rises with whatever is refused. */
const REFUSALS = /^rialto_(commands_refused|connections_declined|connections_shown_out|floods)_total|^rialto_http_requests_total\{.*status="4/;
/** Counters of our own faults. */
const FAULTS = /^rialto_http_requests_total\{.*status="5|^rialto_commands_refused_total\{code="server\./;

/**
 * One row of the threats: `attack({ server, test })` acts and judges what it sees, and then it is judged what everybody
 * else saw. Every row has a server of its own.
 *
 * Options: `settings` of the server; `counts`, the counter that must have risen; `isQuiet` for what is no offence, and so
 * leaves neither line nor number.
 */
export function row(title, { settings = {}, counts = REFUSALS, isQuiet = false }, attack) {
  test(title, async (t) => {
    const server = await Server.during(t, { metrics_listen: '127.0.0.1:0', 'log.level': 'debug', ...settings });
    const bystanders = await Bystanders.gather(server);
    const { pid } = server;
    const [before, faults] = [sum(await server.metrics(), counts), sum(await server.metrics(), FAULTS)];
    const said = server.log.length;

    await attack({ server, test: t });

    await bystanders.wereUndisturbed();
    assert.equal(server.pid, pid, 'it is another process now');
    assert.ok(!/panicked/.test(server.log), server.log);
    const metrics = await server.metrics();
    assert.equal(sum(metrics, FAULTS), faults, `the server found fault with itself:\n${server.log.slice(said)}`);
    if (isQuiet) return;
    assert.ok(sum(metrics, counts) > before, `nothing was counted under ${counts}:\n${[...metrics].join('\n')}`);
    await eventually('a line of the log', () => server.log.slice(said).trim() !== '');
  });
}

/** The sum of the counters whose names with their labels fit. */
export function sum(metrics, counters) {
  return [...metrics].filter(([name]) => counters.test(name)).reduce((total, [, count]) => total + count, 0);
}

/** Two who go on talking. */
class Bystanders {
  #isOver = false;

  static async gather(server) {
    const pair = await Promise.all(['plain JSON', 'Socket.IO over WebSocket'].map((carrier) => arrive(server, carrier, { address: '192.0.2.200' })));
    return new Bystanders(pair, await group(pair));
  }

  constructor(pair, channel) {
    this.pair = pair;
    this.talk = this.#talk(channel);
    // Whatever goes wrong is told when it is asked for.
    this.talk.catch(() => {});
  }

  async #talk(channel) {
    const [one, other] = this.pair;
    do {
      const seq = await say(one, channel, 'a quiet word');
      await other.entry({ channel, seq });
      await pause(50);
    } while (!this.#isOver);
  }

  async wereUndisturbed() {
    this.#isOver = true;
    await this.talk;
    const [, other] = this.pair;
    assert.equal(other.socket.connected, true, 'a bystander lost the connection');
    await Promise.all(this.pair.map((person) => person.close()));
  }
}
