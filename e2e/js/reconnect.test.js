// Lines break and servers die. Nobody loses anything that was acknowledged, and nobody sees anything twice.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { connect, liveCarriers } from './support/carriers.js';
import { withDice } from './support/dice.js';
import { Follower } from './support/follower.js';
import { eventually } from './support/patience.js';
import { arrive, connectAgain, gather, group, register, say, text } from './support/people.js';
import { Server } from './support/server.js';
import { Talker } from './support/talker.js';

const socketioCarriers = liveCarriers.filter((carrier) => carrier.startsWith('Socket.IO'));

/** All messages of a channel, page by page. */
async function wholeHistory(person, channel) {
  const whole = [];
  for (;;) {
    const { messages } = await person.call('history', { channel, after: whole.at(-1)?.seq ?? 0, limit: 200 });
    if (messages.length === 0) return whole;
    whole.push(...messages);
  }
}

/** Waits until all that these said is known to be stored. */
async function allStored(talkers) {
  await eventually('everything to be stored', () => talkers.every(({ outbox, refusal }) => outbox.size === 0 || refusal));
  for (const { refusal } of talkers) assert.equal(refusal, undefined);
}

describe('connecting again', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  for (const carrier of liveCarriers) {
    test(`over ${carrier}, what changed meanwhile comes with the first payload, and by sync`, async () => {
      const ana = await arrive(server, 'plain JSON');
      const bo = await arrive(server, carrier);
      const channel = await group([ana, bo]);
      const [edited, deleted, liked] = [await say(ana, channel, 'tpyo'), await say(ana, channel, 'regret'), await say(ana, channel, 'wit')];
      await bo.entry({ channel, seq: liked });
      await bo.close();

      await ana.call('message.edit', { channel, target: edited, body: text('typ') });
      await ana.call('message.edit', { channel, target: edited, body: text('typo') });
      await ana.call('message.react', { channel, target: liked, emoji: '👍' });
      await ana.call('message.delete', { channel, target: deleted });
      await ana.call('message.pin', { channel, target: liked });
      await say(ana, channel, 'news');

      const back = await connectAgain(bo, carrier, { have: { [channel]: liked } });
      const { missed } = back.ready;
      assert.deepEqual(
        missed.channels[channel].entries.map(({ seq, kind, target, body }) => [seq - liked, kind, target, body?.text]),
        [
          // An edit read later says what the message says now.
          [1, 'edit', edited, 'typo'],
          [2, 'edit', edited, 'typo'],
          [3, 'reaction', liked, undefined],
          [4, 'delete', deleted, undefined],
          [5, 'pin', liked, undefined],
          [6, 'message', undefined, 'news'],
        ],
      );
      assert.deepEqual((await back.call('sync', { have: { [channel]: liked } })).channels[channel].entries, missed.channels[channel].entries);

      const { messages } = await back.call('history', { channel });
      assert.deepEqual(
        messages.map(({ body, deleted, pinned, reactions }) => [body?.text, deleted ?? false, pinned ?? false, reactions?.length ?? 0]),
        [['typo', false, false, 0], [undefined, true, false, 0], ['wit', false, true, 1], ['news', false, false, 0]],
      );
      await Promise.all([ana.close(), back.close()]);
    });
  }

  for (const carrier of socketioCarriers) {
    test(`${carrier} comes back by itself when its line breaks, and misses nothing`, async () => {
      const ana = await arrive(server, 'plain JSON');
      const tokens = await register(server);
      const follower = new Follower();
      const auth = (greet) => greet({ token: tokens.access_token, have: follower.have });
      const bo = Object.assign(await connect(carrier, server, { auth }), { user: tokens.user });
      follower.follow(bo);
      const channel = await group([ana, bo]);
      await bo.entry({ channel, seq: await say(ana, channel, 'one') });
      bo.socket.io.engine.close();
      await say(ana, channel, 'two');
      await bo.next('ready', ({ missed }) => missed);
      await say(ana, channel, 'three');
      const words = () => follower.entries(channel).flatMap(({ body }) => body?.text ?? []);
      await eventually('the third message', () => words().length === 3);
      assert.deepEqual(words(), ['one', 'two', 'three']);
      await Promise.all([ana.close(), bo.close()]);
    });
  }

  test('who missed too much is told to read anew', { timeout: 120_000 }, async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channel = await group([ana, bo]);
    await bo.close();
    let head;
    for (let i = 0; i < 21; i += 1) head = Math.max(...(await Promise.all(Array.from({ length: 50 }, () => say(ana, channel)))));
    const { channels } = await ana.call('sync', { have: { [channel]: 0 } });
    assert.deepEqual(channels[channel], { gap: 'refetch', head });
    const back = await connectAgain(bo, 'plain JSON', { have: { [channel]: head - 1000 } });
    assert.equal(back.ready.missed.channels[channel].entries.length, 1000);
    await Promise.all([ana.close(), back.close()]);
  });

  test('what comes in many channels at once is caught up piece by piece', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channels = [];
    for (let i = 0; i < 6; i += 1) channels.push(await group([ana, bo]));
    await bo.close();
    const long = 'x'.repeat(16_000);
    for (const channel of channels) await Promise.all(Array.from({ length: 20 }, () => say(ana, channel, long)));
    const back = await connectAgain(bo);
    const follower = new Follower();
    for (const channel of channels) follower.begin(channel, 2);
    const first = await back.call('sync', { have: follower.have });
    assert.equal(first.more, true, 'two megabytes do not fit into one answer');
    follower.catchUp(first);
    await follower.sync(back);
    for (const channel of channels) assert.deepEqual(follower.entries(channel).map(({ seq }) => seq), Array.from({ length: 20 }, (_, i) => i + 3));
    await Promise.all([ana.close(), back.close()]);
  });

  for (const carrier of liveCarriers) {
    test(`over ${carrier}, what is sent again after a break appears once, where it was`, () =>
      withDice(async (dice) => {
        const ana = await arrive(server, 'plain JSON');
        const bo = new Talker(await arrive(server, carrier));
        const channel = await group([ana, bo.person]);
        bo.begin(channel, 2);
        for (let round = 0; round < 3; round += 1) {
          for (let i = 0; i < 20; i += 1) bo.say(channel, `${round}.${i}`);
          // Some of it arrived, and nobody here knows how much.
          const some = dice.below(20);
          if (some > 0) await ana.entry(({ channel: it, body }) => it === channel && body?.text === `${round}.${some - 1}`);
          await bo.person.close();
          await bo.return();
          await bo.return();
        }
        await allStored([bo]);
        const said = Array.from({ length: 60 }, (_, i) => `${Math.floor(i / 20)}.${i % 20}`);
        const messages = await wholeHistory(ana, channel);
        assert.deepEqual(messages.map(({ body }) => body.text), said);
        assert.deepEqual(messages.map(({ seq }) => seq), said.map((_, i) => i + 3));
        await Promise.all([ana.close(), bo.person.close()]);
      }));
  }

  test('a message sent again is told again to the one who asks, and to nobody else', async () => {
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channel = await group([ana, bo]);
    const message = { channel, client_id: randomUUID(), body: text('once') };
    await ana.call('message.send', message);
    const { seq } = await ana.entry({ client_id: message.client_id });
    await ana.call('message.send', { ...message, body: text('once more, in other words') });
    const again = await ana.entry({ client_id: message.client_id });
    assert.deepEqual([again.seq, again.body.text], [seq, 'once']);
    const last = await say(ana, channel);
    await bo.entry({ channel, seq: last });
    assert.equal(bo.all('entry', (it) => it.client_id === message.client_id).length, 1);
    await Promise.all([ana.close(), bo.close()]);
  });
});

