// The official Socket.IO clients as they are: polling, upgrades, parsers, acknowledgements, binary data.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';

import { io } from 'socket.io-client';
import msgpackParser from 'socket.io-msgpack-parser';
import WebSocket from 'ws';

import { connect, liveCarriers } from './support/carriers.js';
import { Refusal } from './support/client.js';
import { eventually, pause, within } from './support/patience.js';
import { arrive, gather, group, register, say, text } from './support/people.js';
import { Server } from './support/server.js';

const socketioCarriers = liveCarriers.filter((carrier) => carrier.startsWith('Socket.IO'));

describe('transport', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  test('a client with default settings begins by polling and goes on over WebSocket', async () => {
    const ana = await arrive(server, 'Socket.IO');
    await eventually('the upgrade', () => ana.transport === 'websocket');
    await ana.call('account.get');
    await ana.close();
  });

  test('a client that polls stays with polling', async () => {
    const ana = await arrive(server, 'Socket.IO by polling');
    for (let i = 0; i < 5; i += 1) await ana.call('account.get');
    assert.equal(ana.transport, 'polling');
    await ana.close();
  });

  test('during the upgrade nothing is lost, doubled or overtaken, in either direction', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ana = await arrive(server, 'plain JSON');
      const tokens = await register(server);
      const channel = await group([ana, { user: tokens.user }]);
      const opening = connect('Socket.IO', server, { token: tokens.access_token });
      const bo = Object.assign(await opening, { user: tokens.user });
      const count = 40;
      const places = [];
      for (let i = 0; i < count; i += 1) {
        bo.socket.emit('message.send', { channel, client_id: randomUUID(), body: text(`${i}`) });
        places.push(await say(ana, channel, `${i}`));
      }
      await eventually('all messages', () => bo.all('entry', (entry) => entry.kind === 'message').length >= 2 * count);
      assert.equal(bo.transport, 'websocket');
      const messages = bo.all('entry', (entry) => entry.kind === 'message');
      assert.deepEqual(messages.map(({ seq }) => seq), Array.from({ length: 2 * count }, (_, i) => i + 3));
      for (const who of [ana, bo]) {
        const words = messages.filter(({ sender }) => sender === who.user).map(({ body }) => body.text);
        assert.deepEqual(words, places.map((_, i) => `${i}`));
      }
      await Promise.all([ana.close(), bo.close()]);
    }
  });

  for (const carrier of socketioCarriers) {
    test(`${carrier}: a command without an acknowledgement is carried out`, async () => {
      const ana = await arrive(server, carrier);
      const channel = await group([ana]);
      const client_id = randomUUID();
      ana.socket.emit('message.send', { channel, client_id, body: text('hello') });
      assert.equal((await ana.entry({ client_id })).body.text, 'hello');
      await ana.close();
    });

    test(`${carrier}: nothing, null and undefined are absent data`, async () => {
      const ana = await arrive(server, carrier);
      for (const data of [[], [null], [undefined], [{}], [{ later: undefined, unknown: null }]]) {
        const { ok } = await ana.socket.emitWithAck('account.get', ...data);
        assert.equal(ok.id, ana.user);
      }
      await ana.close();
    });

    test(`${carrier}: binary data where none belongs is refused, and the line stays`, async () => {
      const ana = await arrive(server, carrier);
      const channel = await group([ana]);
      const message = { channel, client_id: randomUUID(), body: { text: Buffer.from([0xff]) } };
      for (const data of [Buffer.from('x'), message, { channel: Buffer.alloc(16) }]) {
        const { err } = await ana.socket.emitWithAck('message.send', data);
        assert.equal(err.code, 'command.invalid');
      }
      await ana.call('account.get');
      await ana.close();
    });

    test(`${carrier}: a bad token is told in connect_error, and the same client comes in with a good one`, async () => {
      const tokens = await register(server);
      const options = carrier.includes('MessagePack') ? { parser: msgpackParser } : {};
      if (carrier.includes('polling')) options.transports = ['polling'];
      if (carrier.includes('WebSocket')) options.transports = ['websocket'];
      const socket = io(server.url, { forceNew: true, auth: { token: 'none' }, ...options });
      const [error] = await within(once(socket, 'connect_error'), 'the refusal');
      assert.deepEqual([error.data.code, error.message], ['auth.required', error.data.text]);
      socket.auth = { token: tokens.access_token };
      socket.connect();
      const [ready] = await within(once(socket, 'ready'), 'the welcome');
      assert.equal(ready.user.id, tokens.user);
      socket.disconnect();
    });

    test(`${carrier}: there is one namespace`, async () => {
      const options = carrier.includes('MessagePack') ? { parser: msgpackParser } : {};
      const socket = io(`${server.url}/admin`, { forceNew: true, ...options });
      const [error] = await within(once(socket, 'connect_error'), 'the refusal');
      assert.equal(error.message, 'Invalid namespace');
      socket.disconnect();
    });

    test(`${carrier}: large messages and many at once come whole and in order`, async () => {
      const [ana, bo] = await gather(server, carrier, 'ana', 'bo');
      const channel = await group([ana, bo]);
      const long = 'ß€😀'.repeat(1500);
      for (let i = 0; i < 40; i += 1) ana.socket.emit('message.send', { channel, client_id: randomUUID(), body: text(`${i} ${long}`) });
      for (let i = 0; i < 40; i += 1) assert.equal((await bo.entry({ channel, seq: i + 3 })).body.text, `${i} ${long}`);
      await Promise.all([ana.close(), bo.close()]);
    });
  }

  test('a page and its tabs share a connection as they like', async () => {
    // Without forceNew the official client shares its manager between sockets of one origin.
    const tokens = await register(server);
    const one = io(server.url, { auth: { token: tokens.access_token }, multiplex: true });
    await within(once(one, 'ready'), 'the welcome');
    one.disconnect();
    one.connect();
    await within(once(one, 'ready'), 'the second welcome');
    one.disconnect();
  });

  test('the first payload tells what was refused and what is allowed', async () => {
    const ana = await arrive(server, 'plain JSON');
    const { limits, server_time, epoch } = ana.ready;
    assert.ok(limits.frame_bytes >= limits.body_bytes && limits.page > 0 && server_time > 0 && epoch.length > 0);
    const frame = 'x'.repeat(limits.body_bytes + 1);
    await assert.rejects(say(ana, await group([ana]), frame), (error) => error instanceof Refusal && error.code === 'message.too_long');
    await ana.close();
  });
});

