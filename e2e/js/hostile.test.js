// Bad input: too large, too deep, too much, too early, or no sense at all. It harms nobody but who sends it: there is no
// panic, no 5xx, and others do not notice.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { connect as dial } from 'node:net';
import { after, before, describe, test } from 'node:test';

import WebSocket from 'ws';

import { liveCarriers } from './support/carriers.js';
import { eventually, within } from './support/patience.js';
import { arrive, connectAgain, group, register, say } from './support/people.js';
import { Server } from './support/server.js';

const hasProc = existsSync('/proc/self/fd');

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

  // Too large, too deep

  for (const carrier of liveCarriers) {
    test(`${carrier}: a frame above the limit ends the connection, and nothing of it arrives`, async () => {
      const ana = await arrive(server, carrier);
      const channel = await group([ana]);
      say(ana, channel, 'x'.repeat(ana.ready.limits.frame_bytes + 1)).catch(() => {});
      const broken = carrier.startsWith('plain') ? ana.end() : once(ana.socket, 'disconnect');
      const reason = await within(broken, 'the end');
      if (carrier.startsWith('plain')) assert.equal(reason.code, 1009);
      ana.leave();
      const back = await connectAgain(ana, 'plain JSON');
      assert.deepEqual(await back.call('history', { channel }), { messages: [] });
      await back.close();
    });

    test(`${carrier}: a value that nests too deeply ends the connection`, async () => {
      const ana = await arrive(server, carrier);
      // Deep enough to be refused, and not so deep that the client's own library will not write it.
      let deep = 1;
      for (let i = 0; i < 80; i += 1) deep = [deep];
      const broken = carrier.startsWith('plain') ? ana.end() : once(ana.socket, 'disconnect');
      ana.call('account.get', { deep }).catch(() => {});
      await within(broken, 'the end');
      ana.leave();
    });
  }

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

  test('polling: a body above the limit is refused, and the session is gone', async () => {
    const opened = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1));
    const session = `${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const { status } = await fetch(session, { method: 'POST', body: `4${'x'.repeat(70_000)}` });
    assert.equal(status, 413);
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

  for (const [what, frames] of [
    ['an event before CONNECT', ['42["account.get"]']],
    ['an unknown packet type', ['9']],
    ['an unknown Engine.IO type', ['x']],
    ['a ping', ['2']],
    ['a second CONNECT', ['40', '40']],
    ['no event name', ['40', '42[]']],
    ['an event name that is a number', ['40', '42[7]']],
    ['an event that is an object', ['40', '42{"a":1}']],
    ['an ack id of thirty digits', ['40', `42${'9'.repeat(30)}["account.get"]`]],
    ['a thousand million attachments', ['40', '451000000000-["x",{"_placeholder":true,"num":0}]']],
    ['a placeholder beyond the attachments', ['40', '451-["x",{"_placeholder":true,"num":7}]', Buffer.from('x')]],
    ['a placeholder that is text', ['40', '451-["x",{"_placeholder":true,"num":"0"}]', Buffer.from('x')]],
    ['text amid attachments', ['40', '451-["x",{"_placeholder":true,"num":0}]', '42["account.get"]']],
    ['an attachment that nobody announced', ['40', Buffer.from('x')]],
    ['a namespace of sixty kilobytes', [`40/${'n'.repeat(60_000)},`]],
    ['brackets alone', ['40', `42["x",${deepText}`]],
    ['a reserved event name', ['40', '42["disconnect"]']],
  ]) {
    test(`Socket.IO: ${what} is refused or ignored`, async () => {
      const socket = await open(ENGINE);
      const closed = closing(socket).then((code) => `closed with ${code}`);
      for (const frame of frames) socket.send(frame);
      // Whoever is still there must still be served.
      socket.send('421["nonsense"]');
      const answered = new Promise((resolve) => socket.on('message', (data) => `${data}`.startsWith('431') && resolve('answered')));
      const outcome = await within(Promise.race([closed, answered]), 'an end or an answer');
      assert.match(outcome, /answered|closed with (1002|1003|1007|1008|1009)/);
      socket.terminate();
    });
  }

  test('names that mean something to a programming language mean nothing here', async () => {
    const { access_token, user } = await register(server);
    const socket = await open(PLAIN);
    for (const frame of [
      JSON.stringify({ id: 1, cmd: 'hello', data: { token: access_token } }),
      '{"id":2,"cmd":"account.get","data":{"__proto__":{"admin":true}},"__proto__":{"cmd":"x"}}',
      '{"id":3,"cmd":"account.get","data":{"constructor":{"prototype":{}},"toString":1}}',
    ]) {
      const answer = once(socket, 'message');
      socket.send(frame);
      const { ok } = JSON.parse((await within(answer, 'the answer'))[0]);
      assert.equal(ok.id ?? ok.user.id, user);
    }
    socket.close();
  });

  // Too much

  test('three hundred connections that come and go leave no descriptor behind', { skip: !hasProc && 'there is no /proc' }, async (t) => {
    const server = await Server.during(t);
    const { port } = new URL(server.url);
    const settled = await server.descriptors();
    for (let round = 0; round < 3; round += 1) {
      const sockets = Array.from({ length: 100 }, () => dial(port, '127.0.0.1'));
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      for (const [place, socket] of sockets.entries()) {
        if (place % 2) socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgr');
        socket.resetAndDestroy();
      }
    }
    await eventually('the descriptors to be closed', async () => (await server.descriptors()) <= settled);
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

  const post = (head) => `POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n{}`;
  const get = (head, path = '/') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`;
  const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade';
  for (const [what, bytes, ...statuses] of [
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400, 0],
    ['a length told twice in two ways', post('Content-Length: 2\r\nTransfer-Encoding: chunked'), 400],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 3'), 400],
    ['a head of a hundred kilobytes', get(`X: ${'y'.repeat(100_000)}`), 431],
    ['two thousand headers', get(Array(2000).fill('a: b').join('\r\n')), 431],
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
    ['another version', 'EIO=3&transport=polling', [400]],
    ['no version', 'transport=polling', [400]],
    ['no transport', 'EIO=4', [400]],
    ['an unknown transport', 'EIO=4&transport=carrier-pigeon', [400]],
    ['an unknown session', 'EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAAAA', [400]],
    ['a session name of eight kilobytes', `EIO=4&transport=polling&sid=${'A'.repeat(8192)}`, [400, 414, 431]],
    ['a repeated parameter', 'EIO=4&EIO=4&transport=polling', [400]],
    ['JSONP', 'EIO=4&transport=polling&j=0', [400]],
    ['PUT', 'EIO=4&transport=polling', [400, 405], { method: 'PUT' }],
    ['DELETE', 'EIO=4&transport=polling', [400, 405], { method: 'DELETE' }],
  ]) {
    test(`Engine.IO: ${what} is refused`, async () => {
      const { status } = await fetch(`${server.url}/socket.io/?${query}`, options);
      assert.ok(statuses.includes(status), `${status}`);
    });
  }

  test('Engine.IO: two polls at once end the session', async () => {
    const opened = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1));
    const session = `${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const statuses = await Promise.all([fetch(session), fetch(session)].map((answer) => answer.then(({ status }) => status)));
    assert.ok(statuses.includes(400));
    assert.equal((await fetch(session)).status, 400);
  });

  test('a subprotocol that is not spoken here is refused', async () => {
    const socket = new WebSocket(wsUrl + PLAIN, 'rialto.v2.json');
    const [error] = await within(once(socket, 'error'), 'the refusal');
    assert.match(error.message, /400/);
  });

  test('another user’s session is as good as none', async () => {
    const [ana, eve] = await Promise.all([register(server), register(server)]);
    const opened = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1));
    const session = `${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    await fetch(session, { method: 'POST', body: `40${JSON.stringify({ token: ana.access_token })}` });
    let heard = '';
    while (!heard.includes('ready')) heard += await (await fetch(session)).text();
    const stolen = await fetch(session, { method: 'POST', body: '42["account.logout"]', headers: { authorization: `Bearer ${eve.access_token}` } });
    assert.equal(stolen.status, 400);
    const own = await fetch(session, { method: 'POST', body: '41', headers: { authorization: `Bearer ${ana.access_token}` } });
    assert.equal(own.status, 200);
  });

  test('a head that does not come to its end is given up', async (t) => {
    const server = await Server.during(t, { 'edge.head_timeout_ms': 300 });
    const socket = dial(Number(new URL(server.url).port), '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n'));
    await within(once(socket.resume(), 'close'), 'the end');
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
