// Messages: sending, changing, forwarding.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { text } from '../support/people.js';
import { membersOnly } from './rights.js';
import { accepts, refusalOf, refuses } from './table.js';

/** Sends, and waits for what becomes of it. */
const send = (person, channel, message = {}) =>
  person.call('message.send', { channel, client_id: randomUUID(), body: text('What news?'), wait: true, ...message });

const history = async (person, channel) => (await person.call('history', { channel })).messages;

const VENICE = { latitude: 45.438, longitude: 12.336, label: 'Rialto' };

// message.send

accepts('message.send', 'is received, and stored', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  const client_id = randomUUID();
  const answer = await ana.call('message.send', { channel, client_id, body: text('What news?') });
  assert.equal(answer.received, true);
  // Sent again with the same name, it is the same message; and now the answer waits until it stands.
  const { seq } = await ana.call('message.send', { channel, client_id, body: text('What news?'), wait: true });
  assert.equal(seq, 3);
  const messages = await history(bo, channel);
  assert.deepEqual(messages.map((it) => [it.seq, it.sender, it.client_id, it.body]), [[3, ana.user, client_id, text('What news?')]]);
});

accepts('message.send', 'a place, a person, an answer and a call', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  const contact = { name: 'Bo', user: bo.user, addresses: ['+39 041 000000'] };
  await send(ana, channel, { body: { location: VENICE } });
  await send(ana, channel, { body: { contact } });
  await send(ana, channel, { reply_to: 3, mentions: { users: [bo.user], all: true } });
  const [place, person, answer] = await history(bo, channel);
  assert.deepEqual([place.body, person.body], [{ location: VENICE }, { contact }]);
  assert.deepEqual([answer.reply_to, answer.mentions], [3, { users: [bo.user], all: true }]);
  assert.equal((await bo.call('channel.get', { channel })).mentions, 1);
});

accepts('message.send', 'what the sender says of seq, sender and time does not count', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  await send(ana, channel, { seq: 99, sender: bo.user, at: 1, n: 9, role: 'owner' });
  const [message] = await history(bo, channel);
  assert.deepEqual([message.seq, message.sender, message.n], [3, ana.user, 1]);
  assert.ok(message.at > 1);
});

accepts('message.send', 'every script, and as many bytes as are allowed', async (world) => {
  const { ana } = world;
  const channel = await world.group(ana);
  const words = [
    'שלום \u202B עולם',
    '你好，世界',
    'สวัสดี',
    '👩🏽‍👩🏽‍👧🏽‍👦🏽',
    '\u0000 <script>alert(1)</script> ${x} {{x}}',
    'x'.repeat(ana.ready.limits.body_bytes),
  ];
  for (const each of words) await send(ana, channel, { body: text(each) });
  assert.deepEqual((await history(ana, channel)).map(({ body }) => body.text), words);
});

accepts('message.send', 'sent again after leaving, it is still where it was', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  const client_id = randomUUID();
  const { seq } = await send(bo, channel, { client_id });
  await bo.call('channel.leave', { channel });
  assert.equal((await send(bo, channel, { client_id })).seq, seq);
});

for (const words of ['', ' \n\t ']) {
  refuses('message.send', 'message.empty', JSON.stringify(words), async (world) => {
    await send(world.ana, await world.group(world.ana), { body: text(words) });
  });
}

refuses('message.send', 'message.too_long', 'one byte more than is allowed', async (world) => {
  await send(world.ana, await world.group(world.ana), { body: text('x'.repeat(world.ana.ready.limits.body_bytes + 1)) });
});

for (const [what, body] of [
  ['a place beyond the pole', { location: { latitude: 91, longitude: 0 } }],
  ['a place with a long label', { location: { ...VENICE, label: 'x'.repeat(257) } }],
  ['a person without a name', { contact: { name: '' } }],
  ['a person with nine addresses', { contact: { name: 'Bo', addresses: Array(9).fill('x') } }],
]) {
  refuses('message.send', 'message.content_invalid', what, async (world) => {
    await send(world.ana, await world.group(world.ana), { body });
  });
}

for (const [what, message] of [
  ['a body of two kinds', { body: { text: 'x', location: VENICE } }],
  ['a body of no kind', { body: {} }],
  ['a body that is text', { body: 'x' }],
  ['a name that is none', { client_id: 'mine' }],
  ['no name', { client_id: undefined }],
  ['an answer to what is before the beginning', { reply_to: -1 }],
]) {
  refuses('message.send', 'command.invalid', what, async (world) => {
    await send(world.ana, await world.group(world.ana), message);
  });
}

refuses('message.send', 'message.unknown', 'an answer to what is not there', async (world) => {
  await send(world.ana, await world.group(world.ana), { reply_to: 99 });
});

