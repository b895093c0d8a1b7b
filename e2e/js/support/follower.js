// What a good client does with what it hears: keeps each channel's log without holes and without repetitions.

import assert from 'node:assert/strict';

/** Follows the channels of one person, over any number of connections one after the other. */
export class Follower {
  /** Channel → its entries in order. */
  logs = new Map();
  /** Channel → the place up to which nothing is missing. */
  #heads = new Map();
  /** Entries that came ahead of a hole, by channel. */
  #early = new Map();

  /** The places up to which nothing is missing: `have` of `hello` and `sync`. */
  get have() {
    return Object.fromEntries(this.#heads);
  }

  /** Listens to a connection, and takes what its first payload brought. */
  follow(client) {
    client.on('entry', (entry) => this.take(entry));
    client.on('ready', ({ missed }) => this.catchUp(missed));
    this.catchUp(client.ready?.missed);
    client.all('entry').forEach((entry) => this.take(entry));
    return client;
  }

  /** Takes an answer to `sync`. What it leaves out may not be seen, or is hidden: that is no hole. */
  catchUp(synced) {
    for (const [channel, { entries = [], head, more }] of Object.entries(synced?.channels ?? {})) {
      for (const entry of entries) {
        this.#reach(entry.channel, entry.seq - 1);
        this.take(entry);
      }
      if (!more) this.#reach(channel, head);
    }
  }

  /** Asks for what is missing until nothing is. */
  async sync(client) {
    let synced;
    do {
      synced = await client.call('sync', { have: this.have });
      this.catchUp(synced);
    } while (synced.more);
  }

  /** A channel is followed from a place on: what stands before it is none of our business. */
  begin(channel, after = 0) {
    this.logs.set(channel, []);
    this.#heads.set(channel, after);
    this.#early.set(channel, new Map());
  }

  take(entry) {
    if (!this.logs.has(entry.channel)) this.begin(entry.channel, entry.seq - 1);
    const log = this.logs.get(entry.channel);
    if (entry.seq <= this.#heads.get(entry.channel)) {
      const known = log.find(({ seq }) => seq === entry.seq);
      // Only texts may differ: an edit read later carries what the message says now.
      if (known) assert.deepEqual([entry.sender, entry.client_id, entry.kind, entry.n], [known.sender, known.client_id, known.kind, known.n]);
      return;
    }
    this.#early.get(entry.channel).set(entry.seq, entry);
    this.#goOn(entry.channel);
  }

  /** The entries of a channel, in order and without a hole. */
  entries(channel) {
    return this.logs.get(channel) ?? [];
  }

  /** Nothing up to here is missing. */
  #reach(channel, seq) {
    if (!this.logs.has(channel) || seq <= this.#heads.get(channel)) return;
    this.#heads.set(channel, seq);
    this.#goOn(channel);
  }

  /** Takes what had come too early. */
  #goOn(channel) {
    const early = this.#early.get(channel);
    for (let seq = this.#heads.get(channel) + 1; early.has(seq); seq += 1) {
      this.logs.get(channel).push(early.get(seq));
      early.delete(seq);
      this.#heads.set(channel, seq);
    }
  }
}
