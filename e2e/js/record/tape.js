// Records one connection as it happens: each frame a line, in both directions.

import WebSocket from 'ws';

import { eventually, within } from '../support/patience.js';

export class Tape {
  lines = [];
  #socket;
  #next = 1;
  #answers = new Map();

  /** Every event so far. */
  get events() {
    return this.lines.filter(({ ev }) => ev);
  }

  async connect(server) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'rialto.v1.json');
    this.#socket = socket;
    socket.on('message', (text) => {
      const frame = JSON.parse(text);
      this.lines.push(frame);
      this.#answers.get(frame.re)?.(frame);
    });
    await within(new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)), 'a connection');
    return this;
  }

  /** Sends a command, and gives its result. */
  async ask(cmd, data = {}) {
    const { ok, err } = await this.#answer(cmd, data);
    if (err) throw new Error(`${cmd}: ${err.code}: ${err.text}`);
    return ok;
  }

  /** Sends a command that is to be refused. */
  async askInVain(cmd, data = {}) {
    const { ok } = await this.#answer(cmd, data);
    if (ok) throw new Error(`${cmd} was not refused`);
  }

  async #answer(cmd, data) {
    const frame = { id: this.#next++, cmd, data };
    const answer = new Promise((resolve) => this.#answers.set(frame.id, resolve));
    this.lines.push(frame);
    this.#socket.send(JSON.stringify(frame));
    return within(answer, `the answer to ${cmd}`);
  }

  /** Waits for an event, so that what is recorded next comes after it. */
  hear(name, fits = () => true) {
    return eventually(`the event ${name}`, () => this.events.find(({ ev, data }) => ev === name && fits(data))?.data);
  }

  async close() {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.close();
    await within(closed, 'the end of a connection');
  }
}
