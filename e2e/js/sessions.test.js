// Log-ins and their connections, presence and typing, and a server that goes down politely.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { connect, everyCarrier, liveCarriers } from './support/carriers.js';
import { Refusal } from './support/client.js';
import { eventually, pause } from './support/patience.js';
import { anotherDevice, arrive, connectAgain, direct, gather, group, register, say } from './support/people.js';
import { Server } from './support/server.js';

const refusedWith = (code) => (error) => error instanceof Refusal && error.code === code;

describe('log-ins', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  const staysOpen = (client) => client.call('account.get');

  for (const carrier of everyCarrier) {
    test(`logging out over ${carrier} is answered, closes the log-in’s connections, and no others`, async () => {
      const ana = await arrive(server, carrier);
      const tabs = await Promise.all(liveCarriers.map((other) => connectAgain(ana, other)));
      const elsewhere = await anotherDevice(ana, 'plain JSON');
      await ana.call('account.logout');
      await Promise.all(tabs.map((tab) => tab.close()));
      if (carrier !== 'REST') await ana.close();
      await staysOpen(elsewhere);
      await assert.rejects(connectAgain(ana, 'plain JSON'), refusedWith('auth.required'));
      await elsewhere.close();
    });
  }

  test('logging out is heard by every kind of connection', async () => {
    const ana = await arrive(server, 'REST');
    const tabs = await Promise.all(liveCarriers.map((other) => connectAgain(ana, other)));
    await ana.call('account.logout');
    for (const tab of tabs) {
      const reason = await tab.end();
      if (tab.carrier.startsWith('plain')) assert.equal(reason.code, 1008);
      // The official client does not come back by itself after that.
      else assert.equal(reason, 'io server disconnect');
    }
  });

  test('revoking a log-in closes its connections', async () => {
    const ana = await arrive(server, 'plain JSON');
    const lost = await Promise.all(liveCarriers.map((carrier) => anotherDevice(ana, carrier)));
    await ana.call('sessions.revoke', { session: lost[0].ready.session });
    await lost[0].end();
    for (const other of lost.slice(1)) await staysOpen(other);
    await ana.call('sessions.revoke', { others: true });
    await Promise.all(lost.map((device) => device.end()));
    await staysOpen(ana);
    await ana.close();
  });

  test('a new password closes the connections of all other log-ins', async () => {
    const username = `u${Date.now()}`;
    const ana = await arrive(server, 'Socket.IO');
    await ana.call('account.claim', { username, password: 'correct horse' });
    const others = await Promise.all(liveCarriers.map((carrier) => anotherDevice(ana, carrier)));
    await ana.call('account.password', { old: 'correct horse', new: 'battery staple' });
    await Promise.all(others.map((device) => device.end()));
    await staysOpen(ana);
    await assert.rejects(ana.call('account.login', { username, password: 'correct horse' }), refusedWith('auth.wrong_credentials'));
    await ana.close();
  });

  test('a refresh token used twice closes the log-in’s connections', async () => {
    const ana = await arrive(server, 'Socket.IO');
    const nobody = await connect('plain JSON', server);
    const { refresh_token } = ana.tokens;
    await nobody.call('account.refresh', { refresh_token });
    await staysOpen(ana);
    await assert.rejects(nobody.call('account.refresh', { refresh_token }), refusedWith('auth.refresh_refused'));
    await ana.end();
    await nobody.close();
  });

  test('who is logged out stays out after a restart', async (t) => {
    const server = await Server.during(t);
    const ana = await arrive(server, 'REST');
    await ana.call('account.logout');
    await server.kill();
    await server.revive();
    await assert.rejects(connectAgain(ana, 'plain JSON'), refusedWith('auth.required'));
  });

  test('secrets are in no line of the log', async (t) => {
    const server = await Server.during(t, { 'log.level': 'trace' });
    const password = 'canary-password-9183';
    const tokens = await register(server, { username: 'canary', password });
    const words = 'canary-words-2231';
    const secrets = [password, words, tokens.access_token, tokens.refresh_token];
    for (const carrier of everyCarrier) {
      const ana = await connect(carrier, server, { token: tokens.access_token });
      const channel = await group([Object.assign(ana, { user: tokens.user })]);
      await say(ana, channel, words);
      const { invite } = await ana.call('channel.invite', { channel, link: {} });
      await assert.rejects(ana.call('account.login', { username: 'canary', password: `${password}!` }));
      const { refresh_token, access_token } = await ana.call('account.login', { username: 'canary', password });
      secrets.push(invite, refresh_token, access_token);
      await ana.close();
    }
    const guest = await register(server);
    secrets.push(guest.recovery_key);
    await server.terminate();
    assert.ok(server.log.length > 0);
    for (const secret of secrets) assert.ok(!server.log.includes(secret), `the log tells ${secret}`);
  });
});