refuses('message.send', 'message.unknown', 'an answer to what one may not see', async (world) => {
  const { channel, target } = await world.message(world.ana);
  await world.ana.call('channel.invite', { channel, users: [world.bo.user] });
  await send(world.bo, channel, { reply_to: target });
});

refuses('message.send', 'message.mentions_invalid', 'calling who is not in', async (world) => {
  await send(world.ana, await world.group(world.ana), { mentions: { users: [world.cy.user] } });
});

refuses('message.send', 'message.mention_all_denied', 'calling everyone in a large group', async (world) => {
  await send(world.bo, await world.largeGroup(world.ana, world.bo), { mentions: { all: true } });
});

refuses('message.send', 'command.too_many', 'calling more than are told in ready', async (world) => {
  const guest = await world.somebody();
  const users = Array.from({ length: guest.ready.limits.users_per_command + 1 }, () => randomUUID());
  await send(guest, await world.group(guest), { mentions: { users } });
}, { on: 'tight' });

refuses('message.send', 'channel.role_too_low', 'a member of a broadcast', async (world) => {
  await send(world.bo, await world.broadcast(world.ana, world.bo));
});

refuses('message.send', 'user.blocked', 'to who blocks one', async (world) => {
  const guest = await world.somebody();
  const channel = await world.direct(guest, world.ana);
  await guest.call('block', { user: world.ana.user });
  await send(world.ana, channel);
});

refuses('message.send', 'user.blocked', 'to whom one blocks', async (world) => {
  const guest = await world.somebody();
  const channel = await world.direct(guest, world.ana);
  await guest.call('block', { user: world.ana.user });
  await send(guest, channel);
});

refuses('message.send', 'limit.exceeded', 'talking too fast', async (world) => {
  const guest = await world.somebody();
  const channel = await world.group(guest);
  await Promise.all(Array.from({ length: 100 }, () => send(guest, channel, { wait: false })));
}, { on: 'strict' });

membersOnly('message.send', () => ({ client_id: randomUUID(), body: text('x') }));

// message.edit

accepts('message.edit', 'changes what everybody reads, and whom it calls', async (world) => {
  const { ana, bo } = world;
  const { channel, target } = await world.message(ana, bo);
  const { seq } = await ana.call('message.edit', { channel, target, body: text('Good news'), mentions: { users: [bo.user] } });
  assert.equal(seq, target + 1);
  const [message] = await history(bo, channel);
  assert.deepEqual([message.body, message.mentions.users], [text('Good news'), [bo.user]]);
  assert.ok(message.edited_at >= message.at);
});

accepts('message.edit', 'under the same name it is the same edit', async (world) => {
  const { channel, target } = await world.message(world.ana);
  const edit = { channel, target, client_id: randomUUID(), body: text('once') };
  assert.deepEqual(await world.ana.call('message.edit', edit), await world.ana.call('message.edit', edit));
});

refuses('message.edit', 'message.not_the_sender', 'what somebody else wrote', async (world) => {
  await world.ana.call('message.edit', { ...(await world.message(world.bo, world.ana)), body: text('x') });
});

refuses('message.edit', 'message.deleted', 'what was deleted', async (world) => {
  const deleted = await world.message(world.ana);
  await world.ana.call('message.delete', deleted);
  await world.ana.call('message.edit', { ...deleted, body: text('x') });
});

for (const [what, words, code] of [['nothing', ' ', 'message.empty'], ['too much', 'x'.repeat(20_000), 'message.too_long']]) {
  refuses('message.edit', code, `to ${what}`, async (world) => {
    await world.ana.call('message.edit', { ...(await world.message(world.ana)), body: text(words) });
  });
}

refuses('message.edit', 'message.content_invalid', 'to a place beyond the pole', async (world) => {
  await world.ana.call('message.edit', { ...(await world.message(world.ana)), body: { location: { latitude: -91, longitude: 0 } } });
});

refuses('message.edit', 'message.mentions_invalid', 'to call who is not in', async (world) => {
  const { ana, cy } = world;
  await ana.call('message.edit', { ...(await world.message(ana)), body: text('x'), mentions: { users: [cy.user] } });
});

refuses('message.edit', 'message.mention_all_denied', 'to call everyone in a large group', async (world) => {
  const channel = await world.largeGroup(world.ana, world.bo);
  const target = await world.say(world.bo, channel);
  await world.bo.call('message.edit', { channel, target, body: text('x'), mentions: { all: true } });
});

refuses('message.edit', 'user.blocked', 'after a block', async (world) => {
  const guest = await world.somebody();
  const channel = await world.direct(guest, world.ana);
  const target = await world.say(world.ana, channel);
  await guest.call('block', { user: world.ana.user });
  await world.ana.call('message.edit', { channel, target, body: text('x') });
});

// message.delete

