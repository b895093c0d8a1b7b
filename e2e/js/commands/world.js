// Those who act in the table of commands: for each carrier and server some people of their own.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { connect } from '../support/carriers.js';
import { arrive, connectAgain, direct, group, register, say } from '../support/people.js';

export const PASSWORD = 'correct horse';

/** In a channel of up to so many members everyone may call everyone. */
const SMALL_CHANNEL = 32;

/** ana, bo, cy and the one with a name stay; others come and go. */
const RESIDENTS = 4;

/** A user name that nobody has. */
export const freshName = () => `u${randomBytes(8).toString('hex')}`;

/** An address that nobody came from. */
const freshAddress = () => `10.${randomBytes(3).join('.')}`;

/** Many people who only make a channel large, and one who has a name: for all worlds of a server. */
export async function inhabitants(server) {
  const crowd = await Promise.all(Array.from({ length: SMALL_CHANNEL }, () => register(server, { address: freshAddress() })));
  const username = freshName();
  const named = await register(server, { username, password: PASSWORD, address: freshAddress() });
  return { crowd, named: { ...named, username } };
}

export class World {
  #people = [];

  static async open(server, carrier, { crowd, named }) {
    const world = new World(server, carrier);
    world.crowd = crowd;
    world.named = world.#keep(await connectAgain({ server, tokens: named, carrier }));
    world.named.username = named.username;
    [world.ana, world.bo, world.cy] = await world.some(3);
    return world;
  }

  constructor(server, carrier) {
    this.server = server;
    this.carrier = carrier;
  }

  /** Somebody whom nobody knows. */
  async somebody() {
    return this.#keep(await arrive(this.server, this.carrier, { address: freshAddress() }));
  }

  some(count) {
    return Promise.all(Array.from({ length: count }, () => this.somebody()));
  }

  /** A connection that has not said hello. */
  async nobody() {
    return this.#keep(await connect(this.carrier, this.server, { address: freshAddress() }));
  }

  /** A group that the first one owns. */
  group(...people) {
    return group(people);
  }

  async broadcast(...people) {
    return group(people, { kind: 'broadcast' });
  }

  /** One with so many members that not everyone may call all of them. */
  largeGroup(...people) {
    return group([...people, ...this.crowd]);
  }

  direct(one, other) {
    return direct(one, other);
  }

  say(person, channel, words, more) {
    return say(person, channel, words, more);
  }

  /** A group of its own and a message in it: `{ channel, target }`. */
  async message(person, ...others) {
    const channel = await group([person, ...others]);
    return { channel, target: await say(person, channel) };
  }

  /** Runs a case, in which somebody must have carried the command out over this carrier. */
  async mustCall(command, run) {
    for (const person of this.#people) person.done.clear();
    await run(this);
    assert.ok(this.#people.some(({ done }) => done.has(command)), `nobody called ${command}`);
  }

  /** Sends those home who came for a case alone. */
  dismiss() {
    for (const guest of this.#people.splice(RESIDENTS)) guest.leave();
  }

  #keep(person) {
    this.#people.push(person);
    return person;
  }
}
