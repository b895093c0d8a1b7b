// Bad sessions and payloads of Engine.IO. docs/security.md lists the rows and what was shown.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { register } from '../support/people.js';
import { Server } from '../support/server.js';
import { WATCHED, unharmed } from '../support/siege.js';
import { ENGINE, POLLING, Wire, exchange, frame, head, post, session, upgrade } from '../support/wire.js';

const MIB = 1024 * 1024;

const answered = (status) => ['rialto_http_requests_total', { status, route: '/socket.io/' }];
const declined = (status) => ['rialto_connections_declined_total', { status }];
const shownOut = (offence) => ['rialto_connections_shown_out_total', { offence }];
const refusedPoll = /answered.* route="\/socket\.io\/" status=400/;

const UNKNOWN_SID = '{"code":1,"message":"Session ID unknown"}';
const BAD_REQUEST = '{"code":3,"message":"Bad request"}';

describe('Engine.IO', () => {
  let server;
  before(async () => (server = await Server.start(WATCHED)));
  after(() => server.stop());

  const get = (path, ...headers) => exchange(server, head('GET', path, ...headers));
  const bearer = ({ access_token }) => `Authorization: Bearer ${access_token}`;

  /** A polling session in which somebody has said hello. */
  async function greeted(tokens) {
    const polled = await session(server);
    await exchange(server, post(polled.path, `40${JSON.stringify({ token: tokens.access_token })}`));
    await hear(polled, '42["ready"');
    return polled;
  }

  /** Polls until something is said. */
  async function hear({ path }, words) {
    for (;;) {
      const { status, body } = await get(path);
      assert.equal(status, 200);
      if (body.includes(words)) return body;
    }
  }

  test('row 12 · an unknown, foreign or closed sid is answered 400, and no sid is ever logged', async () => {
    const counts = [answered(400), declined(400)];
    await unharmed(server, { counts, logs: refusedPoll }, async (secret, hide) => {
      const other = await Server.start();
      const foreign = (await session(other)).sid;
      await other.stop();
      const closed = await session(server);
      assert.equal((await exchange(server, post(closed.path, '1'))).status, 200);
      const sids = { unknown: 'A'.repeat(24), foreign, closed: closed.sid, short: 'AAAA', long: foreign + foreign, 'no base64': secret, 'beyond the shards': `_${foreign.slice(1)}` };
      for (const [what, sid] of Object.entries(sids)) {
        hide(sid);
        for (const request of [head('GET', `${POLLING}&sid=${sid}`), post(`${POLLING}&sid=${sid}`, '2'), upgrade(`${ENGINE}&sid=${sid}`)]) {
          const { status, body } = await exchange(server, request);
          assert.deepEqual([status, body], [400, UNKNOWN_SID], what);
        }
      }
    });
  });

  test('row 13 · a sid has 138 random bits, and knowing a thousand helps to guess none', async () => {
    const counts = [['rialto_connections_opened_total', { carrier: 'socketio_polling' }]];
    await unharmed(server, { counts }, async (_, hide) => {
      const sids = [];
      const wire = await Wire.to(server);
      for (let i = 0; i < 1000; i += 1) {
        wire.say(head('GET', POLLING));
        sids.push(JSON.parse((await wire.answer()).body.slice(1)).sid);
      }
      for (const sid of sids) {
        hide(sid);
        assert.match(sid, /^[\w-]{24}$/);
        await exchange(server, post(`${POLLING}&sid=${sid}`, '1'));
      }
      wire.leave();
      // The first six bits tell the shard; all that follow the parts of a common name are as random as coins: each of
      // them is set in half of the names, within six standard deviations.
      const bytes = sids.map((sid) => Buffer.from(sid, 'base64url'));
      for (let bit = 6; bit < 144; bit += 1) {
        const set = bytes.filter((name) => (name[bit >> 3] >> (7 - (bit & 7))) & 1).length;
        assert.ok(Math.abs(set - 500) < 95, `bit ${bit} is set in ${set} of 1000 names`);
      }
      assert.equal(new Set(sids.map((sid) => sid.slice(1, 9))).size, 1000, 'names resemble each other');
    });
  });

  test('row 14 · another user’s sid with a token of one’s own is refused 400, and the owner goes on', async () => {
    await unharmed(server, { counts: [answered(400)], logs: refusedPoll }, async (_, hide) => {
      const [ana, eve] = await Promise.all([register(server), register(server)]);
      const polled = await greeted(ana);
      for (const word of [polled.sid, ana.access_token, eve.access_token]) hide(word);
      for (const request of [
        head('GET', polled.path, bearer(eve)),
        post(polled.path, '42["account.logout"]', bearer(eve)),
        upgrade(`${ENGINE}&sid=${polled.sid}`, bearer(eve)),
      ]) {
        const { status, body } = await exchange(server, request);
        assert.deepEqual([status, body], [400, UNKNOWN_SID]);
      }
      assert.equal((await get(polled.path, 'Authorization: Bearer none')).status, 401);
      assert.equal((await exchange(server, upgrade(`${ENGINE}&sid=${polled.sid}`, 'Authorization: Bearer none'))).status, 401);
      // The owner's own token opens the same doors.
      const own = await Wire.websocket(server, `${ENGINE}&sid=${polled.sid}`, bearer(ana));
      own.say(frame('2probe'));
      assert.equal(await own.text(() => true), '3probe');
      own.say(frame('5'), frame('421["account.get"]'));
      assert.ok((await own.text((text) => text.startsWith('431'))).includes(ana.user));
      own.leave();
    });
  });

  test('row 15 · two polls at once close the session: the second is answered 400, the first hears the close', async () => {
    await unharmed(server, { counts: [shownOut('two_polls'), answered(400)], logs: /shown out.* offence="two_polls"/ }, async (_, hide) => {
      const tokens = await register(server);
      const polled = await greeted(tokens);
      hide(polled.sid);
      const first = await Wire.to(server);
      first.say(head('GET', polled.path));
      // Whichever of the two comes first is the one that waits.
      const second = await get(polled.path);
      const answers = [second, await first.answer()].map(({ status, body }) => `${status} ${body}`);
      assert.deepEqual(answers.sort(), ['200 1', `400 ${BAD_REQUEST}`]);
      first.leave();
      assert.equal((await get(polled.path)).body, UNKNOWN_SID);
    });
  });

  test('row 16 · a second socket for one sid is refused 400, and the first upgrades as if nothing were', async () => {
    await unharmed(server, { counts: [declined(400)], logs: /declined.* status=400/ }, async (_, hide) => {
      const tokens = await register(server);
      const polled = await greeted(tokens);
      hide(polled.sid);
      const path = `${ENGINE}&sid=${polled.sid}`;
      const refused = async () => {
        const { status, body } = await exchange(server, upgrade(path));
        assert.equal(status, 400);
        return body;
      };
      const first = await Wire.websocket(server, path);
      assert.equal(await refused(), BAD_REQUEST);
      first.say(frame('2probe'));
      assert.equal(await first.text(() => true), '3probe');
      assert.equal(await refused(), BAD_REQUEST);
      first.say(frame('5'), frame('421["account.get"]'));
      assert.ok((await first.text((text) => text.startsWith('431'))).includes(tokens.user));
      assert.equal(await refused(), UNKNOWN_SID, 'the session has moved');
      first.say(frame('422["account.get"]'));
      await first.text((text) => text.startsWith('432'));
      first.leave();
    });
  });

  test('row 17 · a payload of 100,000 packets, or of separators alone, is answered 400 and closes the session', async () => {
    const counts = [shownOut('packet'), answered(400)];
    await unharmed(server, { counts, logs: /shown out.* offence="packet"/, room: 16 * MIB }, async (secret) => {
      const bodies = {
        'a hundred thousand packets': Array(100_000).fill('3').join('\x1e'),
        'one packet above the limit': Array(1025).fill('3').join('\x1e'),
        'separators': '\x1e'.repeat(100_000),
        'one separator': '\x1e',
        'nothing': '',
        'a separator behind': `4${secret}\x1e`,
        'no packet': `x${secret}`,
        'no base64': `b${secret}!`,
      };
      for (const [what, body] of Object.entries(bodies)) {
        const { path } = await session(server);
        const { status, body: answer } = await exchange(server, post(path, body));
        assert.deepEqual([status, answer], [400, BAD_REQUEST], what);
        assert.equal((await get(path)).body, '1', what);
        assert.equal((await get(path)).body, UNKNOWN_SID, what);
      }
      const { path } = await session(server);
      assert.equal((await exchange(server, post(path, Array(1024).fill('3').join('\x1e')))).status, 200, 'the limit itself');
    });
  });

  test('row 18 · another version, a missing or unknown transport and other methods are answered 400', async () => {
    const counts = [answered(400), declined(400)];
    await unharmed(server, { counts, logs: refusedPoll }, async (secret) => {
      const { sid } = await session(server);
      for (const [method, query, code] of [
        ['GET', 'EIO=3&transport=polling', 5],
        ['GET', 'transport=polling', 5],
        ['GET', `EIO=${secret}&transport=polling`, 5],
        ['GET', 'EIO=4', 0],
        ['GET', `EIO=4&transport=${secret}`, 0],
        ['GET', '', 0],
        ['GET', 'EIO=4&transport=websocket', 3],
        ['GET', 'EIO=4&transport=polling&j=0', 3],
        ...['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'BREW'].map((method) => [method, 'EIO=4&transport=polling', 2]),
        ...['PUT', 'DELETE', 'PATCH', 'BREW'].map((method) => [method, `EIO=4&transport=polling&sid=${sid}`, 3]),
      ]) {
        const wire = await Wire.to(server);
        wire.say(head(method, `/socket.io/?${query}`, 'Connection: close'));
        const answer = `${await wire.rest()}`;
        wire.leave();
        assert.match(answer, /^HTTP\/1\.1 400 /, `${method} ${query}`);
        // An answer to HEAD has no body.
        if (method !== 'HEAD') assert.equal(JSON.parse(answer.split('\r\n\r\n')[1]).code, code, `${method} ${query}`);
      }
      for (const query of ['EIO=3&transport=websocket', 'EIO=4&transport=polling', 'EIO=4', 'transport=websocket']) {
        assert.equal((await exchange(server, upgrade(`/socket.io/?${query}`))).status, 400, query);
      }
    });
  });
});