describe('a server that ends', { concurrency: 4 }, () => {
  for (const carrier of socketioCarriers) {
    test(`${carrier} finds it again by itself after a restart`, async (t) => {
      const server = await Server.during(t);
      const tokens = await register(server);
      const follower = new Follower();
      const auth = (greet) => greet({ token: tokens.access_token, have: follower.have });
      const bo = follower.follow(Object.assign(await connect(carrier, server, { auth }), { user: tokens.user }));
      const channel = await group([bo]);
      const seq = await say(bo, channel, 'before');
      await bo.entry({ channel, seq });
      await server.restart();
      const ready = await bo.next('ready', ({ missed }) => missed);
      assert.deepEqual(ready.missed.channels[channel].entries, []);
      assert.equal(ready.channels.channels[0].head, seq);
      const next = await say(bo, channel, 'after');
      assert.equal((await bo.entry({ channel, seq: next })).body.text, 'after');
      await bo.close();
    });
  }

  for (const [how, end] of Object.entries({ 'killed amid talk': 'kill', 'told to go amid talk': 'terminate' })) {
    test(`${how}, loses nothing that was stored, doubles nothing, and keeps one order for all`, { timeout: 120_000 }, (t) =>
      withDice(async (dice) => {
        const server = await Server.during(t);
        const talkers = (await Promise.all(liveCarriers.map((carrier) => arrive(server, carrier)))).map((person) => new Talker(person));
        const people = talkers.map(({ person }) => person);
        const channels = [await group(people), await group(people)];
        for (const talker of talkers) for (const channel of channels) talker.begin(channel, 2);
        const said = new Map(channels.map((channel) => [channel, new Set()]));
        const talk = () => {
          for (const [place, talker] of talkers.entries()) {
            const channel = dice.pick(channels);
            const words = `${place}: ${said.get(channel).size}`;
            said.get(channel).add(words);
            talker.say(channel, words);
          }
        };
        for (let life = 0; life < 3; life += 1) {
          const stored = () => talkers.reduce((sum, talker) => sum + talker.stored.size, 0);
          const until = stored() + 20 + dice.below(150);
          const mouth = setInterval(talk, 1);
          await eventually('some messages to be stored', () => stored() >= until);
          await server[end]();
          clearInterval(mouth);
          await Promise.all(talkers.map(({ person }) => person.close()));
          await server.revive();
          await Promise.all(talkers.map((talker) => talker.return()));
        }
        await allStored(talkers);

        for (const channel of channels) {
          await Promise.all(talkers.map((talker) => talker.sync(talker.person)));
          const [first, ...others] = talkers.map((talker) => talker.entries(channel).map(({ seq, sender, client_id }) => [seq, sender, client_id]));
          assert.deepEqual(first.map(([seq]) => seq), first.map((_, i) => i + 3), 'a hole, or a place taken twice');
          for (const other of others) assert.deepEqual(other, first);
          const messages = await wholeHistory(talkers[0].person, channel);
          assert.deepEqual(messages.map(({ body }) => body.text).sort(), [...said.get(channel)].sort(), 'something is lost, doubled or invented');
          const places = new Map(messages.map(({ client_id, seq }) => [client_id, seq]));
          for (const talker of talkers) {
            const own = talker.entries(channel).filter(({ sender, kind }) => sender === talker.person.user && kind === 'message');
            for (const { client_id } of own) assert.equal(places.get(client_id), talker.stored.get(client_id), 'a stored message moved');
            // Who said one thing after the other is heard so.
            const order = own.map(({ body }) => Number(body.text.split(': ')[1]));
            assert.deepEqual(order, [...order].sort((one, other) => one - other));
          }
        }
        await Promise.all(talkers.map(({ person }) => person.close()));
        }));
  }

  test('ids, tokens, settings and roles survive it', async (t) => {
    const server = await Server.during(t);
    const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
    const channel = await group([ana, bo]);
    await ana.call('channel.role', { channel, user: bo.user, role: 'admin' });
    await ana.call('settings.set', { settings: { typing: 'nobody' } });
    await ana.call('channel.mute', { channel });
    const target = await say(bo, channel);
    await ana.call('message.react', { channel, target, emoji: '👍' });
    const everything = (person) =>
      Promise.all([
        person.call('channel.list'),
        person.call('account.get'),
        person.call('history', { channel }),
        person.call('sessions.list'),
        person.call('channel.members', { channel }),
      ]);
    const before = await everything(ana);
    await server.kill();
    await server.revive();
    const back = await connectAgain(ana);
    assert.equal(back.ready.epoch, ana.ready.epoch);
    assert.deepEqual(await everything(back), before);
    await back.close();
  });
});
