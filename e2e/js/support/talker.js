// What a good client does with what it says: keeps each message until it is known to be stored, and sends it again
// under the same name after any doubt.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { Refusal } from './client.js';
import { Follower } from './follower.js';
import { connectAgain, text } from './people.js';

/** Commands that are sent before the first of them is answered. */
const AT_ONCE = 16;

export class Talker extends Follower {
  /** What is not known to be stored: client id → message, in the order in which it was said. */
  outbox = new Map();
  /** Where each message stands: client id → seq. Once told, it must hold for ever. */
  stored = new Map();
  /** There must be none. */
  refusal = undefined;
  #unsent = [];
  #isSending = false;

  constructor(person) {
    super();
    this.person = person;
    this.follow(person);
  }

  follow(client) {
    client.on('rejected', (it) => (this.refusal = new Refusal('message.send', { code: it.code, text: it.text })));
    return super.follow(client);
  }

  /** Says something. Whether it arrived shows when it comes back. */
  say(channel, words) {
    const message = { channel, client_id: randomUUID(), body: text(words) };
    this.outbox.set(message.client_id, message);
    this.#unsent.push(message);
    if (!this.#isSending) this.#send();
  }

  /** Sends what waits, some at a time: a server may refuse who sends a thousand commands and waits for no answer. */
  async #send() {
    this.#isSending = true;
    try {
      while (this.#unsent.length > 0) {
        await Promise.all(this.#unsent.splice(0, AT_ONCE).map((message) => this.person.ask('message.send', message)));
      }
    } catch (error) {
      // A connection that breaks owes no answer; the message stays in the outbox. A refusal would be another matter.
      if (error instanceof Refusal) this.refusal = error;
    }
    this.#isSending = false;
  }

  take(entry) {
    super.take(entry);
    if (entry.sender !== this.person.user || !entry.client_id) return;
    const known = this.stored.get(entry.client_id) ?? entry.seq;
    assert.equal(entry.seq, known, 'a message stands in two places');
    this.stored.set(entry.client_id, entry.seq);
    this.outbox.delete(entry.client_id);
  }

  /** Connects again, catches up, and says again what may have been lost. */
  async return() {
    this.person = await connectAgain(this.person, this.person.carrier, { have: this.have });
    this.follow(this.person);
    await this.sync(this.person);
    this.#unsent = [...this.outbox.values()];
    this.#send();
  }
}
