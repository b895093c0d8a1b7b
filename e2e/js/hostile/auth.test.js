// Accounts and tokens: forged, stolen, guessed, worn out.

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import WebSocket from 'ws';

import { row, sum } from '../support/siege.js';
import { connect, everyCarrier, liveCarriers } from '../support/carriers.js';
import { Refusal } from '../support/client.js';
import { contract } from '../support/contract.js';
import { within } from '../support/patience.js';
import { anotherDevice, arrive, connectAgain, register } from '../support/people.js';
import { post, request } from '../support/request.js';

const refusedWith = (code) => (error) => error instanceof Refusal && error.code === code;
const PASSWORD = 'correct horse';
const refused = (code) => new RegExp(`^rialto_commands_refused_total\\{code="${code.replace('.', '\\.')}"`);
const status = (number) => new RegExp(`^rialto_http_requests_total\\{.*status="${number}"`);

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));

/** A token made by hand: any header, any claims, any key. */
function forge(header, claims, key, hash = 'sha256') {
  const signed = `${encoded(header)}.${encoded(claims)}`;
  return `${signed}.${key ? createHmac(hash, key).update(signed).digest('base64url') : ''}`;
}

/** A token is refused wherever it can be shown. */
async function isRefusedEverywhere(server, token, what) {
  for (const carrier of everyCarrier) {
    await assert.rejects(connect(carrier, server, { token }), refusedWith('auth.required'), `${what}, over ${carrier}`);
  }
  const { status } = await request(server, '/api/v1/account', { token });
  assert.equal(status, 401, what);
}

/** What the server would sign, and the key that it signs with. */
async function genuine(server) {
  const { access_token, refresh_token } = await register(server);
  const key = await readFile(path.join(server.directory, 'token.key'));
  const [header, claims] = access_token.split('.').slice(0, 2).map(decoded);
  assert.equal((await request(server, '/api/v1/account', { token: forge(header, claims, key) })).status, 200, 'the forger forges badly');
  return { header, claims, key, access_token, refresh_token };
}

row('row 29 · a token of another algorithm, another key or another key id is no token', { counts: refused('auth.required') }, async ({ server }) => {
  const { header, claims, key, access_token } = await genuine(server);
  const [head, body, signature] = access_token.split('.');
  const forged = {
    'no algorithm': forge({ ...header, alg: 'none' }, claims),
    'no algorithm, and a signature': `${encoded({ ...header, alg: 'nOnE' })}.${body}.${signature}`,
    'signed with what everybody knows': forge(header, claims, '-----BEGIN PUBLIC KEY-----'),
    'an algorithm with two keys': forge({ ...header, alg: 'RS256' }, claims, key),
    'a stronger algorithm with the right key': forge({ ...header, alg: 'HS512' }, claims, key, 'sha512'),
    'a key id that nobody knows': forge({ ...header, kid: 'another' }, claims, key),
    'a key id that is a path': forge({ ...header, kid: '../../../../dev/null' }, claims, ''),
    'a key id that is an address': forge({ ...header, kid: `${server.url}/api`, jku: `${server.url}/api`, x5u: server.url }, claims, ''),
    'a key of its own': forge({ ...header, jwk: { kty: 'oct', k: encoded('secret') } }, claims, 'secret'),
    'other claims under the same signature': `${head}.${encoded({ ...claims, sub: randomUUID() })}.${signature}`,
    'nothing signed': `${head}.${body}.`,
    'no token at all': 'a.b.c',
  };
  for (const [what, token] of Object.entries(forged)) await isRefusedEverywhere(server, token, what);
});

