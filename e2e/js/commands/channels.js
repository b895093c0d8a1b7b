// Channels and their members.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { pause } from '../support/patience.js';
import { membersOnly, notInDirect, roleTooLow } from './rights.js';
import { accepts, refusalOf, refuses } from './table.js';

const ids = (people) => people.map(({ user }) => user);
const sorted = (list) => [...list].sort();

// channel.create

accepts('channel.create', 'a direct channel, and for the same pair the same one', async (world) => {
  const guest = await world.somebody();
  const channel = await guest.call('channel.create', { kind: 'direct', members: [world.ana.user] });
  assert.deepEqual([channel.kind, channel.peer.id, channel.members, channel.unread], ['direct', world.ana.user, 2, 0]);
  const again = await world.ana.call('channel.create', { kind: 'direct', members: [guest.user] });
  assert.deepEqual([again.id, again.peer.id], [channel.id, guest.user]);
});

accepts('channel.create', 'a group with title and description, and its members in', async ({ ana, bo, cy }) => {
  const wish = { kind: 'group', title: ' Rialto ', description: 'What news?', members: ids([bo, cy, bo, ana]) };
  const channel = await ana.call('channel.create', wish);
  assert.deepEqual(
    [channel.title, channel.description, channel.role, channel.members, channel.head, channel.read, channel.unread],
    ['Rialto', 'What news?', 'owner', 3, 2, 2, 0],
  );
  assert.equal((await bo.call('channel.get', { channel: channel.id })).role, 'member');
});

accepts('channel.create', 'a broadcast of one', async ({ ana }) => {
  const channel = await ana.call('channel.create', { kind: 'broadcast', title: 'News' });
  assert.deepEqual([channel.kind, channel.members, channel.head], ['broadcast', 1, 1]);
});

for (const [what, members] of [['nobody', () => []], ['oneself', ({ ana }) => ids([ana])], ['two', ({ bo, cy }) => ids([bo, cy])]]) {
  refuses('channel.create', 'channel.members_invalid', `a direct channel with ${what}`, async (world) => {
    await world.ana.call('channel.create', { kind: 'direct', members: members(world) });
  });
}

for (const [what, title] of [['without a title', undefined], ['with an empty title', ' '], ['with a long title', 'x'.repeat(129)]]) {
  refuses('channel.create', 'channel.title_invalid', `a group ${what}`, async ({ ana }) => {
    await ana.call('channel.create', { kind: 'group', title });
  });
}

refuses('channel.create', 'channel.title_invalid', 'with a long description', async ({ ana }) => {
  await ana.call('channel.create', { kind: 'group', title: 'Rialto', description: 'x'.repeat(2049) });
});

refuses('channel.create', 'user.unknown', 'with whom nobody knows', async ({ ana, bo }) => {
  await ana.call('channel.create', { kind: 'group', title: 'Rialto', members: [bo.user, randomUUID()] });
});

refuses('channel.create', 'user.blocked', 'with who blocks one', async (world) => {
  const guest = await world.somebody();
  await guest.call('block', { user: world.ana.user });
  await world.ana.call('channel.create', { kind: 'direct', members: [guest.user] });
});

refuses('channel.create', 'command.invalid', 'of a kind that there is not', async ({ ana }) => {
  await ana.call('channel.create', { kind: 'public', title: 'Rialto' });
});

refuses('channel.create', 'command.too_many', 'with more than are told in ready', async (world) => {
  await world.ana.call('channel.create', { kind: 'group', title: 'Rialto', members: ids(await world.some(3)) });
}, { on: 'tight' });

refuses('channel.create', 'channel.full', 'with more than a channel holds', async (world) => {
  await world.ana.call('channel.create', { kind: 'group', title: 'Rialto', members: ids(await world.some(4)) });
}, { on: 'tight' });

refuses('channel.create', 'channel.too_many', 'when one is in too many', async (world) => {
  const guest = await world.somebody();
  for (let i = 0; i <= guest.ready.limits.channels_per_user; i += 1) await guest.call('channel.create', { kind: 'group', title: 'Rialto' });
}, { on: 'tight' });

refuses('channel.create', 'channel.too_many', 'when somebody else is', async (world) => {
  const [guest, other] = await world.some(2);
  for (let i = 0; i < guest.ready.limits.channels_per_user; i += 1) await guest.call('channel.create', { kind: 'group', title: 'Rialto' });
  await world.direct(other, guest);
}, { on: 'tight' });

refuses('channel.create', 'limit.exceeded', 'too many at once', async (world) => {
  const guest = await world.somebody();
  for (let i = 0; i < 40; i += 1) await guest.call('channel.create', { kind: 'group', title: 'Rialto' });
}, { on: 'strict' });