accepts('message.delete', 'for everyone: the text is gone everywhere', async (world) => {
  const { ana, bo } = world;
  const { channel, target } = await world.message(ana, bo);
  await ana.call('message.edit', { channel, target, body: text('Good news') });
  await bo.call('message.react', { channel, target, emoji: '👍' });
  assert.deepEqual(await ana.call('message.delete', { channel, target }), { seq: target + 3 });
  assert.deepEqual(await ana.call('message.delete', { channel, target }), {});
  const [message] = await history(bo, channel);
  assert.deepEqual([message.deleted, message.body, message.reactions ?? []], [true, undefined, []]);
  const { channels } = await bo.call('sync', { have: { [channel]: target - 1 } });
  assert.ok(!/news/.test(JSON.stringify(channels)), 'the log still has the text');
  assert.equal((await bo.call('channel.get', { channel })).unread, 0);
});

accepts('message.delete', 'for oneself alone', async (world) => {
  const { ana, bo } = world;
  const { channel, target } = await world.message(ana, bo);
  await bo.call('message.delete', { channel, target, for: 'me' });
  assert.deepEqual([(await history(bo, channel)).length, (await history(ana, channel)).length], [0, 1]);
});

accepts('message.delete', 'an owner what others wrote', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  await ana.call('message.delete', { channel, target: await world.say(bo, channel) });
});

refuses('message.delete', 'channel.role_too_low', 'a member what others wrote', async (world) => {
  const { ana, bo } = world;
  await bo.call('message.delete', await world.message(ana, bo));
});

refuses('message.delete', 'message.not_the_sender', 'what the other one wrote', async (world) => {
  const channel = await world.direct(world.ana, world.bo);
  await world.bo.call('message.delete', { channel, target: await world.say(world.ana, channel) });
});

refuses('message.delete', 'message.unknown', 'for oneself, what is not there', async (world) => {
  await world.ana.call('message.delete', { channel: await world.group(world.ana), target: 99, for: 'me' });
});

// message.react

accepts('message.react', 'sets a reaction once, and takes it back', async (world) => {
  const { ana, bo } = world;
  const { channel, target } = await world.message(ana, bo);
  for (const person of [ana, bo]) await person.call('message.react', { channel, target, emoji: '👍' });
  assert.deepEqual(await bo.call('message.react', { channel, target, emoji: '👍' }), {});
  const [before] = await history(bo, channel);
  assert.deepEqual(before.reactions, [{ emoji: '👍', count: 2, mine: true, users: [ana.user, bo.user].sort() }]);
  await bo.call('message.react', { channel, target, emoji: '👍', on: false });
  const [after] = await history(bo, channel);
  assert.deepEqual([after.reactions[0].count, after.reactions[0].mine ?? false], [1, false]);
});

for (const emoji of ['a', '👍👍', '<b>']) {
  refuses('message.react', 'message.reaction_invalid', JSON.stringify(emoji), async (world) => {
    await world.ana.call('message.react', { ...(await world.message(world.ana)), emoji });
  });
}

refuses('message.react', 'message.deleted', 'to what was deleted', async (world) => {
  const deleted = await world.message(world.ana);
  await world.ana.call('message.delete', deleted);
  await world.ana.call('message.react', { ...deleted, emoji: '👍' });
});

refuses('message.react', 'message.too_many_reactions', 'with the fifty-first emoji', async (world) => {
  const message = await world.message(world.ana);
  for (let i = 0; i <= 50; i += 1) await world.ana.call('message.react', { ...message, emoji: String.fromCodePoint(0x1f400 + i) });
});

refuses('message.react', 'user.blocked', 'after a block', async (world) => {
  const guest = await world.somebody();
  const channel = await world.direct(guest, world.ana);
  const target = await world.say(guest, channel);
  await guest.call('block', { user: world.ana.user });
  await world.ana.call('message.react', { channel, target, emoji: '👍' });
});

// message.pin

accepts('message.pin', 'pins and unpins', async (world) => {
  const message = await world.message(world.ana, world.bo);
  assert.deepEqual(await world.ana.call('message.pin', message), { seq: message.target + 1 });
  assert.deepEqual(await world.ana.call('message.pin', message), {});
  assert.equal((await history(world.bo, message.channel))[0].pinned, true);
  await world.ana.call('message.pin', { ...message, on: false });
  assert.deepEqual(await world.bo.call('channel.pins', { channel: message.channel }), { messages: [] });
});

accepts('message.pin', 'either one in a direct channel', async (world) => {
  const channel = await world.direct(world.ana, world.bo);
  await world.bo.call('message.pin', { channel, target: await world.say(world.ana, channel) });
});

refuses('message.pin', 'channel.role_too_low', 'a member of a group', async (world) => {
  await world.bo.call('message.pin', await world.message(world.ana, world.bo));
});

