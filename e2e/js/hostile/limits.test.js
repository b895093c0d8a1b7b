// More, and ever more, than one person or one address may ask for.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { row } from '../support/siege.js';
import { connect, liveCarriers } from '../support/carriers.js';
import { Refusal } from '../support/client.js';
import { within } from '../support/patience.js';
import { anotherDevice, arrive, group, register, text } from '../support/people.js';
import { post, request } from '../support/request.js';
import { Server } from '../support/server.js';

const refused = (code) => new RegExp(`^rialto_commands_refused_total\\{code="${code.replace('.', '\\.')}"`);
const status = (number) => new RegExp(`^rialto_http_requests_total\\{.*status="${number}"`);

/** Sends so many at once, and tells the refusals among the answers. */
async function flood(count, send) {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, number) => send(number)));
  const refusals = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  return { done: count - refusals.length, refusals };
}

const isTooFast = (error) => error instanceof Refusal && error.code === 'limit.exceeded' && error.retryAfterMs > 0;

const TIGHT = {
  'limits.commands_per_second': 20,
  'limits.command_burst': 60,
  'limits.discoveries_per_minute': 10,
  'limits.registrations_per_address_per_hour': 40,
};
const BEHIND_A_PROXY = { 'limits.registrations_per_address_per_hour': 3, 'edge.trusted_proxies': '127.9.0.1' };

row('row 62 · floods are refused with a time to come back, by user and by address, and the rest is served', { settings: TIGHT, counts: refused('limit.exceeded') }, async ({ server, test }) => {
  // Messages: by one user over two devices together, on every carrier. Every one that is acknowledged is there.
  for (const carrier of liveCarriers) {
    const eve = await arrive(server, carrier, { address: '198.51.100.1' });
    const other = await anotherDevice(eve, carrier, { address: '198.51.100.2' });
    const channel = await group([eve]);
    const send = (number) => (number % 2 ? eve : other).call('message.send', { channel, client_id: randomUUID(), body: text(`${number}`) });
    const { done, refusals } = await flood(90, send);
    assert.ok(refusals.length > 0 && refusals.every(isTooFast), `${carrier}: ${refusals.find((error) => !isTooFast(error))}`);
    assert.ok(done >= 20, `${carrier}: ${done} messages got through`);
    await Promise.all([eve.close(), other.close()]);
  }
  // Channels, joins, look-ups: many fewer.
  const [host, eve] = [await arrive(server, 'plain JSON'), await arrive(server, 'plain JSON')];
  const { invite } = await host.call('channel.invite', { channel: await group([host]), link: {} });
  await eve.call('channel.join', { invite });
  const doings = [
    () => eve.call('channel.create', { kind: 'group', title: 'x' }),
    () => eve.call('channel.join', { invite }),
  ];
  const { done, refusals } = await flood(30, (number) => doings[number % 2]());
  assert.ok(done <= 10 && refusals.every(isTooFast), `${done} channels and joins`);
  await assert.rejects(eve.call('user.find', { username: 'nobody' }), isTooFast);
  // Over REST: the status and the header say the same.
  const rest = await request(server, '/api/v1/users?username=nobody', { token: eve.tokens.access_token });
  assert.deepEqual([rest.status, rest.json.code], [429, 'limit.exceeded']);
  assert.ok(rest.json.retry_after_ms > 0 && Number(rest.headers['retry-after']) * 1000 >= rest.json.retry_after_ms);
  await Promise.all([host.close(), eve.close()]);

  // By address: accounts, connections, and commands of however many users.
  const statuses = [];
  for (let number = 0; number < 45; number += 1) statuses.push((await post(server, '/api/v1/accounts', {}, { from: '127.7.0.1' })).status);
  assert.deepEqual([statuses.indexOf(429), statuses.at(-1)], [40, 429]);
  assert.equal((await post(server, '/api/v1/accounts', {}, { from: '127.7.0.2' })).status, 201, 'another address');

  const crowded = await Server.during(test, { 'limits.commands_per_address_per_second': 10, 'edge.connections_per_address': 12 });
  const people = [];
  for (let number = 0; number < 8; number += 1) people.push((await post(crowded, '/api/v1/accounts', {}, { from: `127.8.1.${number + 1}` })).json.access_token);
  const asked = await Promise.all(Array.from({ length: 60 }, async (_, number) => {
    const { status } = await request(crowded, '/api/v1/account', { token: people[number % 8], from: '127.8.0.1' });
    return status;
  }));
  assert.ok(asked.includes(200) && asked.includes(429) && asked.every((status) => [200, 429].includes(status)), `${asked}`);
  assert.equal((await request(crowded, '/api/v1/account', { token: people[0], from: '127.8.0.2' })).status, 200, 'another address');
  const wrong = await Promise.all(Array.from({ length: 60 }, () => request(crowded, '/api/v1/account', { token: 'a.b.c', from: '127.8.0.3' })));
  assert.ok(wrong.some(({ status }) => status === 429) && wrong.every(({ status }) => [401, 429].includes(status)), 'guessed tokens');

  // Who goes on after being refused is shown out, and those beside are not.
  const strict = await Server.during(test, { 'limits.commands_per_second': 5, 'limits.command_burst': 10 });
  for (const carrier of liveCarriers) {
    const hasty = await arrive(strict, carrier);
    const calm = await arrive(strict, 'plain JSON');
    const broken = carrier.startsWith('plain') ? hasty.end() : once(hasty.socket, 'disconnect');
    for (let i = 0; i < 200; i += 1) hasty.call('account.get').catch(() => {});
    const reason = await within(broken, 'the end');
    if (carrier.startsWith('plain')) assert.equal(reason.code, 1008);
    hasty.leave();
    await calm.call('account.get');
    await calm.close();
  }
});

