// A reverse proxy before the server, as operators have one. It can pretend that the server was updated to a newer client, and lose
// what the server says.

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

const NEWER = 'f'.repeat(12);

export class ReverseProxy {
  #isNewer = false;
  #isDeaf = false;
  #isAway = false;
  #server;
  #sockets = new Set();

  static async during(test, server) {
    const proxy = new ReverseProxy();
    const { hostname, port } = new URL(server.url);
    proxy.#server = http.createServer((request, response) => {
      const { method, headers, url } = request;
      const forwarded = http.request({ hostname, port, method, headers, path: url }, (answer) => {
        // Compressed forms are left alone: the worker is asked for plain.
        if (proxy.#isNewer && url === '/sw.js') proxy.#renew(answer, response);
        else answer.pipe(response.writeHead(answer.statusCode, answer.headers));
      });
      if (url === '/sw.js') for (const name of ['accept-encoding', 'if-none-match']) forwarded.removeHeader(name);
      forwarded.on('error', () => response.destroy());
      request.pipe(forwarded);
    });
    proxy.#server.on('upgrade', (request, socket, head) => {
      const back = net.connect(Number(port), hostname, () => {
        const lines = Array.from({ length: request.rawHeaders.length / 2 }, (_, at) => `${request.rawHeaders[2 * at]}: ${request.rawHeaders[2 * at + 1]}`);
        back.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        back.write(head);
        socket.pipe(back);
        back.on('data', (bytes) => proxy.#isDeaf || socket.write(bytes));
        back.on('end', () => socket.end());
        socket.on('close', () => back.destroy());
      });
      for (const end of [back, socket]) end.on('error', () => {});
    });
    proxy.#server.on('connection', (socket) => {
      if (proxy.#isAway) return void socket.destroy();
      proxy.#sockets.add(socket);
      socket.once('close', () => proxy.#sockets.delete(socket));
    });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    test.after(() => {
      proxy.#server.close();
      for (const socket of proxy.#sockets) socket.destroy();
    });
    return proxy;
  }

  /** From now on there is a newer client behind it. */
  update() {
    this.#isNewer = true;
  }

  /** From now on nothing that the server says over a WebSocket comes through; what clients say does. */
  deafen() {
    this.#isDeaf = true;
  }

  /** Ends every connection; those that are opened after that are whole. */
  cut() {
    this.#isDeaf = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every connection, and every new one at once. */
  goAway() {
    this.#isAway = true;
    this.cut();
  }

  comeBack() {
    this.#isAway = false;
  }

  async #renew(answer, response) {
    const parts = await answer.toArray();
    const script = Buffer.concat(parts).toString().replace(/[0-9a-f]{12}/, NEWER);
    const { 'content-length': _, etag: __, ...headers } = answer.headers;
    response.writeHead(answer.statusCode, headers).end(script);
  }
}
