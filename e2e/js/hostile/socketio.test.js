// Bad packets of Socket.IO, and the same sins on the plain carrier. docs/security.md lists the rows and what was shown.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { encode } from '@msgpack/msgpack';

import { eventually, pause } from '../support/patience.js';
import { arrive, group, register } from '../support/people.js';
import { Server } from '../support/server.js';
import { WATCHED, unharmed } from '../support/siege.js';
import { ENGINE, PLAIN, Wire, exchange, frame, head, post, session } from '../support/wire.js';

const MIB = 1024 * 1024;
const MSGPACK = 'Sec-WebSocket-Protocol: rialto.v1.msgpack';

const shownOut = (offence) => ['rialto_connections_shown_out_total', { offence }];
const ofOffence = (offence) => new RegExp(`shown out.* offence="${offence}"`);
const BROKEN = { counts: [shownOut('packet')], logs: ofOffence('packet') };

/** A packet of the MessagePack parser, as a frame. */
const packed = (type, data, more) => frame(Buffer.from(encode({ type, nsp: '/', data, ...more })));

describe('Socket.IO', () => {
  let server;
  before(async () => (server = await Server.start(WATCHED)));
  after(() => server.stop());

  /** A Socket.IO connection over WebSocket that has said hello, in the format of the default parser or of MessagePack. */
  async function greeted(tokens, format = 'JSON', at = server) {
    const wire = await Wire.websocket(at, ENGINE);
    const hello = { token: tokens.access_token };
    wire.say(format === 'JSON' ? frame(`40${JSON.stringify(hello)}`) : packed(0, hello));
    for (let said = ''; !said.includes('ready'); ) said = (await wire.frame()).text;
    return wire;
  }

  /** The code with which the server closes a connection that has said hello, after these frames. */
  async function closing(frames, format) {
    const wire = await greeted(await register(server), format);
    wire.say(...frames);
    const code = await wire.closing();
    wire.leave();
    return code;
  }

  /** That a connection is still served. */
  async function served(wire) {
    wire.say(frame('4299["account.get"]'));
    await wire.text((text) => text.startsWith('4399'));
  }

  test('row 19 · whatever comes before CONNECT closes 1002', async () => {
    await unharmed(server, BROKEN, async (secret) => {
      for (const first of [
        `42["${secret}"]`,
        '421["account.get"]',
        '431[]',
        '41',
        '44{"message":"x"}',
        '451-["x",{"_placeholder":true,"num":0}]',
        '9',
        'x',
        '2',
        '2probe',
        '5',
        '0{}',
        '4',
        '',
      ]) {
        const wire = await Wire.websocket(server, ENGINE);
        wire.say(frame(first));
        // Nothing is carried out of what was announced, and not sent.
        if (first.startsWith('45')) wire.say(frame(Buffer.from(secret)));
        assert.equal(await wire.closing(), 1002, first);
        wire.leave();
      }
      for (const first of [packed(2, ['account.get'], { id: 1 }), packed(1), packed(9), frame(Buffer.from(secret)), frame(Buffer.of())]) {
        const wire = await Wire.websocket(server, ENGINE);
        wire.say(first);
        assert.equal(await wire.closing(), 1002);
        wire.leave();
      }
      assert.equal(await closing([frame('40')]), 1002, 'a second CONNECT');
      const polled = await session(server);
      assert.equal((await exchange(server, post(polled.path, '421["account.get"]'))).status, 200);
      assert.equal((await exchange(server, head('GET', polled.path))).body, '1');
    });
  });

  test('row 20 · a billion attachments close 1002 and allocate nothing; those that never come close 1008', async () => {
    const counts = [shownOut('packet'), shownOut('late')];
    await unharmed(server, { counts, logs: ofOffence('late'), room: 16 * MIB }, async () => {
      const places = (count) => Array.from({ length: count }, (_, num) => JSON.stringify({ _placeholder: true, num })).join(',');
      const announced = (count, placed = 1) => frame(`45${count}-["x",${places(placed)}]`);
      for (const count of ['1000000000', '11', '0', '-1', '1e3', '', '9'.repeat(400)]) assert.equal(await closing([announced(count)]), 1002, count);
      assert.equal(await closing([announced(10, 10), ...Array(10).fill(frame(Buffer.alloc(200_000)))]), 1002, 'more bytes in all than a frame may have');
      const tokens = await register(server);
      const waiting = await Promise.all(Array.from({ length: 20 }, () => greeted(tokens)));
      for (const [place, wire] of waiting.entries()) wire.say(announced(10, 10), ...Array(place % 10).fill(frame(Buffer.alloc(1000))));
      for (const wire of waiting) {
        assert.equal(await wire.closing(), 1008);
        wire.leave();
      }
    });
  });

  test('row 21 · placeholders that are out of range, text, negative, repeated or missing close 1002', async () => {
    await unharmed(server, BROKEN, async (secret) => {
      const place = (num) => `{"_placeholder":true,"num":${num}}`;
      for (const args of [
        place(1),
        place(7),
        place(-1),
        place('"0"'),
        place('0.0'),
        place('1e0'),
        place('9'.repeat(400)),
        place('null'),
        '{"_placeholder":true}',
        `${place(0)},${place(0)}`,
        `${place(0)},${place(1)}`,
        `{"deep":[${place(0)},${place(0)}]}`,
        `{"\\u005fplaceholder":true,"num":3}`,
        `"${secret}"`,
      ]) {
        assert.equal(await closing([frame(`451-["message.send",${args}]`), frame(Buffer.from(secret))]), 1002, args);
      }
      // Without attachments, what looks like a placeholder is data like any other.
      const wire = await greeted(await register(server));
      wire.say(frame(`421["message.send",${place(0)}]`));
      assert.match(await wire.text((text) => text.startsWith('431')), /command\.invalid/);
      wire.leave();
    });
  });

  test('row 22 · a binary message that was not announced, and text amid attachments, close 1002', async () => {
    await unharmed(server, BROKEN, async (secret) => {
      const bytes = frame(Buffer.from(secret));
      const announced = frame('451-["x",{"_placeholder":true,"num":0}]');
      assert.equal(await closing([bytes]), 1002, 'not announced');
      assert.equal(await closing([announced, bytes, bytes]), 1002, 'one more than announced');
      assert.equal(await closing([announced, frame('42["account.get"]')]), 1002, 'text amid attachments');
      assert.equal(await closing([announced, announced]), 1002, 'announced twice');
      assert.equal(await closing([frame('421["account.get"]')], 'MessagePack'), 1002, 'text in MessagePack');
      const polled = await session(server);
      await exchange(server, post(polled.path, `40\x1eb${Buffer.from(secret).toString('base64')}`));
      let heard = '';
      while (!heard.endsWith('1')) heard = (await exchange(server, head('GET', polled.path))).body;
      assert.match((await exchange(server, head('GET', polled.path))).body, /Session ID unknown/);
      // Pings amid attachments are no messages.
      const wire = await greeted(await register(server));
      wire.say(announced, frame('3'), bytes);
      await served(wire);
      wire.leave();
    });
  });

  test('row 23 · JSON and MessagePack 100,000 deep are refused at 32 levels, before they are parsed', async () => {
    const counts = [shownOut('packet'), shownOut('envelope'), ['rialto_http_requests_total', { status: 400 }]];
    await unharmed(server, { counts, logs: ofOffence('envelope'), room: 12 * MIB }, async () => {
      const tokens = await register(server);
      const nested = (levels) => '['.repeat(levels) + ']'.repeat(levels);
      const objects = (levels) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
      const plain = async (payload, ...headers) => {
        const wire = await Wire.websocket(server, PLAIN, ...headers);
        wire.say(frame(payload));
        const code = await wire.closing();
        wire.leave();
        return code;
      };
      for (const deep of [nested(100_000), objects(100_000), '['.repeat(100_000), nested(33)]) {
        assert.equal(await closing([frame(`421["account.get",${deep}]`)]), 1002);
        assert.equal(await closing([frame(`431[${deep}]`)]), 1002);
        assert.equal(await plain(`{"id":1,"cmd":"account.get","data":${deep}}`), 1008);
        const body = post('/api/v1/sync', `{"have":${deep}}`, 'Content-Type: application/json', `Authorization: Bearer ${tokens.access_token}`);
        assert.equal((await exchange(server, body)).status, 400);
        const { path } = await session(server);
        assert.equal((await exchange(server, post(path, `40{"token":${deep}}`))).status, 200);
        assert.equal((await exchange(server, head('GET', path))).body, '1');
      }
      const arrays = Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.of(0xc0)]);
      const maps = Buffer.concat([...Array(100_000).fill(Buffer.of(0x81, 0xa1, 0x61)), Buffer.of(0xc0)]);
      for (const deep of [arrays, maps]) {
        assert.equal(await closing([frame(deep)], 'MessagePack'), 1002);
        assert.equal(await plain(deep, MSGPACK), 1008);
      }
      // As deep as may be is an ordinary command: 32 levels, of which the packet's own array is one.
      const wire = await greeted(tokens);
      wire.say(frame(`421["account.get",{"a":${nested(30)}}]`));
      assert.match(await wire.text((text) => text.startsWith('431')), /"ok"/);
      wire.leave();
    });
  });

  test('row 24 · endless numbers, repeated keys and names of JavaScript are refused or kept as data', async () => {
    const counts = [['rialto_commands_refused_total', { code: 'command.invalid' }], shownOut('envelope')];
    await unharmed(server, { counts, logs: ofOffence('envelope') }, async (secret) => {
      const ana = await arrive(server, 'plain JSON');
      const channel = await group([ana]);
      const wire = await greeted(ana.tokens);
      const digits = '9'.repeat(400);
      const answer = async (command, data) => {
        wire.say(frame(`421["${command}",${data}]`));
        return wire.text((text) => text.startsWith('431'));
      };
      for (const number of ['1e400', '-1e400', digits, `-${digits}`, `0.${digits}`, '1e-400', '18446744073709551616', '-1', '1.5']) {
        assert.match(await answer('mark', `{"channel":"${channel}","read":${number}}`), /"err":\{"code":"command\.invalid"/, number);
        assert.match(await answer('account.get', `{"unknown":${number}}`), /"ok"/, number);
      }
      for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
        assert.match(await answer('account.get', `{"${name}":{"admin":true,"id":"${secret}"}}`), new RegExp(`"id":"${ana.user}"`), name);
        assert.match(await answer(name, '{}'), /command\.unknown/, name);
      }
      assert.match(await answer('mark', `{"channel":"${channel}","read":1,"read":2}`), /command\.invalid/, 'a repeated key');
      // What is text stays text, whatever it says.
      const words = `{"__proto__":{"a":${digits}}} ${secret}`;
      const client_id = '01890000-0000-7000-8000-000000000001';
      await answer('message.send', JSON.stringify({ channel, client_id, body: { text: words }, wait: true }));
      assert.equal((await ana.entry({ client_id })).body.text, words);
      wire.leave();
      for (const envelope of [`{"id":${digits},"cmd":"account.get"}`, '{"id":1e400,"cmd":"account.get"}', `{"id":"${secret}","cmd":"account.get"}`, '{"id":1,"id":2,"cmd":"account.get"}', '[]', '', secret]) {
        const plain = await Wire.websocket(server, PLAIN);
        plain.say(frame(envelope));
        assert.equal(await plain.closing(), 1008, envelope.slice(0, 60));
        plain.leave();
      }
      await ana.close();
    });
  });

  test('row 25 · reserved event names, an empty array and names that are no text close 1002', async () => {
    await unharmed(server, BROKEN, async (secret) => {
      for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']) {
        assert.equal(await closing([frame(`42["${name}","${secret}"]`)]), 1002, name);
        assert.equal(await closing([packed(2, [name])], 'MessagePack'), 1002, name);
      }
      assert.equal(await closing([frame('42["\\u0064isconnect"]')]), 1002, 'in another spelling');
      for (const data of ['[]', '[7]', '[null]', '[["account.get"]]', '[{"a":1}]', '{"a":1}', '"account.get"', '', 'null', '[', '["account.get"', '["account.get"]]', '["account.get",]']) {
        assert.equal(await closing([frame(`42${data}`)]), 1002, data);
      }
      for (const data of [[], [7], [null], [['account.get']], { a: 1 }, 'account.get', null]) {
        assert.equal(await closing([packed(2, data)], 'MessagePack'), 1002, JSON.stringify(data));
      }
    });
  });

  test('row 26 · an ack id of thirty digits closes 1002, and an ack for nothing is ignored', async () => {
    await unharmed(server, BROKEN, async () => {
      for (const id of ['9'.repeat(30), '9'.repeat(400), '18446744073709551616']) {
        assert.equal(await closing([frame(`42${id}["account.get"]`)]), 1002, id);
        assert.equal(await closing([frame(`43${id}[]`)]), 1002, id);
      }
      assert.equal(await closing([frame('43[]')]), 1002, 'an ack without an id');
      assert.equal(await closing([packed(2, ['account.get'], { id: 1e30 })], 'MessagePack'), 1002);
      assert.equal(await closing([packed(2, ['account.get'], { id: -1 })], 'MessagePack'), 1002);
      const wire = await greeted(await register(server));
      wire.say(frame('437[]'), frame('430["x"]'), frame('437[]'));
      await served(wire);
      wire.leave();
    });
  });

  test('row 27 · five thousand namespaces are refused until it is a flood, and a name of 100 kB closes 1002', async (t) => {
    const rates = { 'limits.commands_per_second': 50, 'limits.command_burst': 200 };
    const server = await Server.during(t, { ...WATCHED, ...rates });
    const counts = [shownOut('flood'), shownOut('packet')];
    await unharmed(server, { counts, logs: ofOffence('flood'), room: 16 * MIB }, async (secret, hide) => {
      const tokens = await register(server);
      hide(tokens.access_token);
      const wire = await greeted(tokens, 'JSON', server);
      wire.say(Buffer.concat(Array.from({ length: 5000 }, (_, number) => frame(`40/${secret}${number},`))));
      assert.match((await wire.frame()).text, /^44\/canary-[-\w]+0,\{"message":"Invalid namespace"\}$/);
      assert.equal(await wire.closing(), 1008);
      wire.leave();
      for (const name of ['n'.repeat(100_000), 'n'.repeat(128), `${secret}\0`.repeat(100)]) {
        const long = await greeted(tokens, 'JSON', server);
        long.say(frame(`40/${name},`));
        assert.equal(await long.closing(), 1002);
        long.leave();
      }
    });
  });

  test('row 28 · three hundred connections opened and reset leave no descriptor behind', async () => {
    const counts = [['rialto_connections_opened_total', { carrier: 'socketio_websocket' }], ['rialto_connections_opened_total', { carrier: 'plain_json' }]];
    await unharmed(server, { counts, room: 32 * MIB }, async () => {
      const tokens = await register(server);
      const stages = [
        () => Wire.to(server),
        async () => (await Wire.to(server)).say(`GET ${PLAIN} HTTP/1.1\r\nHost: x\r\nUpgr`),
        async () => (await Wire.to(server)).say(head('POST', '/api/v1/accounts', 'Content-Length: 9', 'Content-Type: application/json'), '{'),
        () => Wire.websocket(server, PLAIN),
        async () => (await Wire.websocket(server, PLAIN)).say(frame('half a message', { fin: false })),
        async () => (await Wire.websocket(server, PLAIN)).say(frame('x'.repeat(1000)).subarray(0, 500)),
        () => Wire.websocket(server, ENGINE),
        () => greeted(tokens),
        async () => (await greeted(tokens)).say(frame('451-["x",{"_placeholder":true,"num":0}]')),
        async () => {
          const { path } = await session(server);
          const wire = await Wire.to(server);
          wire.say(post(path, '1'));
          await wire.answer();
          return wire.say(head('GET', path));
        },
      ];
      // Once before counting: what is made for the first connection of a kind may stay.
      for (const open of stages) (await open()).reset();
      await pause(100);
      const settled = await eventually('descriptors that stay as many', async () => {
        const count = await server.descriptors();
        await pause(100);
        return (await server.descriptors()) === count && count;
      });
      for (let round = 0; round < 3; round += 1) {
        const wires = await Promise.all(Array.from({ length: 100 }, (_, place) => stages[place % stages.length]()));
        assert.ok((await server.descriptors()) > settled, 'nothing was opened');
        for (const wire of wires) wire.reset();
      }
      await eventually('the descriptors to be closed', async () => (await server.descriptors()) <= settled);
    });
  });
});