// channel.list, channel.get, channel.members, channel.pins

accepts('channel.list', 'the most recently active first, page by page', async (world) => {
  const guest = await world.somebody();
  const channels = [];
  for (let i = 0; i < 3; i += 1) channels.push(await world.group(guest, world.ana));
  await world.say(guest, channels[0], 'x'.repeat(300));
  const listed = [];
  let cursor;
  do {
    const page = await guest.call('channel.list', { limit: 1, cursor });
    assert.equal(page.channels.length, 1);
    listed.push(page.channels[0]);
    cursor = page.next;
  } while (cursor);
  assert.deepEqual(listed.map(({ id }) => id), [channels[0], channels[2], channels[1]]);
  assert.deepEqual([listed[0].last.body.text.length, listed[0].unread], [256, 0]);
});

refuses('channel.list', 'command.invalid', 'a cursor that is none', async ({ ana }) => {
  await ana.call('channel.list', { cursor: '../..' });
});

accepts('channel.get', 'one channel as it is for oneself', async (world) => {
  const channel = await world.group(world.ana, world.bo);
  const seq = await world.say(world.ana, channel);
  const seen = await world.bo.call('channel.get', { channel });
  assert.deepEqual([seen.head, seen.unread, seen.mentions, seen.read, seen.since, seen.last.seq], [seq, 1, 0, seq - 1, 2, seq]);
});

membersOnly('channel.get', () => ({}), { afterLeaving: 'channel.unknown' });

accepts('channel.members', 'in the order of their ids, page by page', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await world.group(ana, bo, cy);
  const listed = [];
  let after;
  do {
    const page = await bo.call('channel.members', { channel, limit: 2, after });
    listed.push(...page.members);
    after = page.next;
  } while (after);
  assert.deepEqual(listed.map(({ id }) => id), sorted(ids([ana, bo, cy])));
  assert.equal(listed.find(({ id }) => id === ana.user).role, 'owner');
});

membersOnly('channel.members', () => ({}));

accepts('channel.pins', 'the pinned messages, oldest first', async (world) => {
  const { ana, bo } = world;
  const { channel, target } = await world.message(ana, bo);
  const newer = await world.say(bo, channel);
  for (const seq of [newer, target]) await ana.call('message.pin', { channel, target: seq });
  const { messages } = await bo.call('channel.pins', { channel });
  assert.deepEqual(messages.map(({ seq, pinned }) => [seq, pinned]), [[target, true], [newer, true]]);
});

membersOnly('channel.pins', () => ({}));

// channel.invite, channel.join

accepts('channel.invite', 'adds users, and adds them once', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await world.group(ana, bo);
  assert.deepEqual(await bo.call('channel.invite', { channel, users: ids([cy, ana]) }), { seq: 3 });
  assert.deepEqual(await bo.call('channel.invite', { channel, users: ids([cy]) }), {});
  assert.equal((await cy.call('channel.get', { channel })).since, 3);
});

membersOnly('channel.invite', ({ user }) => ({ users: [user] }));
notInDirect('channel.invite', ({ cy }) => ({ users: ids([cy]) }));
roleTooLow('channel.invite', ({ cy }) => ({ users: ids([cy]) }), 'broadcast');

refuses('channel.invite', 'user.unknown', 'whom nobody knows', async (world) => {
  await world.ana.call('channel.invite', { channel: await world.group(world.ana), users: [randomUUID()] });
});

refuses('channel.invite', 'user.blocked', 'who blocks one', async (world) => {
  const guest = await world.somebody();
  await guest.call('block', { user: world.ana.user });
  await world.ana.call('channel.invite', { channel: await world.group(world.ana), users: ids([guest]) });
});

refuses('channel.invite', 'command.invalid', 'neither users nor a link', async (world) => {
  await world.ana.call('channel.invite', { channel: await world.group(world.ana) });
});

refuses('channel.invite', 'channel.full', 'more than a channel holds', async (world) => {
  const guests = await world.some(5);
  const channel = await world.group(...guests.slice(0, 3));
  await guests[0].call('channel.invite', { channel, users: ids(guests.slice(3)) });
}, { on: 'tight' });

refuses('channel.invite', 'channel.too_many', 'who is in too many', async (world) => {
  const [guest, other] = await world.some(2);
  for (let i = 0; i < guest.ready.limits.channels_per_user; i += 1) await world.group(guest);
  await other.call('channel.invite', { channel: await world.group(other), users: ids([guest]) });
}, { on: 'tight' });

refuses('channel.invite', 'command.too_many', 'more than are told in ready', async (world) => {
  const guests = await world.some(4);
  await guests[0].call('channel.invite', { channel: await world.group(guests[0]), users: ids(guests.slice(1)) });
}, { on: 'tight' });