row('row 30 · a token that is worn out, too early or for somebody else is no token', { counts: refused('auth.required') }, async ({ server }) => {
  const { header, claims, key, refresh_token } = await genuine(server);
  const now = Math.floor(Date.now() / 1000);
  const without = ({ ...rest }, name) => (delete rest[name], rest);
  const wrong = {
    'expired': { ...claims, exp: now - 1 },
    'expired since 1970': { ...claims, exp: 0 },
    'not valid yet': { ...claims, nbf: now + 120 },
    'for refreshing': { ...claims, aud: 'rialto:refresh' },
    'for another service': { ...claims, aud: 'another' },
    'of another issuer': { ...claims, iss: 'another' },
    'of a user who is none': { ...claims, sub: 'root' },
    ...Object.fromEntries(['exp', 'nbf', 'iss', 'aud', 'sub', 'sid'].map((name) => [`without ${name}`, without(claims, name)])),
  };
  for (const [what, claims] of Object.entries(wrong)) await isRefusedEverywhere(server, forge(header, claims, key), what);
  await isRefusedEverywhere(server, refresh_token, 'a refresh token');
  const early = forge(header, { ...claims, nbf: now + 30 }, key);
  assert.equal((await request(server, '/api/v1/account', { token: early })).status, 200, 'clocks may differ by a minute');
});

row('row 31 · after a log-out, a revocation or a new password the token is refused at once and its connections are closed', {}, async ({ server }) => {
  // Log-out.
  const ana = await arrive(server, 'REST');
  const tabs = await Promise.all(liveCarriers.map((carrier) => connectAgain(ana, carrier)));
  await ana.call('account.logout');
  await isRefusedEverywhere(server, ana.tokens.access_token, 'after the log-out');
  for (const tab of tabs) {
    const reason = await tab.end();
    if (tab.carrier.startsWith('plain')) assert.equal(reason.code, 1008);
    // The official client does not come back by itself after that.
    else assert.equal(reason, 'io server disconnect');
  }
  // A new password, and a log-in ended from another device.
  const bo = await arrive(server, 'Socket.IO');
  const username = `u${Date.now()}`;
  await bo.call('account.claim', { username, password: PASSWORD });
  const revoked = await anotherDevice(bo, 'plain JSON');
  await bo.call('sessions.revoke', { session: revoked.ready.session });
  await revoked.end();
  await isRefusedEverywhere(server, revoked.tokens.access_token, 'after the revocation');
  const others = await Promise.all(liveCarriers.map((carrier) => anotherDevice(bo, carrier)));
  await bo.call('account.password', { old: PASSWORD, new: 'battery staple' });
  await isRefusedEverywhere(server, others[0].tokens.access_token, 'after the new password');
  await Promise.all(others.map((device) => device.end()));
  await assert.rejects(bo.call('account.login', { username, password: PASSWORD }), refusedWith('auth.wrong_credentials'));
  await bo.call('account.get');
  await bo.close();
});

row('row 32 · a refresh token used twice ends the whole family', { counts: refused('auth.refresh_refused') }, async ({ server }) => {
  const ana = await arrive(server, 'Socket.IO');
  const nobody = await connect('plain JSON', server);
  const { refresh_token: stolen } = ana.tokens;
  const next = await nobody.call('account.refresh', { refresh_token: stolen });
  const last = await nobody.call('account.refresh', { refresh_token: next.refresh_token });
  await ana.call('account.get');
  // Whoever stole it, and whoever it was stolen from: one of the two is second.
  const again = await post(server, '/api/v1/sessions/refresh', { refresh_token: stolen });
  assert.deepEqual([again.status, again.json.code], [401, 'auth.refresh_refused']);
  await ana.end();
  for (const { access_token } of [ana.tokens, next, last]) await isRefusedEverywhere(server, access_token, 'of the family');
  await assert.rejects(nobody.call('account.refresh', { refresh_token: last.refresh_token }), refusedWith('auth.refresh_refused'));
  assert.ok(!server.log.includes(stolen), 'the log tells the token');
  await nobody.close();
});

row('row 32 · a refresh token whose answer was lost is good again, until the one that it gave was used', { counts: refused('auth.refresh_refused') }, async ({ server }) => {
  const ana = await arrive(server, 'Socket.IO');
  const refresh = async (refresh_token) => {
    const nobody = await connect('plain JSON', server);
    try {
      return await nobody.call('account.refresh', { refresh_token });
    } finally {
      await nobody.close();
    }
  };
  const { refresh_token: first } = ana.tokens;
  await refresh(first); // Nobody keeps what came.
  const both = await Promise.all([refresh(first), post(server, '/api/v1/sessions/refresh', { refresh_token: first })]);
  const [again, { json: elsewhere }] = both;
  for (const { access_token } of [again, elsewhere]) assert.equal((await request(server, '/api/v1/account', { token: access_token })).status, 200);
  await ana.call('account.get');
  await refresh(again.refresh_token);
  await assert.rejects(refresh(first), refusedWith('auth.refresh_refused'));
  await ana.end();
  await isRefusedEverywhere(server, again.access_token, 'of the family');
});

