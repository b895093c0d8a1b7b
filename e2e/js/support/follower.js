// What a good client does with what it hears: keeps each channel's log without holes and without repetitions.

import assert from 'node:assert/strict';

/** Follows the channels of one person, over any number of connections one after the other. */
export class Follower {
  /** Channel → its entries in order. */
  logs = new Map();
  /** Channel → the place after which its log begins here. */
  #after = new Map();
  /** Entries that came ahead of a hole, by channel. */
  #early = new Map();

  /** The places up to which nothing is missing: `have` of `hello` and `sync`. */
  get have() {
    return Object.fromEntries([...this.logs.keys()].map((channel) => [channel, this.#head(channel)]));
  }

  /** Listens to a connection, and takes what its first payload brought. */
  follow(client) {
    client.on('entry', (entry) => this.take(entry));
    client.on('ready', ({ missed }) => this.catchUp(missed));
    this.catchUp(client.ready?.missed);
    client.all('entry').forEach((entry) => this.take(entry));
    return client;
  }

  catchUp(synced) {
    for (const missed of Object.values(synced?.channels ?? {})) missed.entries?.forEach((entry) => this.take(entry));
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
    this.#after.set(channel, after);
    this.#early.set(channel, new Map());
  }

  take(entry) {
    if (!this.logs.has(entry.channel)) this.begin(entry.channel, entry.seq - 1);
    const log = this.logs.get(entry.channel);
    const head = this.#head(entry.channel);
    if (entry.seq <= head) {
      const known = log.find(({ seq }) => seq === entry.seq);
      // Only texts may differ: an edit read later carries what the message says now.
      if (known) assert.deepEqual([entry.sender, entry.client_id, entry.kind, entry.n], [known.sender, known.client_id, known.kind, known.n]);
      return;
    }
    const early = this.#early.get(entry.channel).set(entry.seq, entry);
    for (let seq = head + 1; early.has(seq); seq += 1) {
      log.push(early.get(seq));
      early.delete(seq);
    }
  }

  /** The entries of a channel, in order and without a hole. */
  entries(channel) {
    return this.logs.get(channel) ?? [];
  }

  #head(channel) {
    return this.logs.get(channel).at(-1)?.seq ?? this.#after.get(channel);
  }
}
