// Bad input beside the rows of docs/security.md, which are tested in hostile/. It harms nobody but who sends it: there is
// no panic, no 5xx, and others do not notice.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { connect as dial } from 'node:net';
import { after, before, describe, test } from 'node:test';

import WebSocket from 'ws';

import { liveCarriers } from './support/carriers.js';
import { within } from './support/patience.js';
import { arrive, register } from './support/people.js';
import { Server } from './support/server.js';

describe('bad input', { concurrency: 4 }, () => {
  let server;
  let witness;
  let wsUrl;
  let port;
  before(async () => {
    server = await Server.start({ max_payload: 64 * 1024 });
    witness = await arrive(server, 'Socket.IO over WebSocket');
    wsUrl = server.url.replace('http', 'ws');
    port = Number(new URL(server.url).port);
  });
  after(async () => {
    await witness.call('account.get');
    assert.equal(witness.socket.connected, true, 'the witness was disturbed');
    await server.stop();
  });

  /** A WebSocket that spoke to nobody yet. */
  async function open(path, options = {}) {
    const socket = new WebSocket(wsUrl + path, options.protocol, options);
    await within(once(socket, 'open'), 'the connection');
    return socket;
  }

  /** The code with which the server closes, or 1006 when it just goes. */
  async function closing(socket) {
    socket.on('error', () => {});
    const [code] = await within(once(socket, 'close'), 'the end');
    return code;
  }

  const PLAIN = '/ws';
  const ENGINE = '/socket.io/?EIO=4&transport=websocket';

  test('REST: large, deep, malformed and mislabelled bodies are refused in words', async () => {
    const { access_token } = await register(server);
    const ask = (body, headers = {}) =>
      fetch(`${server.url}/api/v1/sync`, {
        method: 'POST',
        headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json', ...headers },
        body,
      });
    for (const [body, status, headers] of [
      ['x'.repeat(65 * 1024), 413],
      [`{"have":${'['.repeat(50_000)}`, 400],
      ['{"have":', 400],
      ['[]', 400],
      ['{"have":{}}', 415, { 'content-type': 'text/plain' }],
      ['{"have":{"01890000-0000-7000-8000-000000000001":1e400}}', 400],
      ['{"have":{"01890000-0000-7000-8000-000000000001":-1}}', 422],
      ['{"have":7}', 422],
    ]) {
      const answer = await ask(body, headers);
      assert.ok(answer.status === status || (status === 400 && answer.status === 422), `${body.slice(0, 40)}: ${answer.status}`);
      assert.match((await answer.json()).code, /^[a-z]+\.[a-z_]+$/);
    }
  });

  // No sense

  const deepText = `${'['.repeat(100_000)}`.slice(0, 60_000);
  for (const [what, frame] of [
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['an array', '[]'],
    ['no id', '{"cmd":"account.get"}'],
    ['an id that is text', '{"id":"1","cmd":"account.get"}'],
    ['an id beyond all numbers', `{"id":${'9'.repeat(400)},"cmd":"account.get"}`],
    ['a repeated id', '{"id":1,"id":2,"cmd":"account.get"}'],
    ['brackets alone', deepText],
    ['bytes instead of text', Buffer.from([0x80])],
  ]) {
    test(`plain JSON: ${what} ends the connection`, async () => {
      const socket = await open(PLAIN);
      socket.send(frame);
      assert.ok([1002, 1003, 1008].includes(await closing(socket)));
    });
  }

  for (const [what, frame] of [
    ['text', 'hello'],
    ['nothing', Buffer.alloc(0)],
    ['the byte that means nothing', Buffer.from([0xc1])],
    ['a map of four thousand million entries', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
    ['text of four thousand million bytes', Buffer.from([0x81, 0xa2, 0x69, 0x64, 0xdb, 0xff, 0xff, 0xff, 0xff])],
    ['arrays within arrays', Buffer.alloc(60_000, 0x91)],
  ]) {
    test(`plain MessagePack: ${what} ends the connection`, async () => {
      const socket = await open(PLAIN, { protocol: 'rialto.v1.msgpack' });
      socket.send(frame);
      assert.ok([1002, 1003, 1008].includes(await closing(socket)));
    });
  }

  // Too much

  test('who goes on after being refused for haste is shown out, and the others are not', async (t) => {
    const server = await Server.during(t, { 'limits.commands_per_second': 5, 'limits.command_burst': 10 });
    for (const carrier of liveCarriers) {
      const ana = await arrive(server, carrier);
      const calm = await arrive(server, 'plain JSON');
      const broken = carrier.startsWith('plain') ? ana.end() : once(ana.socket, 'disconnect');
      for (let i = 0; i < 200; i += 1) ana.call('account.get').catch(() => {});
      const reason = await within(broken, 'the end');
      if (carrier.startsWith('plain')) assert.equal(reason.code, 1008);
      ana.leave();
      await calm.call('account.get');
      await calm.close();
    }
  });

  // HTTP and Engine.IO over HTTP

  /** Sends bytes as they are and tells the status of the answer. */
  function raw(bytes) {
    return within(
      new Promise((resolve) => {
        const socket = dial(port, '127.0.0.1', () => socket.write(bytes));
        let answer = '';
        socket.on('data', (data) => {
          answer += data;
          const status = /^HTTP\/1\.1 (\d{3})/.exec(answer);
          if (!status) return;
          resolve(Number(status[1]));
          socket.destroy();
        });
        socket.on('close', () => resolve(0));
        socket.on('error', () => resolve(0));
      }),
      'an answer',
    );
  }

  const get = (head, path = '/') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`;
  const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade';
  for (const [what, bytes, ...statuses] of [
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400, 0],
    ['a line break in a header', get('X: a\rb'), 400],
    ['a half WebSocket', get(upgrade, '/ws'), 400, 426],
    ['another version of WebSocket', get(`${upgrade}\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`, '/ws'), 426],
  ]) {
    test(`HTTP: ${what} is refused`, async () => {
      const status = await raw(bytes);
      assert.ok(statuses.includes(status), `${status}`);
    });
  }

  for (const [what, query, statuses, options] of [
    ['a foreign page', 'EIO=4&transport=polling', [403], { headers: { origin: 'https://evil.example' } }],
    ['a page of nowhere', 'EIO=4&transport=polling', [403], { headers: { origin: 'null' } }],
  ]) {
    test(`Engine.IO: ${what} is refused`, async () => {
      const { status } = await fetch(`${server.url}/socket.io/?${query}`, options);
      assert.ok(statuses.includes(status), `${status}`);
    });
  }

  test('a WebSocket from a foreign page is refused, on every endpoint', async () => {
    for (const path of [PLAIN, ENGINE]) {
      for (const origin of ['https://evil.example', 'null', `${server.url}.evil.example`]) {
        const socket = new WebSocket(wsUrl + path, { origin });
        const [error] = await within(once(socket, 'error'), 'the refusal');
        assert.match(error.message, /403/);
      }
    }
  });

  test('a subprotocol that is not spoken here is refused', async () => {
    const socket = new WebSocket(wsUrl + PLAIN, 'rialto.v2.json');
    const [error] = await within(once(socket, 'error'), 'the refusal');
    assert.match(error.message, /400/);
  });

  test('a token in an address is refused, and nothing is changed by GET', async () => {
    const { access_token } = await register(server);
    assert.equal((await fetch(`${server.url}/api/v1/account?access_token=${access_token}`)).status >= 400, true);
    for (const path of ['/api/v1/accounts', '/api/v1/sessions/refresh', '/api/v1/marks']) {
      const { status } = await fetch(server.url + path, { headers: { authorization: `Bearer ${access_token}` } });
      assert.equal(status, 405);
    }
    const form = await fetch(`${server.url}/api/v1/accounts`, { method: 'POST', body: new URLSearchParams({ display_name: 'x' }) });
    assert.equal(form.status, 415);
  });

  test('an address where nothing is, or nothing sensible, is no fault of the server', async () => {
    const agent = new http.Agent({ keepAlive: true });
    const paths = ['/', '/api/v1', '/api/v1/openapi.json', '/nothing', '/%00', '/..%2f..%2fetc/passwd', '/socket.io', '/api/v1/channels/x/messages'];
    for (const path of paths) {
      const status = await new Promise((resolve, reject) => {
        http.get(`${server.url}${path}`, { agent }, (answer) => answer.resume().once('end', () => resolve(answer.statusCode))).once('error', reject);
      });
      assert.ok(status < 500, `${path}: ${status}`);
    }
    agent.destroy();
  });
});