row('row 32 · without the grace a second use ends the family at once', { settings: { 'tokens.refresh_grace_s': 0 }, counts: status(401) }, async ({ server }) => {
  const { refresh_token } = await register(server);
  const refresh = () => post(server, '/api/v1/sessions/refresh', { refresh_token });
  const { json: next } = await refresh();
  assert.equal((await refresh()).status, 401);
  await isRefusedEverywhere(server, next.access_token, 'of the family');
});

const GUESSING = {
  'limits.log_ins_per_name_per_minute': 3,
  'limits.log_ins_per_address_per_minute': 6,
  'limits.log_ins_from_new_places_per_hour': 10,
};

row('row 33 · guessing passwords gets slower by name, by address and by account, and locks no owner out', { settings: GUESSING, counts: status(429) }, async ({ server }) => {
  const guess = (username, from, password = 'a guess of mine', more = {}) => post(server, '/api/v1/sessions', { username, password, ...more }, { from });
  const home = '127.1.0.1';
  const { json: ana } = await post(server, '/api/v1/accounts', { username: 'ana', password: PASSWORD }, { from: home });
  const until429 = async (tries, name) => {
    for (let count = 0; count < tries.length; count += 1) {
      const { status, json, headers } = await guess(name(count), tries[count]);
      if (status === 429) {
        assert.ok(json.code === 'limit.exceeded' && json.retry_after_ms > 0 && Number(headers['retry-after']) > 0);
        return count;
      }
      assert.deepEqual([status, json.code], [401, 'auth.wrong_credentials']);
    }
    throw new Error('nothing slowed the guesses');
  };
  assert.equal(await until429(Array(20).fill('127.2.0.1'), () => 'ana'), 3, 'one address, one name');
  assert.equal(await until429(Array(20).fill('127.3.0.1'), (n) => `user${n}`), 6, 'one address, many names');
  const many = Array.from({ length: 40 }, (_, n) => `127.4.0.${n + 1}`);
  // Those of the first address were counted, but for the one that was refused before.
  assert.equal(await until429(many, () => 'ana'), 7, 'many addresses, one name');
  assert.equal(await until429(many, () => 'nobody-at-all'), 10, 'the same for a name that nobody has');

  assert.equal((await guess('ana', '127.5.0.1', PASSWORD)).status, 429, 'the right password does not help a stranger');
  assert.equal((await guess('ana', home, PASSWORD)).status, 201, 'the owner comes from a known address');
  assert.equal((await guess('ana', '127.5.0.2', PASSWORD, { device: ana.device })).status, 201, 'and anywhere with a device that is logged in');
  assert.equal((await request(server, '/api/v1/account', { token: ana.access_token })).status, 200, 'and was never thrown out');
});

row('row 34 · who exists and who does not get the same answer after the same work', { counts: /^rialto_password_hashes_total/ }, async ({ server }) => {
  await register(server, { username: 'ana', password: PASSWORD });
  const hashes = async () => sum(await server.metrics(), /^rialto_password_hashes_total/);
  const shape = ({ status, text, headers }) => [status, text, Object.keys(headers).sort(), headers['content-length']];
  const observed = async (username, password) => {
    const before = await hashes();
    const answer = await post(server, '/api/v1/sessions', { username, password });
    return { answer: shape(answer), work: (await hashes()) - before };
  };
  const [known, unknown] = [await observed('ana', 'a guess of mine'), await observed('bob', 'a guess of mine')];
  assert.deepEqual(known, unknown);
  assert.deepEqual([known.answer[0], known.work], [401, 1]);
  // What cannot be a password is not worth the work, for whomever.
  assert.deepEqual(await observed('ana', 'short'), await observed('bob', 'short'));
  const refresh = async (refresh_token) => shape(await post(server, '/api/v1/sessions/refresh', { refresh_token }));
  const ended = await register(server);
  await request(server, '/api/v1/sessions/current', { method: 'DELETE', token: ended.access_token });
  assert.deepEqual(await refresh(ended.refresh_token), await refresh('no.such.token'));
  // A name that is taken must be told to be, and a profile is found by whoever knows the exact name: the same work, and few tries.
  const taken = async (username) => {
    const before = await hashes();
    const { status } = await post(server, '/api/v1/accounts', { username, password: PASSWORD });
    return [status, (await hashes()) - before];
  };
  assert.deepEqual([await taken('ana'), await taken('carl')], [[409, 1], [201, 1]]);
});

