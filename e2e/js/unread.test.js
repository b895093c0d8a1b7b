// Unread counts are derived, never counted up: at rest they equal a plain count over the history, whatever happened.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { withDice } from './support/dice.js';
import { anotherDevice, direct, gather, group, say, text } from './support/people.js';
import { Server } from './support/server.js';

describe('unread', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  /** All messages that somebody can read in a channel. */
  async function wholeHistory(person, channel) {
    const whole = [];
    for (;;) {
      const { messages } = await person.call('history', { channel, after: whole.at(-1)?.seq ?? 0, limit: 50 });
      if (messages.length === 0) return whole;
      whole.push(...messages);
    }
  }

  async function plainCount(person, channel, read) {
    const unread = (await wholeHistory(person, channel)).filter(({ seq, sender, deleted }) => seq > read && sender !== person.user && !deleted);
    const calling = unread.filter(({ mentions }) => mentions?.all || mentions?.users?.includes(person.user));
    return { unread: unread.length, mentions: calling.length };
  }

  async function assertTrue(person, channels) {
    const { channels: listed } = await person.call('channel.list');
    for (const channel of channels) {
      const one = await person.call('channel.get', { channel });
      const counted = await plainCount(person, channel, one.read);
      assert.deepEqual({ unread: one.unread, mentions: one.mentions }, counted);
      const inList = listed.find(({ id }) => id === channel);
      assert.deepEqual([inList.unread, inList.mentions, inList.read], [one.unread, one.mentions, one.read]);
    }
  }

  test('counts equal a plain count over a random history', { timeout: 120_000 }, () =>
    withDice(async (dice) => {
      const people = await gather(server, 'plain JSON', 'ana', 'bo', 'cy');
      const devices = await Promise.all(people.map((person) => anotherDevice(person, 'plain MessagePack')));
      const [ana, bo] = people;
      const channels = [await group(people), await direct(ana, bo)];
      const members = new Map([[channels[0], people], [channels[1], [ana, bo]]]);
      const spoken = new Map(channels.map((channel) => [channel, []]));

      const mentions = (channel) => {
        const users = members.get(channel).filter(() => dice.chance(0.3)).map(({ user }) => user);
        return { users, all: channel === channels[0] && dice.chance(0.1) };
      };
      const steps = {
        async send(person, channel) {
          const seq = await say(person, channel, `news ${dice.below(1000)}`, { mentions: mentions(channel) });
          spoken.get(channel).push({ seq, person });
        },
        async edit(_, channel, { seq, person }) {
          await person.call('message.edit', { channel, target: seq, body: text('edited'), mentions: mentions(channel) });
        },
        async delete(_, channel, { seq, person }) {
          await person.call('message.delete', { channel, target: seq });
          spoken.set(channel, spoken.get(channel).filter((it) => it.seq !== seq));
        },
        async hide(person, channel, { seq }) {
          await person.call('message.delete', { channel, target: seq, for: 'me' });
        },
        async react(person, channel, { seq }) {
          await person.call('message.react', { channel, target: seq, emoji: '👍', on: dice.chance(0.7) });
        },
        async mark(person, channel) {
          const { head } = await person.call('channel.get', { channel });
          const device = dice.pick([person, devices[people.indexOf(person)]]);
          await device.call('mark', { channel, read: dice.below(head + 2) });
        },
      };
      const names = ['send', 'send', 'send', 'send', 'send', 'edit', 'delete', 'hide', 'react', 'mark', 'mark'];
      for (let i = 0; i < 400; i += 1) {
        const channel = dice.pick(channels);
        const person = dice.pick(members.get(channel));
        const about = spoken.get(channel);
        const name = dice.pick(names);
        if (about.length === 0 && name !== 'send') continue;
        await steps[name](person, channel, dice.pick(about.length > 0 ? about : [undefined]));
        // A mark is acknowledged before it is stored; what is said next in the channel comes after it.
        if (name === 'mark') await steps.send(dice.pick(members.get(channel)), channel);
        if (i % 40 === 39) for (const each of people) await assertTrue(each, channels.filter((it) => members.get(it).includes(each)));
      }
      await server.restart();
      const back = await gatherAgain(people);
      for (const each of back) await assertTrue(each, channels.filter((it) => members.get(it).some(({ user }) => user === each.user)));
      await Promise.all(back.map((person) => person.close()));
    }));

  /** After a restart the old connections are gone. */
  const gatherAgain = (people) => Promise.all(people.map((person) => anotherDevice(person)));

  test('who reads everything has nothing unread, and who comes back is not told of the time between', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channel = await group([ana, bo]);
    for (let i = 0; i < 5; i += 1) await say(ana, channel);
    assert.equal((await bo.call('channel.get', { channel })).unread, 5);
    await bo.call('channel.leave', { channel });
    await say(ana, channel);
    await ana.call('channel.invite', { channel, users: [bo.user] });
    assert.equal((await bo.call('channel.get', { channel })).unread, 0);
    const seq = await say(ana, channel);
    assert.equal((await bo.call('channel.get', { channel })).unread, 1);
    await bo.call('mark', { channel, read: seq });
    await bo.next('positions', (it) => it.channel === channel && it.members?.some(({ user, read }) => user === bo.user && read === seq));
    assert.equal((await bo.call('channel.get', { channel })).unread, 0);
    await Promise.all([ana.close(), bo.close()]);
  });
});
