// The ways to reach the server, behind one face. The Socket.IO clients are the official ones with their default
// settings, but for what a carrier is named after.

import { decode, encode } from '@msgpack/msgpack';
import { io } from 'socket.io-client';
import msgpackParser from 'socket.io-msgpack-parser';
import WebSocket from 'ws';

import { Client, Refusal } from './client.js';
import { contract } from './contract.js';
import { within } from './patience.js';

/**
 * Opens a connection.
 *
 * Options: `token`, and `have` to say hello with it; `address`, to come from there; `client`, what the client is.
 * Anything else goes to the official client as it is.
 */
export async function connect(carrier, server, options = {}) {
  const client = new carriers[carrier](carrier, server, options);
  server.clients.add(client);
  client.gone.then(() => server.clients.delete(client));
  await within(client.opened, `a connection over ${carrier}`);
  return client;
}

const headers = ({ address }) => (address ? { 'x-forwarded-for': address } : {});
const greeting = ({ token, have, client }) => ({ token, have, client });

class SocketIo extends Client {
  constructor(carrier, server, options) {
    super(carrier);
    const { token, have, address, client, ...rest } = options;
    // One manager for each client: by default those of one page share a connection.
    this.socket = io(server.url, { forceNew: true, extraHeaders: headers(options), auth: token ? greeting(options) : {}, ...rest });
    this.socket.onAny((event, data) => this.hear(event, data));
    this.socket.on('disconnect', (reason) => this.socket.active || this.lose(reason));
    this.opened = new Promise((resolve, reject) => {
      this.socket.once(token || rest.auth ? 'ready' : 'connect', resolve);
      this.socket.once('connect_error', (error) => reject(error.data ? new Refusal('hello', error.data) : error));
    });
    this.socket.on('connect_error', ({ message }) => this.socket.active || this.lose(message));
    // A refused client does not knock again.
    this.opened.catch(() => this.socket.disconnect());
  }

  async ask(command, data) {
    const { ok, err } = await this.socket.emitWithAck(command, data);
    if (err) throw new Refusal(command, err);
    return ok;
  }

  /** `polling` or `websocket`. */
  get transport() {
    return this.socket.io.engine.transport.name;
  }

  leave() {
    this.socket.disconnect();
    this.lose('io client disconnect');
  }
}

class OverWebSocket extends SocketIo {
  constructor(carrier, server, options) {
    super(carrier, server, { transports: ['websocket'], ...options });
  }
}

class ByPolling extends SocketIo {
  constructor(carrier, server, options) {
    super(carrier, server, { transports: ['polling'], ...options });
  }
}

class WithMsgpack extends SocketIo {
  constructor(carrier, server, options) {
    super(carrier, server, { parser: msgpackParser, ...options });
  }
}

class Plain extends Client {
  #next = 1;
  #asked = new Map();

  constructor(carrier, server, options, { protocol, pack, unpack }) {
    super(carrier);
    this.pack = pack;
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, protocol, { headers: headers(options) });
    this.socket.on('message', (bytes, isBinary) => this.#take(unpack(bytes, isBinary)));
    this.socket.on('close', (code, reason) => this.#lose(code, `${reason}`));
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    }).then(() => options.token && this.call('hello', greeting(options)));
    this.opened.catch(() => this.socket.terminate());
  }

  ask(command, data) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { command, resolve, reject });
      this.socket.send(this.pack({ id, cmd: command, data }));
    });
  }

  #take({ re, ok, err, ev, data }) {
    if (ev) return this.hear(ev, data);
    const { command, resolve, reject } = this.#asked.get(re);
    this.#asked.delete(re);
    return err ? reject(new Refusal(command, err)) : resolve(ok);
  }

  #lose(code, reason) {
    for (const { command, reject } of this.#asked.values()) reject(new Error(`${command}: the connection was closed: ${code} ${reason}`));
    this.lose({ code, reason });
  }

  leave() {
    this.socket.close();
  }
}

class PlainJson extends Plain {
  constructor(carrier, server, options) {
    const unpack = (bytes, isBinary) => {
      if (isBinary) throw new Error('JSON came as bytes');
      return JSON.parse(bytes);
    };
    super(carrier, server, options, { protocol: 'rialto.v1.json', pack: JSON.stringify, unpack });
  }
}

