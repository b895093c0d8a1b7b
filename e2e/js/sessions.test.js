// Log-ins and their connections, presence and typing, and a server that goes down politely.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { everyCarrier, liveCarriers } from './support/carriers.js';
import { Refusal } from './support/client.js';
import { eventually, pause } from './support/patience.js';
import { anotherDevice, arrive, connectAgain, gather, group, say } from './support/people.js';
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

  test('one log-in too many closes the connections of the one that was refreshed longest ago', async (t) => {
    const server = await Server.during(t, { 'tokens.log_ins_per_user': 3 });
    const ana = await arrive(server, 'plain JSON');
    const devices = [await anotherDevice(ana, 'Socket.IO'), await anotherDevice(ana, 'plain JSON')];
    const refreshed = await ana.call('account.refresh', { refresh_token: ana.tokens.refresh_token });
    const newest = await anotherDevice(ana, 'plain JSON');
    await devices[0].end();
    for (const other of [ana, devices[1], newest]) await staysOpen(other);
    const { sessions } = await newest.call('sessions.list');
    assert.deepEqual(new Set(sessions.map(({ id }) => id)), new Set([refreshed.session, devices[1].ready.session, newest.ready.session]));
    await assert.rejects(connectAgain(devices[0], 'plain JSON'), refusedWith('auth.required'));
  });

  test('who is logged out stays out after a restart', async (t) => {
    const server = await Server.during(t);
    const ana = await arrive(server, 'REST');
    await ana.call('account.logout');
    await server.kill();
    await server.revive();
    await assert.rejects(connectAgain(ana, 'plain JSON'), refusedWith('auth.required'));
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
