// What operators leave open, what a server says about people, and what it keeps.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import WebSocket from 'ws';

import { row } from '../support/siege.js';
import { connect, everyCarrier } from '../support/carriers.js';
import { within } from '../support/patience.js';
import { arrive, group, register, say } from '../support/people.js';
import { post, request } from '../support/request.js';
import { PROGRAM, Server } from '../support/server.js';

const status = (number) => new RegExp(`^rialto_http_requests_total\\{.*status="${number}"`);

/** Runs the program to its end: what it said, and how it ended. */
async function run(args, environment = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RIALTO_') && name !== 'RUST_LOG'));
  return promisify(execFile)(PROGRAM, args, { env: { ...clean, ...environment }, timeout: 20_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, said: stdout + stderr }),
  );
}

row('row 67 · metrics and the like are not where clients are, and there is no account that nobody made', { counts: status(404) }, async ({ server }) => {
  const { access_token: token } = await register(server);
  const hidden = [
    ...['/metrics', '/healthz', '/readyz', '/debug', '/debug/pprof', '/admin', '/api/v1/admin', '/api/v1/metrics', '/actuator', '/server-status'],
    ...['//metrics', '/./metrics', '/api/../metrics', '/%6detrics', '/metrics/', '/METRICS', '/.env', '/.git/config', '/token.key', '/store.db'],
  ];
  for (const path of hidden) {
    for (const headers of [{}, { 'x-forwarded-for': '127.0.0.1' }, { host: '127.0.0.1:7879' }, { 'x-original-url': '/metrics', 'x-rewrite-url': '/metrics' }]) {
      const { status, text } = await request(server, path, { token, headers });
      assert.equal(status, 404, path);
      assert.ok(!/rialto_|SQLite/.test(text), path);
    }
  }
  // The operators' listener serves those paths and nothing of clients.
  const operators = { url: /metrics are at (http:\/\/[\d.:]+)/.exec(server.log)[1] };
  assert.equal(new URL(operators.url).hostname, '127.0.0.1');
  for (const path of ['/', '/api/v1/account', '/api', '/ws', '/socket.io/?EIO=4&transport=polling']) assert.equal((await request(operators, path, { token })).status, 404, path);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) assert.equal((await request(operators, '/metrics', { method })).status, 405);
  for (const [username, password] of [['admin', 'admin'], ['root', 'password'], ['rialto', 'rialtorialto'], ['administrator', 'changeme']]) {
    assert.equal((await post(server, '/api/v1/sessions', { username, password })).status, 401, username);
  }
  // A secret of its own for every server.
  const keys = [await readFile(path.join(server.directory, 'token.key'))];
  const second = await Server.start();
  keys.push(await readFile(path.join(second.directory, 'token.key')));
  await second.stop();
  assert.ok(!keys[0].equals(keys[1]) && keys.every((key) => key.length === 32 && new Set(key).size > 8));
});

const TALKATIVE = { 'log.level': 'trace', max_payload: 32 * 1024, 'limits.body_bytes': 4096 };

