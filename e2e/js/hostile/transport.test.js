// Bad bytes below Engine.IO: TCP, HTTP and WebSocket. docs/security.md lists the rows and what was shown.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';

import { liveCarriers } from '../support/carriers.js';
import { Follower } from '../support/follower.js';
import { eventually, pause, within } from '../support/patience.js';
import { arrive, connectAgain, group, register, say } from '../support/people.js';
import { Server } from '../support/server.js';
import { WATCHED, unharmed } from '../support/siege.js';
import { ENGINE, PLAIN, POLLING, Wire, exchange, frame, head, post, session, upgrade } from '../support/wire.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const JSON_BODY = 'Content-Type: application/json';

const shownOut = (offence) => ['rialto_connections_shown_out_total', { offence }];
const declined = (status) => ['rialto_connections_declined_total', { status }];
const answered = (status, route) => ['rialto_http_requests_total', { status, ...(route && { route }) }];
const ofOffence = (offence) => new RegExp(`shown out.* offence="${offence}"`);
const ofStatus = (status) => new RegExp(`declined.* status=${status}`);

describe('transport', () => {
  let server;
  before(async () => (server = await Server.start({ ...WATCHED, max_payload: 64 * KIB })));
  after(() => server.stop());

  /** The code with which the server closes after these bytes. */
  async function closing(bytes, path = PLAIN) {
    const wire = await Wire.websocket(server, path);
    wire.say(bytes);
    const code = await wire.closing();
    wire.leave();
    return code;
  }

  test('row 1 · a frame or a body above the limit closes 1009 or is answered 413, and nothing of it is delivered', async () => {
    const counts = [shownOut('too_big'), answered(413, '/socket.io/'), answered(413, '/sync')];
    await unharmed(server, { counts, logs: ofOffence('too_big') }, async (secret, hide) => {
      for (const carrier of liveCarriers) {
        const ana = await arrive(server, carrier);
        const channel = await group([ana]);
        say(ana, channel, secret + 'x'.repeat(ana.ready.limits.frame_bytes)).catch(() => {});
        const reason = await within(carrier.startsWith('plain') ? ana.end() : once(ana.socket, 'disconnect'), 'the end');
        if (carrier.startsWith('plain')) assert.equal(reason.code, 1009);
        ana.leave();
        const back = await connectAgain(ana, 'plain JSON');
        assert.deepEqual(await back.call('history', { channel }), { messages: [] });
        await back.close();
      }
      const limit = 64 * KIB;
      assert.equal(await closing(frame(' '.repeat(limit + 1))), 1009);
      assert.equal(await closing(frame('4'.padEnd(limit + 1, secret)), ENGINE), 1009);
      const { sid, path } = await session(server);
      hide(sid);
      assert.equal((await exchange(server, post(path, `4${secret}`.padEnd(limit + 1)))).status, 413);
      const { access_token } = await register(server);
      const sync = post('/api/v1/sync', '{'.padEnd(limit + 1), JSON_BODY, `Authorization: Bearer ${access_token}`);
      assert.equal((await exchange(server, sync)).status, 413);
    });
  });

  test('row 2 · a declared length of 2^62 without data closes at once and allocates nothing', async () => {
    const counts = [shownOut('too_big'), answered(413)];
    await unharmed(server, { counts, logs: ofOffence('too_big'), room: 8 * MIB }, async () => {
      for (const opcode of [1, 2]) {
        assert.equal(await closing(frame('', { opcode, length: 1n << 62n })), 1009);
        assert.equal(await closing(frame('', { opcode, length: 1n << 62n }), ENGINE), 1009);
      }
      assert.equal(await closing(frame('', { length: 1n << 63n })), 1002);
      const { path } = await session(server);
      for (const target of [path, '/api/v1/accounts']) {
        const answer = await exchange(server, head('POST', target, `Content-Length: ${1n << 62n}`, JSON_BODY));
        assert.equal(answer.status, 413);
      }
    });
  });

  test('row 3 · fragments without end close 1009 when their sum passes the limit, empty ones too', async () => {
    await unharmed(server, { counts: [shownOut('too_big')], logs: ofOffence('too_big'), room: 8 * MIB }, async (secret) => {
      for (const part of [secret.padEnd(16 * KIB), 'x', '']) {
        const wire = await Wire.websocket(server);
        const more = Buffer.concat(Array(part.length > 1 ? 1 : 1000).fill(frame(part, { opcode: 0, fin: false })));
        wire.say(frame(part, { fin: false }));
        const closed = wire.closing();
        while (!wire.isOver) {
          wire.say(more);
          await pause(1);
        }
        assert.equal(await closed, 1009);
        wire.leave();
      }
    });
  });

  test('row 4 · half a head or half a body is answered 408 within the stated time, and half a message closes 1008', async (t) => {
    const server = await Server.during(t, { ...WATCHED, 'edge.head_timeout_ms': 1000, max_payload: 16 * KIB, 'limits.body_bytes': KIB });
    const counts = [declined(408), answered(408, '/accounts'), answered(408, '/socket.io/'), shownOut('late')];
    await unharmed(server, { counts, logs: ofStatus(408) }, async (secret) => {
      const halfHead = `GET /${secret} HTTP/1.1\r\nHost: rialto.test\r\n`;
      const { path } = await session(server);
      const halfRequest = async (half) => {
        const wire = await Wire.to(server);
        wire.say(half);
        assert.match(`${await wire.rest()}`, /^HTTP\/1\.1 408 /);
        wire.leave();
      };
      const { access_token } = await register(server);
      const halfMessage = async (half) => {
        const wire = await Wire.websocket(server);
        wire.say(frame(JSON.stringify({ id: 1, cmd: 'hello', data: { token: access_token } })));
        await wire.text((text) => text.startsWith('{"re":1,"ok"'));
        wire.say(half);
        assert.equal(await wire.closing(), 1008);
        wire.leave();
      };
      await Promise.all([
        halfRequest('G'),
        halfRequest(halfHead),
        halfRequest(upgrade(PLAIN).slice(0, -2)),
        halfRequest(`${head('POST', '/api/v1/accounts', 'Content-Length: 12', JSON_BODY)}{`),
        halfRequest(`${head('POST', path, 'Content-Length: 12')}40`),
        halfMessage(frame(secret).subarray(0, 1)),
        halfMessage(frame(secret).subarray(0, 20)),
        // Pings amid a message do not prolong it.
        halfMessage(Buffer.concat([frame(secret, { fin: false }), frame('', { opcode: 9 })])),
      ]);
      // The second head of a connection has no more time than the first, and a head that drips none at all more.
      const wire = await Wire.to(server);
      wire.say(head('GET', '/'));
      assert.equal((await wire.answer()).status, 200);
      for (const letter of `${halfHead}X: ${'y'.repeat(10_000)}`) {
        if (wire.isOver) break;
        wire.say(letter);
        await pause(10);
      }
      assert.match(`${await wire.rest()}`, /HTTP\/1\.1 408 /);
      wire.leave();
    });
  });

  test('row 5 · who never reads has a bounded queue, is told to resync and then cut, and loses nothing for good', async (t) => {
    const settings = { max_payload: 256 * KIB, 'edge.outbox_bytes': 256 * KIB, 'limits.body_bytes': 200 * KIB, ping_interval_ms: 6000, ping_timeout_ms: 6000 };
    const server = await Server.during(t, { ...WATCHED, ...settings });
    const counts = [['rialto_resyncs_total', {}], shownOut('silent')];
    await unharmed(server, { counts, logs: ofOffence('silent'), room: 64 * MIB }, async (secret, hide) => {
      const ana = await arrive(server, 'plain JSON');
      const tokens = await register(server);
      hide(tokens.access_token);
      const channel = await group([ana, { user: tokens.user }]);
      const deaf = await Wire.websocket(server);
      deaf.say(frame(JSON.stringify({ id: 1, cmd: 'hello', data: { token: tokens.access_token } })));
      await deaf.text((text) => text.startsWith('{"re":1,"ok"'));
      deaf.socket.pause();
      // More than the kernels of both ends keep for a socket.
      const long = secret.padEnd(200_000, 'x');
      let count = 0;
      for (; (await server.metrics()).get('rialto_resyncs_total') === 0; count += 1) {
        assert.ok(count < 300, 'what waits for who never reads has no bound, or it was cut before the bound was reached');
        await say(ana, channel, long);
      }
      await eventually('the end of who never reads', async () => (await server.metrics()).get('rialto_connections_shown_out_total{offence="silent"}') > 0);
      deaf.leave();
      // Whoever comes back and reads catches up.
      const follower = new Follower();
      follower.begin(channel);
      const back = await connectAgain({ server, tokens, carrier: 'plain JSON' });
      await follower.sync(back);
      assert.equal(follower.entries(channel).filter(({ kind }) => kind === 'message').length, count);
      await back.close();
      await ana.close();
    });
  });

  test('row 6 · twenty thousand pings at once are a flood: closed 1008', async (t) => {
    const rates = { 'limits.commands_per_second': 50, 'limits.command_burst': 200 };
    const server = await Server.during(t, { ...WATCHED, ...rates });
    await unharmed(server, { counts: [shownOut('flood')], logs: ofOffence('flood'), room: 16 * MIB }, async (secret) => {
      for (const [path, ping] of [
        [PLAIN, frame(secret, { opcode: 9 })],
        [PLAIN, frame(secret, { opcode: 10 })],
        [ENGINE, frame('3')],
      ]) {
        const wire = await Wire.websocket(server, path);
        wire.say(Buffer.concat(Array(20_000).fill(ping)));
        assert.equal(await wire.closing(), 1008);
        wire.leave();
      }
      const { path } = await session(server);
      const statuses = [];
      while (!statuses.includes(400)) statuses.push((await exchange(server, post(path, Array(1000).fill('3').join('\x1e')))).status);
      assert.equal((await exchange(server, head('GET', path))).body, '1');
    });
  });

  test('row 7 · an unmasked frame, a reserved bit or opcode, a broken control frame or sequence closes 1002', async () => {
    await unharmed(server, { counts: [shownOut('frame')], logs: ofOffence('frame') }, async (secret) => {
      const badClose = (code) => frame(Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(secret)]), { opcode: 8 });
      const longForm = Buffer.concat([Buffer.of(0x81, 0xfe, 0, 2), Buffer.alloc(4), Buffer.from('hi')]);
      const wrong = {
        'no mask': frame(secret, { masked: false }),
        'reserved bit 1': frame(secret, { reserved: 0x40 }),
        'reserved bit 2': frame(secret, { reserved: 0x20 }),
        'reserved bit 3': frame(secret, { reserved: 0x10 }),
        ...Object.fromEntries([3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, frame(secret, { opcode })])),
        'a ping in parts': frame(secret, { opcode: 9, fin: false }),
        'a long ping': frame('x'.repeat(126), { opcode: 9 }),
        'a long close': frame('x'.repeat(126), { opcode: 8 }),
        'a close with half a code': frame('x', { opcode: 8 }),
        ...Object.fromEntries([0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map((code) => [`close code ${code}`, badClose(code)])),
        'a continuation of nothing': frame(secret, { opcode: 0 }),
        'a message within another': Buffer.concat([frame(secret, { fin: false }), frame(secret)]),
        'a length in a longer form': longForm,
      };
      for (const path of [PLAIN, ENGINE]) {
        for (const [what, bytes] of Object.entries(wrong)) assert.equal(await closing(bytes, path), 1002, what);
      }
    });
  });

  test('row 8 · text that is not UTF-8 closes 1007, however it is cut, and a polled body is answered 400', async () => {
    const counts = [shownOut('utf8'), answered(400, '/socket.io/')];
    await unharmed(server, { counts, logs: ofOffence('utf8') }, async (secret) => {
      const text = (bytes, options) => frame(Buffer.from(bytes), { opcode: 1, ...options });
      const bad = [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82]];
      for (const path of [PLAIN, ENGINE]) {
        for (const bytes of bad) {
          assert.equal(await closing(text([...Buffer.from(secret), ...bytes]), path), 1007, `${bytes}`);
          assert.equal(await closing(frame(Buffer.from([0x03, 0xe8, ...bytes]), { opcode: 8 }), path), 1007, `a reason of ${bytes}`);
        }
        const split = [text([0xe2, 0x82], { fin: false }), frame(Buffer.from([0x28]), { opcode: 0 })];
        assert.equal(await closing(Buffer.concat(split), path), 1007, 'a letter cut in two, and wrong');
        // The message has not ended, and it is plain already that it will not be text.
        assert.equal(await closing(text([0xff], { fin: false }), path), 1007, 'an unfinished message');
      }
      const { path } = await session(server);
      assert.equal((await exchange(server, post(path, Buffer.from([0x34, 0xff])))).status, 400);
    });
  });

  test('row 9 · compression is not agreed to, a compressed frame closes 1002, and a compressed body is never inflated', async () => {
    const counts = [shownOut('frame'), answered(415, '/accounts'), answered(415, '/socket.io/')];
    await unharmed(server, { counts, logs: ofOffence('frame'), room: 12 * MIB }, async () => {
      const bomb = deflateRawSync(Buffer.alloc(32 * MIB));
      assert.ok(bomb.length < 64 * KIB);
      for (const path of [PLAIN, ENGINE]) {
        for (const offer of ['permessage-deflate', 'permessage-deflate; client_max_window_bits, x-webkit-deflate-frame']) {
          const wire = await Wire.websocket(server, path, `Sec-WebSocket-Extensions: ${offer}`);
          assert.doesNotMatch(wire.agreement, /sec-websocket-extensions/i);
          wire.say(frame(bomb, { reserved: 0x40 }));
          assert.equal(await wire.closing(), 1002);
          wire.leave();
        }
      }
      const body = gzipSync(Buffer.alloc(32 * MIB, ' '));
      const answer = await exchange(server, post('/api/v1/accounts', body, JSON_BODY, 'Content-Encoding: gzip'));
      assert.equal(answer.status, 415);
      const polled = await session(server);
      assert.equal((await exchange(server, post(polled.path, body, 'Content-Encoding: gzip'))).status, 415);
    });
  });

  test('row 10 · a length told in two ways is answered 400, and the connection is closed before a second request', async () => {
    await unharmed(server, { counts: [declined(400)], logs: ofStatus(400) }, async (secret) => {
      const smuggled = head('GET', `/${secret}`);
      const request = (...lengths) => `${head('POST', '/api/v1/accounts', JSON_BODY, ...lengths)}0\r\n\r\n${smuggled}`;
      const two = ['Content-Length: 5', 'Transfer-Encoding: chunked'];
      for (const lengths of [two, [...two].reverse(), ['Content-Length: 5', 'Content-Length: 6'], ['Content-Length: 5, 5'], ['Content-Length: +5'], ['Content-Length: 5', 'transfer-encoding: Chunked']]) {
        for (const first of ['', head('GET', '/')]) {
          const wire = await Wire.to(server);
          if (first) {
            wire.say(first);
            assert.equal((await wire.answer()).status, 200);
          }
          wire.say(request(...lengths));
          const answers = `${await wire.rest()}`.match(/HTTP\/1\.1 \d+/g);
          assert.deepEqual(answers, ['HTTP/1.1 400'], `${lengths}`);
          wire.leave();
        }
      }
    });
  });

  test('row 11 · two thousand headers or a long head are answered 431, a sid of 8 KiB and repeated parameters 400', async () => {
    const counts = [declined(431), answered(400, '/socket.io/'), declined(400)];
    await unharmed(server, { counts, logs: ofStatus(431) }, async (secret, hide) => {
      const status = async (bytes) => (await exchange(server, bytes)).status;
      for (const path of ['/', PLAIN, POLLING]) {
        assert.equal(await status(head('GET', path, ...Array(2000).fill(`${secret}: b`))), 431);
        assert.equal(await status(head('GET', path, `X: ${secret.padEnd(100_000)}`)), 431);
      }
      const long = 'A'.repeat(8 * KIB);
      hide(long.slice(0, 100));
      for (const query of [`${POLLING}&sid=${long}`, `${POLLING}&EIO=4`, `${POLLING}&transport=polling`, `${POLLING}&sid=a&sid=b`, `${POLLING}&t=1&t=2`]) {
        assert.equal(await status(head('GET', query)), 400, query.slice(0, 60));
      }
      for (const query of [`${ENGINE}&sid=${long}`, `${ENGINE}&EIO=4`]) assert.equal(await status(upgrade(query)), 400, query.slice(0, 60));
    });
  });

  test('two hundred offences of a kind are two hundred in the metrics, and few lines of the log', async (t) => {
    const server = await Server.during(t, { metrics_listen: '127.0.0.1:0', 'edge.shards': 1 });
    for (let count = 0; count < 200; count += 1) {
      const wire = await Wire.websocket(server);
      wire.say(frame('', { opcode: 3 }));
      assert.equal(await wire.closing(), 1002);
      wire.leave();
    }
    assert.equal((await server.metrics()).get('rialto_connections_shown_out_total{offence="frame"}'), 200);
    const lines = server.log.split('\n').filter((line) => line.includes('shown out'));
    assert.ok(lines.length > 0 && lines.length < 10, `${lines.length} lines`);
  });
});