class PlainMsgpack extends Plain {
  constructor(carrier, server, options) {
    const pack = (value) => encode(value, { ignoreUndefined: true });
    const unpack = (bytes, isBinary) => {
      if (!isBinary) throw new Error('MessagePack came as text');
      return decode(bytes);
    };
    super(carrier, server, options, { protocol: 'rialto.v1.msgpack', pack, unpack });
  }
}

/** Resources instead of commands, and no events. */
class Rest extends Client {
  static #tables = new Map();

  constructor(carrier, server, options) {
    super(carrier);
    this.url = server.url;
    this.headers = headers(options);
    this.opened = this.#read().then(() => options.token && this.call('hello', { token: options.token }));
  }

  async #read() {
    if (!Rest.#tables.has(this.url)) {
      Rest.#tables.set(this.url, fetch(`${this.url}/api/v1/openapi.json`).then((answer) => answer.json()).then(resourcesOf));
    }
    this.resources = await Rest.#tables.get(this.url);
  }

  async ask(command, data) {
    if (command === 'hello') this.token = data.token;
    const { method, path, fields, bodyOf } = choose(this.resources.get(command), command, data);
    const rest = { ...data };
    const filled = path.replace(/\{(\w+)\}/g, (_, field) => {
      delete rest[field];
      return encodeURIComponent(data[field]);
    });
    const url = new URL(this.url + filled);
    const headers = { ...this.headers };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    let body;
    if (bodyOf) {
      headers['content-type'] = 'application/json';
      body = JSON.stringify(bodyOf === true ? rest : rest[bodyOf]);
    } else {
      for (const field of fields) if (rest[field] !== undefined) url.searchParams.set(field, rest[field]);
    }
    const answer = await fetch(url, { method, headers, body });
    const text = await answer.text();
    const content = text === '' ? {} : JSON.parse(text);
    if (!answer.ok) throw new Refusal(command, content, answer.status);
    return content;
  }

  leave() {
    this.lose('there was no connection');
  }
}

/** The resources of each command, from the description in OpenAPI: operations are named after commands. */
function resourcesOf({ servers: [{ url: base }], paths }) {
  const resources = new Map(Object.keys(contract.commands).map((command) => [command, []]));
  const commandOf = new Map([...resources.keys()].map((command) => [command.replaceAll('.', '_'), command]));
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { operationId, parameters, requestBody }] of Object.entries(methods)) {
      const command = commandOf.get(operationId) ?? commandOf.get(operationId.slice(0, -method.length - 1));
      const named = (place) => parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
      resources.get(command).push({
        method: method.toUpperCase(),
        path: base + path,
        places: named('path'),
        fields: named('query'),
        // Settings are the body itself, not a field of it.
        bodyOf: requestBody && (command === 'settings.set' ? 'settings' : true),
      });
    }
  }
  return resources;
}

/** Of a command's resources, the one for this data: what is named in the data has a place in the path, and DELETE turns off. */
function choose(resources, command, data) {
  const isFitting = ({ method, places }) =>
    places.every((place) => data[place] !== undefined) && (data.on === undefined || (method === 'DELETE') === (data.on === false));
  const fitting = resources.filter(isFitting).sort((one, other) => other.places.length - one.places.length);
  if (fitting.length === 0) throw new Error(`no resource of ${command} fits ${JSON.stringify(data)}`);
  // Where nothing is said of on or off, on is meant.
  return fitting.find(({ method }) => method !== 'DELETE') ?? fitting[0];
}

const carriers = {
  'Socket.IO': SocketIo,
  'Socket.IO over WebSocket': OverWebSocket,
  'Socket.IO by polling': ByPolling,
  'Socket.IO with MessagePack': WithMsgpack,
  'plain JSON': PlainJson,
  'plain MessagePack': PlainMsgpack,
  REST: Rest,
};

/** Every carrier, and those that bring events. */
export const everyCarrier = Object.keys(carriers);
export const liveCarriers = everyCarrier.filter((carrier) => carrier !== 'REST');