row('row 63 · an address that a client claims is believed from trusted proxies alone', { settings: BEHIND_A_PROXY, counts: status(429) }, async ({ server }) => {
  const headers = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'cf-connecting-ip', 'x-client-ip'];
  const claim = (name, address) => ({ [name]: name === 'forwarded' ? `for=${address}` : address });
  const registers = async (from, headers) => (await post(server, '/api/v1/accounts', {}, { from, headers })).status;
  // Whoever is no proxy is counted where they are, whatever they claim, and in however many ways.
  const statuses = [];
  for (let number = 0; number < 18; number += 1) statuses.push(await registers('127.9.0.2', claim(headers[number % headers.length], `203.0.113.${number}`)));
  assert.deepEqual([statuses.slice(0, 3), new Set(statuses.slice(3))], [[201, 201, 201], new Set([429])]);
  assert.equal(await registers('127.9.0.3', { 'x-forwarded-for': '127.9.0.2' }), 201, 'nor can they count against another');
  // Through the proxy everybody is counted alone; what a client wrote before the proxy did is not looked at.
  for (let number = 0; number < 3; number += 1) assert.equal(await registers('127.9.0.1', { 'x-forwarded-for': `203.0.113.${number}, 198.51.100.1` }), 201);
  assert.equal(await registers('127.9.0.1', { 'x-forwarded-for': '203.0.113.77, 198.51.100.1' }), 429);
  assert.equal(await registers('127.9.0.1', { 'x-forwarded-for': '198.51.100.2' }), 201);
  for (const nonsense of ['', 'nobody', '1.2.3.4.5', '999.1.1.1', '\u00ff', ','.repeat(2_000)]) {
    assert.ok([201, 429].includes(await registers('127.9.0.1', { 'x-forwarded-for': nonsense })), nonsense);
  }
  // Trusted or not, on a socket it is the same.
  const guest = await register(server, { address: '198.51.100.9' }).catch(() => undefined);
  assert.equal(guest?.recovery_key !== undefined, true, '127.0.0.1 has made none yet');
  const socket = await connect('plain JSON', server, { address: '198.51.100.10' });
  let refusal;
  for (let number = 0; number < 10 && !refusal; number += 1) await socket.call('account.register').catch((error) => (refusal = error));
  assert.ok(isTooFast(refusal));
  await socket.close();
});