row('row 35 · a token in an address is refused, and told to nobody', { counts: status(400) }, async ({ server }) => {
  const { access_token } = await register(server);
  for (const place of ['/api/v1/account', '/socket.io/', '/', '/api']) {
    for (const name of ['token', 'access_token', 'Authorization', 'bearer', 'jwt', 'api_key']) {
      const { status, json, headers, text } = await request(server, `${place}?EIO=4&transport=polling&${name}=${access_token}`);
      assert.deepEqual([status, json.code], [400, 'http.token_in_query'], `${place}?${name}`);
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.ok(!text.includes(access_token));
    }
  }
  // A WebSocket whose address holds a token speaks for nobody.
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=${access_token}`);
  const isRefused = await within(once(socket, 'open').then(() => false, () => true), 'an answer');
  if (!isRefused) {
    const answer = once(socket, 'message');
    socket.send('{"id":1,"cmd":"account.get"}');
    assert.equal(JSON.parse((await within(answer, 'the answer'))[0]).err.code, 'auth.required');
    socket.terminate();
  }
  assert.ok(!server.log.includes(access_token), 'the log tells the token');
});

row('row 36 · passwords are limited before they are hashed, and normalised once', { counts: status(422) }, async ({ server }) => {
  const hashes = async () => sum(await server.metrics(), /^rialto_password_hashes_total/);
  const before = await hashes();
  const taken = await register(server, { username: 'ana', password: PASSWORD });
  assert.equal(await hashes(), before + 1);
  const bad = [['x'.repeat(1_000_000), [413, 422, 401]], ['x'.repeat(1025), [422, 401]], ['correct\0horse', [422, 401]], ['', [422, 401]], ['x\u0301'.repeat(600), [422, 401]]];
  for (const [password, statuses] of bad) {
    const answers = [
      await post(server, '/api/v1/accounts', { username: 'bob', password }),
      await post(server, '/api/v1/sessions', { username: 'ana', password }),
      await request(server, '/api/v1/account/password', { method: 'PUT', token: taken.access_token, json: { old: PASSWORD, new: password } }),
    ];
    for (const { status } of answers) assert.ok(statuses.includes(status), `${status} for ${password.length} characters`);
  }
  assert.equal(await hashes(), before + 1, 'what is refused is not hashed');
  const logIn = async (username, password) => (await post(server, '/api/v1/sessions', { username, password })).status;
  await register(server, { username: 'zoe', password: 'Zo\u00eb\u00a0\u212bngstr\u00f6m' });
  assert.equal(await logIn('zoe', 'Zoe\u0308 A\u030angstro\u0308m'), 201, 'composed or not, with whichever space');
  assert.equal(await logIn('zoe', 'Zoe \u00c5ngstrom'), 401, 'without its dots it is another');
  // Only the name is folded further: a password keeps what a keyboard can tell apart.
  assert.equal(await logIn('\uff5a\uff4f\uff45', 'Zo\u00eb \u00c5ngstr\u00f6m'), 201);
  assert.equal(await logIn('zoe', '\uff3ao\u00eb \u00c5ngstr\u00f6m'), 401);
});

row('row 37 · there are no one-time codes to be guessed', { counts: refused('command.unknown') }, async ({ server }) => {
  const ana = await arrive(server, 'plain JSON');
  for (const command of ['account.code', 'account.verify', 'account.reset', 'account.otp', 'account.recover']) {
    assert.ok(!(command in contract.commands));
    await assert.rejects(ana.call(command, { code: '123456' }), refusedWith('command.unknown'));
  }
  await ana.close();
});
