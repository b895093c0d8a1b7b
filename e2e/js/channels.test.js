// Channels as people live with them: coming, going, being removed, and what each may see.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { liveCarriers } from './support/carriers.js';
import { Refusal } from './support/client.js';
import { anotherDevice, arrive, direct, gather, group, say, text } from './support/people.js';
import { Server } from './support/server.js';

const refusedWith = (code) => (error) => error instanceof Refusal && error.code === code;

describe('channels', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  /** Everything that was said before reached these devices: the sequencer and the bus keep the order. */
  async function settle(speaker, devices) {
    const users = [...new Set(devices.map(({ user }) => user))];
    const aside = await speaker.call('channel.create', { kind: 'group', title: 'aside', members: users });
    const seq = await say(speaker, aside.id, 'that was all');
    await Promise.all(devices.map((device) => device.entry({ channel: aside.id, seq })));
  }

  const heardOf = (device, channel) => device.all('entry', (entry) => entry.channel === channel);

  test('a direct channel that both open at once is one', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
      const opened = await Promise.all([direct(ana, bo), direct(bo, ana), direct(ana, bo), direct(bo, ana)]);
      assert.equal(new Set(opened).size, 1);
      for (const person of [ana, bo]) {
        const { channels } = await person.call('channel.list');
        assert.deepEqual(channels.map(({ id, head }) => [id, head]), [[opened[0], 1]]);
        await person.close();
      }
    }
  });

  test('who is added hears of it on every device, and what is said from then on', async () => {
    const [ana, bo] = await gather(server, 'Socket.IO over WebSocket', 'ana', 'bo');
    const devices = await Promise.all(liveCarriers.map((carrier) => anotherDevice(bo, carrier)));
    const channel = await group([ana]);
    const before = await say(ana, channel, 'before');
    const { seq: since } = await ana.call('channel.invite', { channel, users: [bo.user] });
    const seq = await say(ana, channel, 'after');
    for (const device of devices) {
      assert.equal((await device.next('channel', (it) => it.channel === channel)).change, 'joined');
      await device.entry({ channel, seq });
      assert.ok(heardOf(device, channel).every((entry) => entry.seq >= since && entry.seq > before));
    }
    await Promise.all([ana, bo, ...devices].map((device) => device.close()));
  });

  test('who comes back sees the two times, and not the time between', async () => {
    const [ana, bo] = await gather(server, 'plain MessagePack', 'ana', 'bo');
    const channel = await group([ana, bo]);
    const first = await say(ana, channel, 'first');
    const { seq: left } = await bo.call('channel.leave', { channel });
    await say(ana, channel, 'between');
    const { seq: back } = await ana.call('channel.invite', { channel, users: [bo.user] });
    const third = await say(ana, channel, 'third');
    const { messages } = await bo.call('history', { channel });
    assert.deepEqual(messages.map(({ seq }) => seq), [first, third]);
    const { channels } = await bo.call('sync', { have: { [channel]: 0 } });
    assert.deepEqual(channels[channel].entries.map(({ seq }) => seq), [2, first, left, back, third]);
    assert.equal((await bo.call('channel.get', { channel })).unread, 1);
    await Promise.all([ana.close(), bo.close()]);
  });

  test('between two who block each other nothing passes', async () => {
    const [ana, bo] = await gather(server, 'Socket.IO', 'ana', 'bo');
    const channel = await direct(ana, bo);
    await say(ana, channel, 'hello');
    await bo.call('block', { user: ana.user });
    for (const person of [ana, bo]) await assert.rejects(say(person, channel), refusedWith('user.blocked'));
    await ana.call('typing', { channel });
    const { presences } = await ana.call('presence.watch', { users: [bo.user] });
    assert.deepEqual(presences, [{ user: bo.user, online: false }]);
    await bo.call('block', { user: ana.user, on: false });
    const seq = await say(ana, channel, 'again');
    await bo.entry({ channel, seq });
    assert.deepEqual(bo.all('typing'), []);
    await Promise.all([ana.close(), bo.close()]);
  });

  test('a role is power from the moment it is given until it is taken', async () => {
    const [ana, bo, cy] = await gather(server, 'plain JSON', 'ana', 'bo', 'cy');
    const channel = await group([ana, bo, cy]);
    const target = await say(cy, channel, 'nonsense');
    await assert.rejects(bo.call('channel.kick', { channel, user: cy.user }), refusedWith('channel.role_too_low'));

    await ana.call('channel.role', { channel, user: bo.user, role: 'admin' });
    const told = await cy.entry({ channel, kind: 'member', change: 'role' });
    assert.deepEqual([told.users, told.role], [[bo.user], 'admin']);
    await bo.call('channel.update', { channel, title: 'Bo’s' });
    await bo.call('message.pin', { channel, target });
    await bo.call('message.delete', { channel, target });
    await bo.call('channel.kick', { channel, user: cy.user });
    await assert.rejects(bo.call('channel.kick', { channel, user: ana.user }), refusedWith('channel.role_too_low'));
    await assert.rejects(bo.call('channel.delete', { channel }), refusedWith('channel.role_too_low'));

    await ana.call('channel.role', { channel, user: bo.user, role: 'member' });
    await assert.rejects(bo.call('channel.update', { channel, title: 'mine' }), refusedWith('channel.role_too_low'));
    await Promise.all([ana, bo, cy].map((person) => person.close()));
  });

  test('an owner goes only when another one stays', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channel = await group([ana, bo]);
    await assert.rejects(ana.call('channel.leave', { channel }), refusedWith('channel.last_owner'));
    await ana.call('channel.role', { channel, user: bo.user, role: 'owner' });
    await ana.call('channel.leave', { channel });
    assert.equal((await bo.call('channel.get', { channel })).role, 'owner');
    await Promise.all([ana.close(), bo.close()]);
  });

  test('an invite brings in as many as it was made for, however many come at once', async () => {
    const [ana, ...guests] = await gather(server, 'plain JSON', 'ana', '1', '2', '3', '4', '5', '6');
    const channel = await group([ana]);
    const { invite } = await ana.call('channel.invite', { channel, link: { uses: 3 } });
    const outcomes = await Promise.allSettled(guests.map((guest) => guest.call('channel.join', { invite })));
    const refused = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.code);
    assert.deepEqual(refused, Array(3).fill('channel.invite_invalid'));
    assert.equal((await ana.call('channel.get', { channel })).members, 4);
    await Promise.all([ana, ...guests].map((person) => person.close()));
  });

  test('a broadcast is read from its beginning, and written by those who lead it', async () => {
    const [ana, bo, cy] = await gather(server, 'Socket.IO with MessagePack', 'ana', 'bo', 'cy');
    const channel = await group([ana, bo], { kind: 'broadcast' });
    const old = await say(ana, channel, 'old news', { mentions: { all: true } });
    const { invite } = await ana.call('channel.invite', { channel, link: {} });
    const joined = await cy.call('channel.join', { invite });
    assert.deepEqual([joined.since, joined.unread], [1, 0]);
    const { messages } = await cy.call('history', { channel });
    assert.deepEqual(messages.map(({ seq }) => seq), [old]);
    for (const [command, data] of [
      ['channel.invite', { users: [cy.user] }],
      ['channel.invite', { link: {} }],
      ['message.pin', { target: old }],
      ['channel.kick', { user: cy.user }],
    ]) {
      await assert.rejects(bo.call(command, { channel, ...data }), refusedWith('channel.role_too_low'));
    }
    await bo.call('message.react', { channel, target: old, emoji: '👏' });
    await ana.call('channel.role', { channel, user: bo.user, role: 'admin' });
    const seq = await say(bo, channel, 'more news');
    await cy.entry({ channel, seq });
    await Promise.all([ana, bo, cy].map((person) => person.close()));
  });

  test('a deleted channel is told to be, and then there is none', async () => {
    const [ana, bo] = await gather(server, 'Socket.IO', 'ana', 'bo');
    const eve = await arrive(server, 'plain JSON');
    const channel = await group([ana, bo, eve]);
    const seq = await say(ana, channel, 'soon forgotten');
    await ana.call('channel.kick', { channel, user: eve.user });
    await ana.call('channel.delete', { channel });
    for (const person of [ana, bo]) {
      assert.equal((await person.entry({ channel, kind: 'channel', deleted: true })).seq, seq + 2);
      await person.next('channel', (it) => it.channel === channel && it.change === 'deleted');
    }
    // What is left is that it was deleted, for those who were in until then and have not heard it yet.
    for (const [person, left] of [[ana, [seq + 2]], [bo, [seq + 2]], [eve, []]]) {
      const { channels } = await person.call('sync', { have: { [channel]: 0 } });
      assert.deepEqual(channels[channel].entries.map((entry) => entry.seq), left);
      assert.deepEqual(await person.call('history', { channel }), { messages: [] });
      await assert.rejects(person.call('channel.get', { channel }), refusedWith('channel.unknown'));
      const message = { client_id: randomUUID(), body: text('x') };
      const commands = { 'message.send': message, receipts: { seq }, 'channel.pins': {}, 'channel.members': {}, typing: {} };
      for (const [command, data] of Object.entries(commands)) {
        await assert.rejects(person.call(command, { channel, ...data }), ({ code }) => ['channel.unknown', 'channel.not_a_member'].includes(code));
      }
    }
    await Promise.all([ana, bo, eve].map((person) => person.close()));
  });

  test('what one keeps about a channel is told to one’s other devices, and to nobody else', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const desk = await anotherDevice(ana, 'Socket.IO');
    const channel = await group([ana, bo]);
    await ana.call('channel.mute', { channel });
    const changed = await desk.next('channel', (it) => it.channel === channel && it.change === 'settings');
    assert.equal(changed.change, 'settings');
    assert.ok((await desk.call('channel.get', { channel })).muted_until > Date.now());
    await settle(ana, [bo]);
    assert.deepEqual(bo.all('channel', (it) => it.change === 'settings'), []);
    await Promise.all([ana, desk, bo].map((device) => device.close()));
  });

  test('what two devices change at once is changed, both of it', async () => {
    const ana = await arrive(server, 'plain JSON');
    const desk = await anotherDevice(ana, 'Socket.IO');
    for (let round = 0; round < 20; round += 1) {
      const channel = await group([ana]);
      await Promise.all([ana.call('channel.pin', { channel }), desk.call('channel.mute', { channel }), ana.call('channel.archive', { channel })]);
      const { pinned, archived, muted_until } = await ana.call('channel.get', { channel });
      assert.deepEqual([pinned, archived, muted_until > 0], [true, true, true]);
    }
    await Promise.all([ana.close(), desk.close()]);
  });

  test('what one deletes for oneself disappears on one’s other devices, and on nobody else’s', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const devices = await Promise.all(liveCarriers.map((carrier) => anotherDevice(ana, carrier)));
    const channel = await group([ana, bo]);
    const seq = await say(bo, channel, 'not for ana');
    await ana.call('message.delete', { channel, target: seq, for: 'me' });
    for (const device of [ana, ...devices]) assert.deepEqual(await device.next('hidden'), { channel, seq });
    await settle(ana, [bo]);
    assert.deepEqual(bo.all('hidden'), []);
    await Promise.all([ana, bo, ...devices].map((device) => device.close()));
  });

  test('two devices of one person that join at once use up one use', async () => {
    const [ana, bo, cy] = await gather(server, 'plain JSON', 'ana', 'bo', 'cy');
    const desk = await anotherDevice(bo, 'Socket.IO');
    for (let round = 0; round < 10; round += 1) {
      const channel = await group([ana]);
      const { invite } = await ana.call('channel.invite', { channel, link: { uses: 2 } });
      const joined = await Promise.all([bo, desk].map((device) => device.call('channel.join', { invite })));
      assert.deepEqual(joined.map(({ id }) => id), [channel, channel]);
      assert.equal((await cy.call('channel.join', { invite })).id, channel, 'a use is left');
    }
    await Promise.all([ana, bo, cy, desk].map((device) => device.close()));
  });

  test('mentions are counted until they are read', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channel = await group([ana, bo]);
    await say(ana, channel, 'nobody');
    await say(ana, channel, '@bo', { mentions: { users: [bo.user] } });
    const seq = await say(ana, channel, '@all', { mentions: { all: true } });
    const { unread, mentions } = await bo.call('channel.get', { channel });
    assert.deepEqual([unread, mentions], [3, 2]);
    await bo.call('mark', { channel, read: seq });
    await bo.next('positions', (it) => it.channel === channel && it.read === seq);
    assert.equal((await bo.call('channel.get', { channel })).mentions, 0);
    await Promise.all([ana.close(), bo.close()]);
  });
});