describe('presence and typing', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  /** What one is shown of another: waits until it is as expected. */
  const shown = (watcher, user, fits, what) =>
    eventually(what, async () => {
      const { presences } = await watcher.call('presence.watch', { users: [user] });
      return fits(presences[0]) && presences[0];
    });

  test('who is watched comes and goes, with the last device', async () => {
    const [ana, bo] = await gather(server, 'Socket.IO', 'ana', 'bo');
    await group([ana, bo]);
    await shown(ana, bo.user, ({ online }) => online, 'bo to be there');
    const desk = await anotherDevice(bo, 'plain JSON');
    await bo.close();
    await desk.call('account.get');
    await desk.close();
    const gone = await ana.next('presence', ({ user, online }) => user === bo.user && !online);
    assert.ok(gone.last_seen > 0);
    const back = await connectAgain(bo);
    await ana.next('presence', ({ user, online }) => user === bo.user && online);
    assert.equal(ana.all('presence', ({ user }) => user === bo.user).filter(({ online }) => !online).length, 1, 'gone with one of two devices');
    await Promise.all([ana.close(), back.close()]);
  });

  test('strangers and the blocked see nothing, and cannot watch', async () => {
    const [ana, bo, eve] = await gather(server, 'plain JSON', 'ana', 'bo', 'eve');
    await direct(ana, bo);
    await shown(ana, bo.user, ({ online }) => online, 'bo to be there');
    const nothing = { presences: [{ user: bo.user, online: false }] };
    assert.deepEqual(await eve.call('presence.watch', { users: [bo.user] }), nothing);
    await bo.call('block', { user: ana.user });
    assert.deepEqual(await ana.call('presence.watch', { users: [bo.user] }), nothing);
    await bo.close();
    const cy = await arrive(server, 'plain JSON');
    await group([ana, eve, cy]);
    for (const watcher of [ana, eve]) {
      await watcher.next('channel');
      await shown(watcher, cy.user, ({ online }) => online, 'cy to be there');
      assert.deepEqual(watcher.all('presence', ({ user }) => user === bo.user), []);
    }
    await Promise.all([ana, eve, cy].map((person) => person.close()));
  });

  test('settings hide what they say, and nothing else', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    await group([ana, bo]);
    await shown(ana, bo.user, ({ online }) => online, 'bo to be there');
    await bo.call('settings.set', { settings: { presence: 'nobody' } });
    await shown(ana, bo.user, ({ online }) => !online, 'bo to be hidden');
    await bo.call('settings.set', { settings: { last_seen: 'nobody' } });
    await shown(ana, bo.user, ({ online }) => online, 'bo to be there again');
    await bo.close();
    const gone = await shown(ana, bo.user, ({ online }) => !online, 'bo to be gone');
    assert.equal(gone.last_seen, undefined);
    await ana.close();
  });

  test('typing is told to the others, unless one’s settings hide it', async () => {
    const [ana, bo, cy] = await gather(server, 'Socket.IO with MessagePack', 'ana', 'bo', 'cy');
    const channel = await group([ana, bo, cy]);
    await ana.call('typing', { channel });
    for (const person of [bo, cy]) assert.deepEqual(await person.next('typing'), { channel, user: ana.user });
    await bo.call('settings.set', { settings: { typing: 'nobody' } });
    await bo.call('typing', { channel });
    const seq = await say(bo, channel);
    for (const person of [ana, bo, cy]) {
      await person.entry({ channel, seq });
      assert.deepEqual(person.all('typing', ({ user }) => user === person.user || user === bo.user), []);
    }
    await Promise.all([ana, bo, cy].map((person) => person.close()));
  });
});

describe('a server that goes down', () => {
  test('tells everybody when to come back, keeps what it accepted, and ends well', async (t) => {
    const server = await Server.during(t, { 'edge.drain_ms': 2000 });
    const people = await Promise.all(liveCarriers.map((carrier) => arrive(server, carrier)));
    const channel = await group(people);
    const names = people.map(({ carrier }) => carrier);
    await Promise.all(people.map((person) => person.call('message.send', { channel, client_id: randomUUID(), body: { text: person.carrier } })));
    // A client that polls is told in the answer to a poll: one must be waiting.
    await pause(300);
    const going = server.terminate();
    for (const person of people) {
      const { kind, reconnect_after_ms } = await person.next('notice');
      assert.equal(kind, 'drain');
      assert.ok(reconnect_after_ms >= 0);
      if (person.carrier.startsWith('plain')) assert.equal((await person.end()).code, 1001);
      else person.leave();
    }
    await going;
    await server.revive();
    const ana = await connectAgain(people[0], 'plain JSON');
    const { messages } = await ana.call('history', { channel });
    assert.deepEqual(messages.map(({ body }) => body.text).sort(), [...names].sort());
    await ana.close();
  });
});
