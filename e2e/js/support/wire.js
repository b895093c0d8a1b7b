// Bytes on a TCP socket, as no client library would send them.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

import { within } from './patience.js';

const HANDSHAKE = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

/** The paths of the carriers. */
export const PLAIN = '/ws';
export const ENGINE = '/socket.io/?EIO=4&transport=websocket';
export const POLLING = '/socket.io/?EIO=4&transport=polling';

/** A request head. `headers` are whole lines. */
export const head = (method, path, ...headers) => `${[`${method} ${path} HTTP/1.1`, 'Host: rialto.test', ...headers].join('\r\n')}\r\n\r\n`;

/** A request for a WebSocket. */
export const upgrade = (path, ...headers) => head('GET', path, HANDSHAKE, ...headers);

/** A POST with its body. */
export const post = (path, body, ...headers) =>
  Buffer.concat([Buffer.from(head('POST', path, `Content-Length: ${Buffer.byteLength(body)}`, ...headers)), Buffer.from(body)]);

/** A WebSocket frame of a client. Whatever is named can be wrong: `length` announces another length than the payload has. */
export function frame(payload, { opcode = Buffer.isBuffer(payload) ? 2 : 1, fin = true, reserved = 0, masked = true, length } = {}) {
  const bytes = Buffer.from(payload);
  const announced = BigInt(length ?? bytes.length);
  const size = announced < 126n ? Buffer.alloc(1, Number(announced)) : announced < 65_536n ? Buffer.alloc(3, 126) : Buffer.alloc(9, 127);
  if (size.length === 3) size.writeUInt16BE(Number(announced), 1);
  if (size.length === 9) size.writeBigUInt64BE(announced, 1);
  if (!masked) return Buffer.concat([Buffer.of((fin ? 0x80 : 0) | reserved | opcode), size, bytes]);
  size[0] |= 0x80;
  const key = randomBytes(4);
  return Buffer.concat([Buffer.of((fin ? 0x80 : 0) | reserved | opcode), size, key, bytes.map((byte, at) => byte ^ key[at % 4])]);
}

/** One TCP connection. What comes is kept until somebody asks for it. */
export class Wire {
  #received = Buffer.alloc(0);
  #wake = () => {};

  /** Set when the peer has closed, however. */
  isOver = false;

  static async to(server) {
    const { hostname, port } = new URL(server.url);
    const wire = new Wire(connect(Number(port), hostname));
    server.clients.add(wire);
    await within(once(wire.socket, 'connect'), 'a TCP connection');
    return wire;
  }

  /** A WebSocket to which nothing was said yet. */
  static async websocket(server, path = PLAIN, ...headers) {
    const wire = await Wire.to(server);
    wire.say(upgrade(path, ...headers));
    wire.agreement = await wire.#head();
    if (!wire.agreement.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${wire.agreement}`);
    return wire;
  }

  constructor(socket) {
    this.socket = socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    // What the peer resets is over as well; who asks for more is told.
    socket.on('error', () => {});
    for (const end of ['end', 'close']) {
      socket.on(end, () => {
        this.isOver = true;
        this.#wake();
      });
    }
  }

  say(...parts) {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  /** Goes without a word. */
  leave() {
    this.socket.destroy();
  }

  /** Goes in the way that costs the peer most: everything under way is void. */
  reset() {
    this.socket.resetAndDestroy();
  }

  /** All that came until the peer closed. */
  async rest() {
    return this.#until(() => this.isOver && this.#take(this.#received.length), 'the end of the connection');
  }

  /** The next HTTP answer: its status, headers and body. */
  async answer() {
    const text = await this.#head();
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    const body = await this.#bytes(length);
    return { status: Number(text.split(' ')[1]), head: text.toLowerCase(), body: `${body}` };
  }

  /** The next WebSocket frame. An end without a close frame is a close without a code. */
  async frame() {
    const start = await this.#until(() => (this.isOver && this.#received.length < 2 ? Buffer.alloc(0) : this.#peek(2)), 'a frame');
    if (start.length === 0) return { opcode: 8, code: undefined, payload: Buffer.alloc(0) };
    const short = start[1] & 0x7f;
    await this.#bytes(2);
    const wide = await this.#bytes(short === 126 ? 2 : short === 127 ? 8 : 0);
    const length = wide.length === 0 ? short : Number(wide.length === 2 ? wide.readUInt16BE() : wide.readBigUInt64BE());
    const payload = await this.#bytes(length);
    const opcode = start[0] & 0x0f;
    return { opcode, payload, text: `${payload}`, code: opcode === 8 && length >= 2 ? payload.readUInt16BE() : undefined };
  }

  /** The first text frame that fits; what comes before it is let go. */
  async text(fits) {
    for (;;) {
      const heard = await this.frame();
      if (heard.opcode === 8) throw new Error(`the connection was closed: ${heard.code} ${heard.payload.subarray(2)}`);
      if (heard.opcode === 1 && fits(heard.text)) return heard.text;
    }
  }

  /** The code with which the server closes, whatever it says before. */
  async closing() {
    for (;;) {
      const { opcode, code } = await this.frame();
      if (opcode === 8) return code;
    }
  }

  async #head() {
    const end = await this.#until(() => this.#received.indexOf('\r\n\r\n') + 1, 'the head of an answer');
    return `${this.#take(end + 3)}`;
  }

  async #bytes(count) {
    return count === 0 ? Buffer.alloc(0) : this.#until(() => this.#peek(count) && this.#take(count), `${count} bytes`);
  }

  #peek(count) {
    return this.#received.length >= count && this.#received.subarray(0, count);
  }

  #take(count) {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  async #until(find, what) {
    return within(
      (async () => {
        for (;;) {
          const found = find();
          if (found) return found;
          if (this.isOver) throw new Error(`the connection ended before ${what}: ${this.#received}`);
          await new Promise((resolve) => (this.#wake = resolve));
        }
      })(),
      what,
    );
  }
}

/** One HTTP exchange on a connection of its own. */
export async function exchange(server, bytes) {
  const wire = await Wire.to(server);
  wire.say(bytes);
  const answer = await wire.answer();
  wire.leave();
  return answer;
}

/** A long-polling session: its id and its address. */
export async function session(server) {
  const { body } = await exchange(server, head('GET', POLLING));
  const { sid } = JSON.parse(body.slice(1));
  return { sid, path: `${POLLING}&sid=${sid}` };
}