row('row 68 · secrets are in no line that the server writes, whatever happens to it', { settings: TALKATIVE }, async ({ server, test }) => {
  const canaries = new Map();
  const seed = (what, secret) => canaries.set(secret, what) && secret;
  const written = [];

  const password = seed('password', `canary-password-${randomUUID()}`);
  const words = seed('words', `canary-words-${randomUUID()}`);
  const grant = (tokens) => {
    for (const kind of ['access_token', 'refresh_token', 'recovery_key']) if (tokens[kind]) seed(kind, tokens[kind]);
    return tokens;
  };
  const tokens = grant(await register(server, { username: 'canary', password }));
  const guest = grant(await register(server));

  // Every surface, also where it fails.
  for (const carrier of everyCarrier) {
    const ana = await connect(carrier, server, { token: tokens.access_token });
    const channel = await group([Object.assign(ana, { user: tokens.user })]);
    const seq = await say(ana, channel, words);
    const { invite } = await ana.call('channel.invite', { channel, link: {} });
    seed('invite', invite);
    const wrong = seed('wrong password', `canary-wrong-${randomUUID()}`);
    await assert.rejects(ana.call('account.login', { username: 'canary', password: wrong }));
    await assert.rejects(ana.call('account.password', { old: wrong, new: seed('new password', `canary-new-${randomUUID()}`) }));
    grant(await ana.call('account.login', { username: 'canary', password }));
    grant(await ana.call('account.login', { recovery_key: guest.recovery_key }));
    await assert.rejects(ana.call('channel.join', { invite: seed('no invite', `canary-invite-${randomUUID()}`) }));
    await assert.rejects(ana.call('account.refresh', { refresh_token: seed('no token', `canary.refresh.${randomUUID()}`) }));
    await assert.rejects(ana.call('message.edit', { channel, target: seq + 50, body: { text: words } }));
    await assert.rejects(ana.call('message.send', { channel, client_id: randomUUID(), body: { text: words.repeat(100) } }));
    await ana.call('message.edit', { channel, target: seq, body: { text: seed('edit', `canary-edit-${randomUUID()}`) } });
    await ana.call('message.delete', { channel, target: seq });
    await ana.close();
  }
  // Refused requests and broken frames that hold secrets, in every part of them.
  const poll = await request(server, '/socket.io/?EIO=4&transport=polling');
  const sid = seed('sid', JSON.parse(poll.text.slice(1)).sid);
  await request(server, `/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: `4{"broken":"${words}"` });
  await request(server, `/socket.io/?EIO=4&transport=polling&sid=${sid}&${words}=1`);
  for (const secret of [password, tokens.access_token, guest.recovery_key, words]) {
    await request(server, `/api/v1/account?access_token=${secret}`);
    await request(server, `/api/v1/users?username=${secret}`, { token: secret });
    await request(server, `/${secret}`, { headers: { cookie: secret, 'user-agent': secret, referer: `http://x/${secret}`, origin: `http://${secret}` } });
    await request(server, '/', { method: 'POST', headers: { 'content-type': secret, 'x-forwarded-for': secret }, body: secret });
    await post(server, '/api/v1/sessions', { username: secret, password: secret, extra: secret });
    await request(server, '/api/v1/sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"password":"${secret}"` });
    await request(server, '/api/v1/channels', { method: 'POST', token: tokens.access_token, headers: { 'content-type': 'application/json' }, body: `{"kind":"${secret}"}` });
    const frames = [
      `{"id":1,"cmd":"${secret}"}`,
      `{"id":2,"cmd":"hello","data":{"token":"${secret}"}}`,
      `{"id":3,"cmd":"account.login","data":{"password":["${secret}"]}}`,
      `{"id":4,"${secret}`,
    ];
    for (const frame of frames) {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
      await within(once(socket, 'open'), 'the connection');
      const over = Promise.race([once(socket, 'message'), once(socket, 'close')]);
      socket.send(frame);
      await within(over, 'an answer or an end');
      socket.terminate();
    }
    const big = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
    await within(once(big, 'open'), 'the connection');
    big.on('error', () => {}).send(secret.repeat(2_000));
    await within(once(big, 'close'), 'the end');
  }
  // A refresh token that comes twice is reported, and not told.
  const stolen = grant(await register(server));
  const next = grant((await post(server, '/api/v1/sessions/refresh', { refresh_token: stolen.refresh_token })).json);
  grant((await post(server, '/api/v1/sessions/refresh', { refresh_token: next.refresh_token })).json);
  await post(server, '/api/v1/sessions/refresh', { refresh_token: stolen.refresh_token });

  // A crash amid traffic, the start after it, and what operators look at.
  written.push(JSON.stringify([...(await server.metrics())]));
  const doomed = await Server.during(test, { 'log.level': 'trace', metrics_listen: '127.0.0.1:0' });
  const bo = await arrive(doomed, 'plain JSON');
  grant(bo.tokens);
  const channel = await group([bo]);
  for (let number = 0; number < 50; number += 1) bo.call('message.send', { channel, client_id: randomUUID(), body: { text: words } }).catch(() => {});
  await doomed.die('SIGABRT');
  await doomed.revive();
  const back = await connect('Socket.IO', doomed, { token: bo.tokens.access_token, have: { [channel]: 0 } });
  await back.close();
  const { said } = await run(['doctor', '--data-dir', doomed.directory]);
  const key = await readFile(path.join(doomed.directory, 'token.key'));
  written.push(JSON.stringify([...(await doomed.metrics())]), said);
  await doomed.terminate();
  seed('signing key', key.toString('base64'));
  seed('signing key', key.toString('hex'));

  written.push(server.log, doomed.log);
  assert.ok(server.log.length > 1_000 && canaries.size > 60, `${server.log.length} characters, ${canaries.size} canaries`);
  const told = [...canaries].filter(([secret]) => written.some((text) => text.includes(secret)));
  assert.deepEqual(told.map(([, what]) => what), [], 'these are told');
});

row('row 69 · what is open to strangers is said aloud, and what is kept is its owner’s alone', { isQuiet: true }, async ({ server }) => {
  await register(server, { username: 'ana', password: 'correct horse' });
  assert.equal((await stat(server.directory)).mode & 0o777, 0o700);
  for (const name of await readdir(server.directory)) {
    const { mode } = await stat(path.join(server.directory, name));
    assert.equal(mode & 0o077, 0, `${name} can be read by others: ${(mode & 0o777).toString(8)}`);
  }
  // Nothing is listened on for this: the doctor judges the same configuration as a start does.
  const scratch = await mkdtemp(path.join(tmpdir(), 'rialto-e2e-'));
  const judged = (environment) => run(['doctor', '--data-dir', path.join(scratch, 'data')], { RIALTO_METRICS_LISTEN: 'off', ...environment });
  const open = await judged({ RIALTO_LISTEN: '0.0.0.0:0' });
  assert.match(open.said, /unencrypted/);
  assert.match((await judged({ RIALTO_LISTEN: '127.0.0.1:0', RIALTO_METRICS_LISTEN: '0.0.0.0:0' })).said, /metrics ask nobody who they are/);
  assert.match((await judged({ RIALTO_LISTEN: '127.0.0.1:0', RIALTO_EDGE_TRUSTED_PROXIES: '0.0.0.0/0' })).said, /anybody can claim any address/);
  const closed = await judged({ RIALTO_LISTEN: '127.0.0.1:0' });
  assert.ok(!/unencrypted|ask nobody/.test(closed.said), closed.said);
  // A half-configured TLS is no TLS: the start is refused.
  const half = await run(['serve', '--listen', '127.0.0.1:0', '--data-dir', path.join(scratch, 'data')], { RIALTO_TLS_CERT: '/nowhere.pem', RIALTO_METRICS_LISTEN: 'off' });
  assert.equal(half.code, 2, half.said);
  assert.match(half.said, /tls\.key/);
  await rm(scratch, { recursive: true });
});

row('row 70 · what must not be guessed is drawn from the operating system, also after a copy of the directory', { isQuiet: true }, async ({ server, test }) => {
  const drawn = async (server) => {
    const found = [];
    for (let number = 0; number < 20; number += 1) {
      const { json: tokens } = await post(server, '/api/v1/accounts', {});
      const { json: channel } = await post(server, '/api/v1/channels', { kind: 'group', title: 'x' }, { token: tokens.access_token });
      const { json: invited } = await post(server, `/api/v1/channels/${channel.id}/members`, { link: {} }, { token: tokens.access_token });
      const { sid } = JSON.parse((await request(server, '/socket.io/?EIO=4&transport=polling')).text.slice(1));
      found.push(tokens.user, tokens.session, tokens.device, tokens.recovery_key, tokens.refresh_token, channel.id, invited.invite, sid);
    }
    return found;
  };
  const original = await Server.during(test);
  const before = await drawn(original);
  await original.terminate();
  const directory = await mkdtemp(path.join(tmpdir(), 'rialto-e2e-'));
  await cp(original.directory, directory, { recursive: true });
  await original.revive();
  const copy = await Server.start({ data_dir: directory });
  test.after(async () => {
    await copy.stop();
    await rm(directory, { recursive: true });
  });
  // At the same time, from the same state.
  const [one, other] = await Promise.all([drawn(original), drawn(copy)]);
  const all = [...before, ...one, ...other, ...(await drawn(server))];
  assert.equal(new Set(all).size, all.length, 'something was drawn twice');
  // After the part that tells which thread keeps it, a session name is 128 bits and more that say nothing: no place of it
  // stays the same from one to the next.
  const sids = all.filter((_, number) => number % 8 === 7);
  assert.ok(sids.every((sid) => (sid.length - 2) * 6 >= 128));
  for (let place = 2; place < 24; place += 1) assert.ok(new Set(sids.map((sid) => sid[place])).size > 8, `place ${place} of a session name`);
});
