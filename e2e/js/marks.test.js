// The four marks: received, stored, delivered to all, read by all. They come in this order and never go back.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { liveCarriers } from './support/carriers.js';
import { withDice } from './support/dice.js';
import { eventually } from './support/patience.js';
import { anotherDevice, arrive, connectAgain, group, say, text } from './support/people.js';
import { Server } from './support/server.js';

describe('marks', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  /** Three people with two devices each, every device on another carrier, in one group. */
  async function household() {
    const people = await Promise.all(
      [0, 2, 4].map(async (place) => {
        const phone = await arrive(server, liveCarriers[place]);
        const desk = await anotherDevice(phone, liveCarriers[place + 1]);
        return { phone, desk, user: phone.user };
      }),
    );
    const channel = await group(people.map(({ phone }) => phone));
    const leave = () => Promise.all(people.flatMap(({ phone, desk }) => [phone.close(), desk.close()]));
    return { people, channel, leave };
  }

  const allHave = (mark, channel, seq) => (moved) => moved.channel === channel && moved[mark] >= seq;

  test('come one after the other, on both devices of the sender', async () => {
    const { people, channel, leave } = await household();
    const [ana, bo, cy] = people;
    const client_id = randomUUID();

    const { received, seq: notYet } = await ana.phone.call('message.send', { channel, client_id, body: text('What news?') });
    assert.deepEqual([received, notYet], [true, undefined]);

    const { seq } = await ana.phone.entry({ client_id });
    assert.equal((await ana.desk.entry({ client_id })).seq, seq);
    for (const device of [bo.phone, bo.desk, cy.phone, cy.desk]) await device.entry({ client_id });
    assert.deepEqual(ana.phone.all('positions', allHave('delivered', channel, seq)), [], 'nobody told that it was delivered');

    await bo.phone.call('mark', { channel, delivered: seq });
    await bo.desk.call('mark', { channel, delivered: seq });
    const half = await ana.phone.next('positions', ({ members }) => members?.some(({ user, delivered }) => user === bo.user && delivered === seq));
    assert.ok(half.delivered < seq, 'one of two is not all');

    await cy.desk.call('mark', { channel, delivered: seq });
    for (const device of [ana.phone, ana.desk]) {
      const moved = await device.next('positions', allHave('delivered', channel, seq));
      assert.ok(moved.read < seq, 'delivered is not read');
    }

    await cy.phone.call('mark', { channel, read: seq });
    await bo.desk.call('mark', { channel, read: seq });
    for (const device of [ana.phone, ana.desk, bo.phone, cy.desk]) {
      assert.equal((await device.next('positions', allHave('read', channel, seq))).read, seq);
    }
    const { delivered_to_all, read_by_all } = await ana.desk.call('channel.get', { channel });
    assert.deepEqual([delivered_to_all, read_by_all], [seq, seq]);
    await leave();
  });

  test('what was read was also delivered', async () => {
    const { people, channel, leave } = await household();
    const [ana, bo, cy] = people;
    const seq = await say(ana.phone, channel);
    for (const { phone } of [bo, cy]) await phone.call('mark', { channel, read: seq });
    assert.equal((await ana.desk.next('positions', allHave('read', channel, seq))).delivered, seq);
    await leave();
  });

  test('reach all only when the last one has it, in whatever order they come', () =>
    withDice(async (dice) => {
      const { people, channel, leave } = await household();
      const [ana] = people;
      let last;
      for (let i = 0; i < 6; i += 1) last = await say(ana.phone, channel);

      const { members } = await ana.phone.call('channel.members', { channel });
      const places = new Map(members.map(({ id, delivered, read }) => [id, { delivered, read }]));
      for (let i = 0; i < 60; i += 1) {
        const person = dice.pick(people.slice(1));
        const place = places.get(person.user);
        const mark = { delivered: dice.below(last + 3), read: dice.below(last + 3) };
        await dice.pick([person.phone, person.desk]).call('mark', { channel, ...mark });
        const read = Math.max(place.read, Math.min(mark.read, last));
        const delivered = Math.max(place.delivered, Math.min(mark.delivered, last), read);
        if (read === place.read && delivered === place.delivered) continue;
        Object.assign(place, { delivered, read });
        const moved = await ana.desk.next('positions', (it) => it.members?.some((member) => member.user === person.user));
        const least = (what) => Math.min(...[...places.values()].map((it) => it[what]));
        assert.deepEqual(moved, { channel, delivered: least('delivered'), read: least('read'), members: [{ user: person.user, delivered, read }] });
      }
      await leave();
    }));

  test('never go back, however marks are shuffled and devices come and go', () =>
    withDice(async (dice) => {
      const { people, channel, leave } = await household();
      const [ana, bo] = people;
      let last = 0;
      for (let i = 0; i < 20; i += 1) last = await say(ana.phone, channel);

      const marks = dice.shuffled(Array.from({ length: last + 1 }, (_, seq) => seq));
      for (const [place, seq] of marks.entries()) {
        // The answers are not waited for: both devices speak at once.
        const mark = dice.chance(0.5) ? { delivered: seq } : { read: seq };
        const said = dice.pick([bo.phone, bo.desk]).call('mark', { channel, ...mark });
        if (place % 7 === 6) {
          await said;
          await bo.desk.close();
          bo.desk = await connectAgain(bo.desk);
        }
      }
      await bo.phone.call('mark', { channel, delivered: last, read: last });
      await eventually('the last mark', async () => (await bo.desk.call('channel.get', { channel })).read === last);

      for (const device of [ana.phone, ana.desk, people[2].phone, people[2].desk]) {
        const before = { delivered: 0, read: 0, members: new Map() };
        for (const { delivered, read, members = [] } of device.all('positions', (it) => it.channel === channel)) {
          assert.ok(delivered >= before.delivered && read >= before.read, 'what all have went back');
          assert.ok(delivered >= read, 'read before it was delivered');
          Object.assign(before, { delivered, read });
          for (const member of members) {
            const known = before.members.get(member.user) ?? { delivered: 0, read: 0 };
            assert.ok(member.delivered >= known.delivered && member.read >= known.read, 'a member went back');
            assert.ok(member.delivered >= member.read, 'a member read what was not delivered');
            before.members.set(member.user, member);
          }
        }
      }
      const again = await connectAgain(bo.desk);
      const { delivered, read, unread } = again.ready.channels.channels.find(({ id }) => id === channel);
      assert.deepEqual([delivered, read, unread], [last, last, 0]);
      await again.close();
      await leave();
    }));

  test('sending moves the sender’s own mark, and nobody else’s', async () => {
    const { people, channel, leave } = await household();
    const [ana, bo] = people;
    await say(ana.phone, channel);
    const seq = await say(bo.phone, channel);
    const { members } = await ana.desk.call('channel.members', { channel });
    const place = (user) => members.find(({ id }) => id === user);
    assert.deepEqual([place(bo.user).delivered, place(bo.user).read, place(ana.user).read], [seq, seq, seq - 1]);
    await leave();
  });

  test('who comes later holds back no mark on what was said before', async () => {
    const { people, channel, leave } = await household();
    const [ana, bo, cy] = people;
    const seq = await say(ana.phone, channel);
    for (const { phone } of [bo, cy]) await phone.call('mark', { channel, read: seq });
    await ana.phone.next('positions', allHave('read', channel, seq));
    const late = await arrive(server, 'plain JSON');
    await ana.phone.call('channel.invite', { channel, users: [late.user] });
    assert.ok((await ana.phone.call('channel.get', { channel })).read_by_all >= seq);
    await late.close();
    await leave();
  });

  test('who leaves holds back no mark any more', async () => {
    const { people, channel, leave } = await household();
    const [ana, bo, cy] = people;
    const seq = await say(ana.phone, channel);
    await bo.phone.call('mark', { channel, read: seq });
    await cy.phone.call('channel.leave', { channel });
    assert.equal((await ana.phone.next('positions', allHave('read', channel, seq))).read, seq);
    await leave();
  });
});
