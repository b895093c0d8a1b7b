// What every carrier offers: commands with answers, and events in the order in which they came.

import { checkEvent, checkRefusal, checkResult } from './contract.js';
import { PATIENCE_MS, within } from './patience.js';

/** The server's *no*. */
export class Refusal extends Error {
  constructor(command, body, status) {
    super(`${command}: ${body.code}: ${body.text}`);
    checkRefusal(body);
    this.command = command;
    this.code = body.code;
    this.retryAfterMs = body.retry_after_ms;
    /** Over REST: the HTTP status. */
    this.status = status;
  }
}

/**
 * One connection. A carrier supplies `ask(command, data)`, which answers with the result or throws a `Refusal`, and
 * `leave()`; it calls `hear` for each event and `lose` when the connection is gone. Whatever the server says must be
 * what the contract promises.
 */
export class Client {
  /** Every event since the beginning: `{ event, data }`. */
  heard = [];
  /** The commands that were answered with a result. */
  done = new Set();
  /** The first payload. */
  ready = undefined;
  #taken = new Set();
  #listeners = new Set();
  #ended;

  constructor(carrier) {
    this.carrier = carrier;
    /** Fulfilled with the reason when the connection is gone. */
    this.gone = new Promise((resolve) => (this.#ended = resolve));
  }

  /** Waits until the connection is gone, and tells why. */
  end() {
    return within(this.gone, `the end of a connection over ${this.carrier}`);
  }

  async call(command, data = {}) {
    const result = await within(this.ask(command, data), `the answer to ${command} over ${this.carrier}`);
    checkResult(command, result);
    this.done.add(command);
    if (command === 'hello') this.ready = result;
    return result;
  }

  hear(event, data) {
    checkEvent(event, data);
    if (event === 'ready') this.ready = data;
    this.heard.push({ event, data });
    for (const listener of this.#listeners) listener(event, data);
  }

  lose(reason) {
    this.#ended(reason);
  }

  /** Calls `listener(data)` for each such event from now on. */
  on(event, listener) {
    this.#listeners.add((name, data) => name === event && listener(data));
  }

  /** The first event of that name that fits and was not answered with before; waits until there is one. */
  async next(event, fits = () => true, ms = PATIENCE_MS) {
    const find = () => {
      const place = this.heard.findIndex((it, place) => it.event === event && !this.#taken.has(place) && fits(it.data));
      if (place < 0) return undefined;
      this.#taken.add(place);
      return this.heard[place].data;
    };
    const found = find();
    if (found) return found;
    let listener;
    const coming = new Promise((resolve) => {
      listener = () => {
        const found = find();
        if (!found) return;
        this.#listeners.delete(listener);
        resolve(found);
      };
      this.#listeners.add(listener);
    });
    return within(coming, `${event} over ${this.carrier}`, ms).finally(() => this.#listeners.delete(listener));
  }

  /** The entry that fits. */
  entry(fits) {
    const wanted = typeof fits === 'function' ? fits : (entry) => Object.entries(fits).every(([key, value]) => entry[key] === value);
    return this.next('entry', wanted);
  }

  /** The data of all events of a name so far. */
  all(event, fits = () => true) {
    return this.heard.filter((it) => it.event === event && fits(it.data)).map((it) => it.data);
  }

  /** Goes, and waits until it is gone. */
  async close() {
    this.leave();
    await this.end();
  }
}