refuses('message.pin', 'message.deleted', 'what was deleted', async (world) => {
  const deleted = await world.message(world.ana);
  await world.ana.call('message.delete', deleted);
  await world.ana.call('message.pin', deleted);
});

refuses('message.pin', 'message.too_many_pins', 'the hundred-and-first', async (world) => {
  const channel = await world.group(world.ana);
  for (let i = 0; i < 101; i += 1) await world.ana.call('message.pin', { channel, target: await world.say(world.ana, channel) });
});

// The four that change a message know what is a message, and who may change one.

for (const [command, data] of Object.entries({
  'message.edit': { body: text('x') },
  'message.delete': {},
  'message.react': { emoji: '👍' },
  'message.pin': {},
})) {
  refuses(command, 'message.unknown', 'what is not there', async (world) => {
    await world.ana.call(command, { channel: await world.group(world.ana), target: 99, ...data });
  });
  refuses(command, 'message.unknown', 'what is no message', async (world) => {
    await world.ana.call(command, { channel: await world.group(world.ana), target: 1, ...data });
  });
  refuses(command, 'command.invalid', 'what cannot be', async (world) => {
    await world.ana.call(command, { channel: await world.group(world.ana), target: -1, ...data });
  });
  membersOnly(command, () => ({ target: 1, ...data }));
}

// message.forward

accepts('message.forward', 'and the first author stays named', async (world) => {
  const { ana, bo, cy } = world;
  const { channel: from, target } = await world.message(ana, bo);
  const [middle, last] = [await world.group(bo), await world.group(bo, cy)];
  const once = await bo.call('message.forward', { from, target, channel: middle, client_id: randomUUID(), wait: true });
  await bo.call('message.forward', { from: middle, target: once.seq, channel: last, client_id: randomUUID(), wait: true });
  const [message] = await history(cy, last);
  assert.deepEqual([message.sender, message.forwarded_from, message.body], [bo.user, ana.user, text('What news?')]);
});

refuses('message.forward', 'message.unknown', 'what is not there', async (world) => {
  const channel = await world.group(world.ana);
  await world.ana.call('message.forward', { from: channel, target: 99, channel, client_id: randomUUID() });
});

refuses('message.forward', 'message.unknown', 'what was said before one came', async (world) => {
  const { channel, target } = await world.message(world.ana);
  await world.ana.call('channel.invite', { channel, users: [world.bo.user] });
  await world.bo.call('message.forward', { from: channel, target, channel, client_id: randomUUID() });
});

refuses('message.forward', 'message.deleted', 'what was deleted', async (world) => {
  const { channel, target } = await world.message(world.ana);
  await world.ana.call('message.delete', { channel, target });
  await world.ana.call('message.forward', { from: channel, target, channel, client_id: randomUUID() });
});

refuses('message.forward', 'channel.unknown', 'what strangers say', async (world) => {
  const { channel: from, target } = await world.message(world.ana, world.bo);
  await world.cy.call('message.forward', { from, target, channel: await world.group(world.cy), client_id: randomUUID() });
});

refuses('message.forward', 'channel.unknown', 'to strangers', async (world) => {
  const { channel: from, target } = await world.message(world.cy);
  await world.cy.call('message.forward', { from, target, channel: await world.group(world.ana), client_id: randomUUID() });
});

refuses('message.forward', 'channel.role_too_low', 'to a broadcast of others', async (world) => {
  const { channel: from, target } = await world.message(world.bo);
  await world.bo.call('message.forward', { from, target, channel: await world.broadcast(world.ana, world.bo), client_id: randomUUID() });
});

refuses('message.forward', 'user.blocked', 'to who blocks one', async (world) => {
  const guest = await world.somebody();
  const { channel: from, target } = await world.message(world.ana);
  const channel = await world.direct(guest, world.ana);
  await guest.call('block', { user: world.ana.user });
  await world.ana.call('message.forward', { from, target, channel, client_id: randomUUID(), wait: true });
});

// What cannot be told at once is told later, by an event.

accepts('message.send', 'what is refused after it was received comes back', async (world) => {
  const { ana } = world;
  const channel = await world.group(ana);
  const client_id = randomUUID();
  await send(ana, channel, { client_id, reply_to: 99, wait: false });
  const rejected = await ana.next('rejected', (it) => it.client_id === client_id);
  assert.deepEqual([rejected.channel, rejected.code], [channel, 'message.unknown']);
}, { not: ['REST'] });

accepts('message.send', 'over REST the answer always tells where it stands', async (world) => {
  const channel = await world.group(world.ana);
  assert.equal((await send(world.ana, channel, { wait: undefined })).seq, 2);
  const refusal = await refusalOf(() => send(world.ana, channel, { wait: false, reply_to: 99 }));
  assert.equal(refusal.code, 'message.unknown');
}, { only: ['REST'] });