refuses('channel.invite', 'limit.exceeded', 'making too many links', async (world) => {
  const guest = await world.somebody();
  const channel = await world.group(guest);
  for (let i = 0; i < 40; i += 1) await guest.call('channel.invite', { channel, link: {} });
}, { on: 'strict' });

accepts('channel.join', 'by an invite, and who is in uses nothing up', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await world.group(ana);
  const { invite } = await ana.call('channel.invite', { channel, link: { uses: 1, expires_in_ms: 600_000 } });
  const joined = await bo.call('channel.join', { invite });
  assert.deepEqual([joined.id, joined.role, joined.since, joined.unread], [channel, 'member', 2, 0]);
  const refusal = await refusalOf(() => cy.call('channel.join', { invite }));
  assert.equal(refusal.code, 'channel.invite_invalid');
});

accepts('channel.join', 'and who is in uses nothing up', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana);
  const { invite } = await ana.call('channel.invite', { channel, link: { uses: 1 } });
  await ana.call('channel.join', { invite });
  assert.equal((await bo.call('channel.join', { invite })).id, channel);
});

for (const invite of ['', 'AAAAAAAAAAAAAAAAAAAAAA', '../..']) {
  refuses('channel.join', 'channel.invite_invalid', JSON.stringify(invite), async ({ ana }) => {
    await ana.call('channel.join', { invite });
  });
}

refuses('channel.join', 'channel.invite_invalid', 'too late', async (world) => {
  const { invite } = await world.ana.call('channel.invite', { channel: await world.group(world.ana), link: { expires_in_ms: 1 } });
  await pause(10);
  await world.bo.call('channel.join', { invite });
});

refuses('channel.join', 'channel.invite_invalid', 'to a channel that was deleted', async (world) => {
  const channel = await world.group(world.ana);
  const { invite } = await world.ana.call('channel.invite', { channel, link: {} });
  await world.ana.call('channel.delete', { channel });
  await world.bo.call('channel.join', { invite });
});

refuses('channel.join', 'channel.full', 'when nobody fits in any more', async (world) => {
  const [owner, ...guests] = await world.some(5);
  const channel = await world.group(owner, ...guests.slice(0, 2));
  const { invite } = await owner.call('channel.invite', { channel, link: {} });
  await guests[2].call('channel.join', { invite });
  await guests[3].call('channel.join', { invite });
}, { on: 'tight' });

refuses('channel.join', 'channel.too_many', 'when one is in too many', async (world) => {
  const [guest, other] = await world.some(2);
  const { invite } = await other.call('channel.invite', { channel: await world.group(other), link: {} });
  for (let i = 0; i < guest.ready.limits.channels_per_user; i += 1) await world.group(guest);
  await guest.call('channel.join', { invite });
}, { on: 'tight' });

refuses('channel.join', 'limit.exceeded', 'guessing invites', async (world) => {
  const guest = await world.somebody();
  for (let i = 0; i < 40; i += 1) {
    const refusal = await refusalOf(() => guest.call('channel.join', { invite: 'AAAAAAAAAAAAAAAAAAAAAA' }));
    if (refusal.code !== 'channel.invite_invalid') throw refusal;
  }
}, { on: 'strict' });

// channel.leave, channel.kick, channel.role

accepts('channel.leave', 'a member', async (world) => {
  const channel = await world.group(world.ana, world.bo);
  assert.deepEqual(await world.bo.call('channel.leave', { channel }), { seq: 3 });
  assert.equal((await world.ana.call('channel.get', { channel })).members, 1);
});

accepts('channel.leave', 'an owner who is the last one in', async (world) => {
  await world.ana.call('channel.leave', { channel: await world.group(world.ana) });
});

refuses('channel.leave', 'channel.last_owner', 'while others are in', async (world) => {
  await world.ana.call('channel.leave', { channel: await world.group(world.ana, world.bo) });
});

membersOnly('channel.leave', () => ({}));
notInDirect('channel.leave', () => ({}));

accepts('channel.kick', 'removes a member', async (world) => {
  const channel = await world.group(world.ana, world.bo);
  assert.deepEqual(await world.ana.call('channel.kick', { channel, user: world.bo.user }), { seq: 3 });
});

refuses('channel.kick', 'user.oneself', 'oneself', async (world) => {
  await world.ana.call('channel.kick', { channel: await world.group(world.ana, world.bo), user: world.ana.user });
});

refuses('channel.kick', 'user.unknown', 'who is not in', async (world) => {
  await world.ana.call('channel.kick', { channel: await world.group(world.ana, world.bo), user: world.cy.user });
});