describe('the conformance profile’s echo', () => {
  let server;
  before(async () => (server = await Server.conformance(WATCHED)));
  after(() => server.stop());

  const nested = (levels) => '['.repeat(levels) + ']'.repeat(levels);
  const under = (namespace) => (namespace === '/' ? '' : `${namespace},`);
  const siege = { counts: [shownOut('packet')], logs: ofOffence('packet'), room: 32 * MIB, profile: 'conformance' };

  for (const namespace of ['/', '/custom']) {
    test(`${namespace}: JSON that nests 200,000 deep is refused on the way in, over WebSocket and by polling`, async () => {
      await unharmed(server, siege, async () => {
        const connect = async () => {
          const wire = await Wire.websocket(server, ENGINE);
          wire.say(frame(`40${under(namespace)}`));
          await wire.text((text) => text.includes('"auth"'));
          return wire;
        };
        for (const deep of [nested(200_000), nested(32), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`]) {
          for (const packet of [`42${under(namespace)}["message",${deep}]`, `42${under(namespace)}1["message-with-ack",${deep}]`, `40${under(namespace)}{"a":${deep}}`]) {
            const wire = await connect();
            wire.say(frame(packet));
            assert.equal(await wire.closing(), 1002);
            wire.leave();
            const { path } = await session(server);
            assert.equal((await exchange(server, post(path, `40${under(namespace)}\x1e${packet}`))).status, 200);
            let heard = '';
            while (!heard.endsWith('1') || heard.length > 1) heard = (await exchange(server, head('GET', path))).body;
          }
        }
        // One level less fits, and comes back.
        const wire = await connect();
        wire.say(frame(`42${under(namespace)}["message",${nested(31)}]`));
        assert.equal(await wire.text((text) => text.includes('message-back')), `42${under(namespace)}["message-back",${nested(31)}]`);
        wire.leave();
      });
    });

    test(`${namespace}: MessagePack that nests 200,000 deep is refused on the way in, over WebSocket and by polling`, async () => {
      await unharmed(server, siege, async () => {
        const part = (value) => Buffer.from(encode(value));
        const event = (levels, name, id) =>
          Buffer.concat([
            Buffer.of(id === undefined ? 0x83 : 0x84),
            ...[part('type'), part(2), part('nsp'), part(namespace)],
            ...(id === undefined ? [] : [part('id'), part(id)]),
            ...[part('data'), Buffer.of(0x92), part(name), Buffer.alloc(levels - 1, 0x91), Buffer.of(0x90)],
          ]);
        const hello = Buffer.from(encode({ type: 0, nsp: namespace }));
        const connect = async () => {
          const wire = await Wire.websocket(server, ENGINE);
          wire.say(frame(hello));
          for (let said = ''; !said.includes('auth'); ) said = (await wire.frame()).text;
          return wire;
        };
        // The packet and its data are two levels.
        for (const packet of [event(200_000, 'message'), event(200_000, 'message-with-ack', 1), event(31, 'message')]) {
          const wire = await connect();
          wire.say(frame(packet));
          assert.equal(await wire.closing(), 1002);
          wire.leave();
          const { path } = await session(server);
          const body = [hello, packet].map((bytes) => `b${bytes.toString('base64')}`).join('\x1e');
          assert.equal((await exchange(server, post(path, body))).status, 200);
          let heard = '';
          while (heard !== '1') heard = (await exchange(server, head('GET', path))).body;
        }
        const wire = await connect();
        wire.say(frame(event(30, 'message')));
        for (let said = ''; !said.includes('message-back'); ) said = (await wire.frame()).text;
        wire.leave();
      });
    });
  }

  test('what lies below Socket.IO echoes bytes and never looks how deep they nest', async () => {
    const counts = [['rialto_connections_opened_total', { carrier: 'echo' }]];
    await unharmed(server, { ...siege, counts, logs: undefined }, async () => {
      const deep = nested(200_000);
      const wire = await Wire.websocket(server, '/echo');
      wire.say(frame(deep));
      assert.equal((await wire.frame()).text, deep);
      wire.leave();
      const engine = await Wire.websocket(server, '/engine.io/?EIO=4&transport=websocket');
      engine.say(frame(`4${deep}`));
      assert.equal(await engine.text((text) => text.startsWith('4')), `4${deep}`);
      engine.leave();
    });
  });
});
