// Somebody without a browser, who uses the server by HTTP: other members, and history by the hundred.

import { randomUUID } from 'node:crypto';

export class Correspondent {
  /** A new anonymous account. */
  static async arrive(server, name) {
    const somebody = new Correspondent();
    somebody.server = server;
    const { access_token, user } = await somebody.ask('POST', '/accounts', { display_name: name });
    return Object.assign(somebody, { token: access_token, user, name });
  }

  /** One request; a refusal is an error with its code. */
  async ask(method, path, body) {
    const headers = { ...(body && { 'content-type': 'application/json' }), ...(this.token && { authorization: `Bearer ${this.token}` }) };
    const answer = await fetch(`${this.server.url}/api/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const result = answer.status === 204 ? undefined : await answer.json();
    if (!answer.ok) throw Object.assign(new Error(`${method} ${path}: ${result.code}: ${result.text}`), { code: result.code });
    return result;
  }

  /** The id of whoever has this user name. */
  async find(username) {
    return (await this.ask('GET', `/users?username=${encodeURIComponent(username)}`)).id;
  }

  /** A group with these people (by user name, or themselves). */
  async group(title, ...people) {
    const members = await Promise.all(people.map((person) => (typeof person === 'string' ? this.find(person) : person.user)));
    return (await this.ask('POST', '/channels', { kind: 'group', title, members })).id;
  }

  /** Tells where the message stands. */
  async say(channel, text, more = {}) {
    return (await this.ask('POST', `/channels/${channel}/messages`, { client_id: randomUUID(), body: { text }, ...more })).seq;
  }

  /** So many messages in order, `Message 1` the first. */
  async fill(channel, count, word = 'Message', from = 1) {
    for (let number = from; number < from + count; number += 1) await this.say(channel, `${word} ${number}`);
  }

  /** Received and read up to there. */
  async mark(channel, positions) {
    await this.ask('POST', '/marks', { channel, ...positions });
  }

  /** All that the channel's messages say, from its beginning. */
  async history(channel) {
    const said = [];
    for (let after = 0; ; ) {
      const { messages } = await this.ask('GET', `/channels/${channel}/messages?after=${after}&limit=200`);
      if (messages.length === 0) return said;
      said.push(...messages);
      after = messages.at(-1).seq;
    }
  }
}