refuses('channel.kick', 'channel.role_too_low', 'an administrator another one', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await world.group(ana, bo, cy);
  for (const { user } of [bo, cy]) await ana.call('channel.role', { channel, user, role: 'admin' });
  await bo.call('channel.kick', { channel, user: cy.user });
});

membersOnly('channel.kick', ({ user }) => ({ user }));
notInDirect('channel.kick', ({ bo }) => ({ user: bo.user }));
roleTooLow('channel.kick', ({ cy }) => ({ user: cy.user }));

accepts('channel.role', 'makes an owner, who may then take it from the first', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  assert.deepEqual(await ana.call('channel.role', { channel, user: bo.user, role: 'owner' }), { seq: 3 });
  assert.deepEqual(await ana.call('channel.role', { channel, user: bo.user, role: 'owner' }), {});
  await bo.call('channel.role', { channel, user: ana.user, role: 'member' });
  assert.equal((await ana.call('channel.get', { channel })).role, 'member');
});

refuses('channel.role', 'channel.last_owner', 'oneself', async (world) => {
  await world.ana.call('channel.role', { channel: await world.group(world.ana, world.bo), user: world.ana.user, role: 'member' });
});

refuses('channel.role', 'user.unknown', 'who is not in', async (world) => {
  await world.ana.call('channel.role', { channel: await world.group(world.ana), user: world.cy.user, role: 'admin' });
});

refuses('channel.role', 'command.invalid', 'a role that there is not', async (world) => {
  await world.ana.call('channel.role', { channel: await world.group(world.ana, world.bo), user: world.bo.user, role: 'doge' });
});

membersOnly('channel.role', ({ user }) => ({ user, role: 'admin' }));
notInDirect('channel.role', ({ bo }) => ({ user: bo.user, role: 'admin' }));
roleTooLow('channel.role', ({ bo }) => ({ user: bo.user, role: 'admin' }));

// channel.update, channel.delete

accepts('channel.update', 'changes title and description, each alone', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  assert.deepEqual(await ana.call('channel.update', { channel, title: 'San Marco' }), { seq: 3 });
  assert.deepEqual(await ana.call('channel.update', { channel, description: 'Pigeons' }), { seq: 4 });
  assert.deepEqual(await ana.call('channel.update', { channel, title: 'San Marco' }), {});
  const seen = await bo.call('channel.get', { channel });
  assert.deepEqual([seen.title, seen.description], ['San Marco', 'Pigeons']);
});

for (const [what, change] of [
  ['an empty title', { title: ' ' }],
  ['a long title', { title: 'x'.repeat(129) }],
  ['a long description', { description: 'x'.repeat(2049) }],
]) {
  refuses('channel.update', 'channel.title_invalid', what, async (world) => {
    await world.ana.call('channel.update', { channel: await world.group(world.ana), ...change });
  });
}

membersOnly('channel.update', () => ({ title: 'Mine' }));
notInDirect('channel.update', () => ({ title: 'Ours' }));
roleTooLow('channel.update', () => ({ title: 'Mine' }));

accepts('channel.delete', 'deletes it for everybody', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  assert.deepEqual(await ana.call('channel.delete', { channel }), { seq: 3 });
  for (const person of [ana, bo]) {
    const refusal = await refusalOf(() => person.call('channel.get', { channel }));
    assert.equal(refusal.code, 'channel.unknown');
  }
});

membersOnly('channel.delete', () => ({}));
notInDirect('channel.delete', () => ({}));
roleTooLow('channel.delete', () => ({}));

// channel.mute, channel.archive, channel.pin

accepts('channel.mute', 'until a time, for good, and no more', async (world) => {
  const channel = await world.group(world.ana);
  const until = Date.now() + 3_600_000;
  assert.equal((await world.ana.call('channel.mute', { channel, until })).muted_until, until);
  assert.ok((await world.ana.call('channel.mute', { channel })).muted_until > until);
  assert.equal((await world.ana.call('channel.mute', { channel, on: false })).muted_until, undefined);
});

for (const [command, flag] of [['channel.archive', 'archived'], ['channel.pin', 'pinned']]) {
  accepts(command, 'for oneself, and back', async (world) => {
    const channel = await world.group(world.ana, world.bo);
    assert.equal((await world.ana.call(command, { channel }))[flag], true);
    assert.equal((await world.ana.call('channel.get', { channel }))[flag], true);
    assert.ok(!(await world.bo.call('channel.get', { channel }))[flag]);
    assert.ok(!(await world.ana.call(command, { channel, on: false }))[flag]);
  });
}

for (const command of ['channel.mute', 'channel.archive', 'channel.pin']) membersOnly(command, () => ({}), { afterLeaving: 'channel.unknown' });