describe('heartbeats and deadlines', { concurrency: true }, () => {
  let server;
  before(async () => (server = await Server.start({ ping_interval_ms: 300, ping_timeout_ms: 300, connect_timeout_ms: 500 })));
  after(() => server.stop());

  for (const carrier of liveCarriers) {
    test(`${carrier}: who answers stays`, async () => {
      const ana = await arrive(server, carrier);
      await pause(2000);
      await ana.call('account.get');
      assert.equal(await Promise.race([ana.gone, Promise.resolve('here')]), 'here');
      await ana.close();
    });
  }

  test('Engine.IO: who does not answer the ping is let go', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await within(once(socket, 'open'), 'the connection');
    const { access_token } = await register(server);
    socket.send(`40${JSON.stringify({ token: access_token })}`);
    await within(once(socket, 'close'), 'the end');
  });

  test('plain WebSocket: who does not answer the ping is let go', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, { autoPong: false });
    await within(once(socket, 'open'), 'the connection');
    const { access_token } = await register(server);
    socket.send(JSON.stringify({ id: 1, cmd: 'hello', data: { token: access_token } }));
    await within(once(socket, 'close'), 'the end');
  });

  test('who does not say hello in time is let go', async () => {
    const plain = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    const [code] = await within(once(plain, 'close'), 'the end');
    assert.equal(code, 1008);
    const socketio = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await within(once(socketio, 'close'), 'the end');
  });
});

describe('the conformance profile', () => {
  let server;
  before(async () => (server = await Server.conformance()));
  after(() => server.stop());

  const clients = {
    'by default': {},
    'over WebSocket': { transports: ['websocket'] },
    'by polling': { transports: ['polling'] },
    'with MessagePack': { parser: msgpackParser },
    'with MessagePack over WebSocket': { parser: msgpackParser, transports: ['websocket'] },
  };
  const bytes = randomBytes(3000);
  const messages = [
    [],
    [1, '2', { 3: [null, true, 1.5] }],
    [bytes],
    ['text', bytes, { deep: [{ bytes }], none: null }, Buffer.alloc(0)],
    [{ _placeholder: 'no', num: 0 }, 'ünï©ødé 👩‍👩‍👧'],
  ];

  for (const namespace of ['/', '/custom']) {
    for (const [how, options] of Object.entries(clients)) {
      test(`${namespace} ${how} echoes and acknowledges, binary data included`, async () => {
        const socket = io(server.url + namespace, { forceNew: true, auth: { token: '123' }, ...options });
        const auth = within(once(socket, 'auth'), 'auth');
        await within(once(socket, 'connect'), 'the connection');
        assert.deepEqual(await auth, [{ token: '123' }]);
        for (const message of messages) {
          const back = once(socket, 'message-back');
          socket.emit('message', ...message);
          assert.deepEqual(await within(back, 'message-back'), message);
          const acknowledged = new Promise((resolve) => socket.emit('message-with-ack', ...message, (...args) => resolve(args)));
          assert.deepEqual(await within(acknowledged, 'the acknowledgement'), message);
        }
        socket.disconnect();
      });
    }
  }

  test('without auth the payload is empty, and an unknown namespace is refused', async () => {
    const socket = io(server.url, { forceNew: true });
    assert.deepEqual(await within(once(socket, 'auth'), 'auth'), [{}]);
    const other = socket.io.socket('/unknown');
    const [error] = await within(once(other, 'connect_error'), 'the refusal');
    assert.equal(error.message, 'Invalid namespace');
    socket.disconnect();
    other.disconnect();
  });

  test('/echo returns text and bytes, up to 16 MiB', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/echo`, { maxPayload: 32 * 1024 * 1024 });
    await within(once(socket, 'open'), 'the connection');
    for (const message of ['', 'ünï©ødé', randomBytes(70_000), Buffer.alloc(16 * 1024 * 1024, 7)]) {
      const back = once(socket, 'message');
      socket.send(message);
      const [echo, isBinary] = await within(back, 'the echo');
      assert.ok(Buffer.from(message).equals(echo) && isBinary === (typeof message !== 'string'));
    }
    socket.close();
  });

  test('there is no messenger', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await assert.rejects(within(once(socket, 'open'), 'the connection'), /404/);
    assert.equal((await fetch(`${server.url}/api/v1/accounts`, { method: 'POST' })).status, 404);
  });
});
