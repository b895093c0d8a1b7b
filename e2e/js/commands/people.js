// Other people: finding, blocking, presence.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { eventually } from '../support/patience.js';
import { membersOnly } from './rights.js';
import { accepts, refuses } from './table.js';
import { freshName } from './world.js';

// user.find, user.get

accepts('user.find', 'by the exact name, however it is written', async ({ ana, named }) => {
  const profile = await ana.call('user.find', { username: named.username.toUpperCase() });
  assert.deepEqual(profile, { id: named.user, username: named.username, display_name: named.username });
});

refuses('user.find', 'user.unknown', 'nobody has the name', async ({ ana }) => {
  await ana.call('user.find', { username: freshName() });
});

refuses('user.find', 'user.unknown', 'nobody may have the name', async ({ ana }) => {
  await ana.call('user.find', { username: "' OR 1=1 --" });
});

refuses('user.find', 'limit.exceeded', 'going through names too fast', async (world) => {
  const guest = await world.somebody();
  for (let i = 0; i < 40; i += 1) await guest.call('user.find', { username: world.named.username });
}, { on: 'strict' });

accepts('user.get', 'leaves out whom nobody knows', async ({ ana, bo }) => {
  const { users } = await ana.call('user.get', { users: [bo.user, randomUUID()] });
  assert.deepEqual(users.map(({ id }) => id), [bo.user]);
});

refuses('user.get', 'command.too_many', 'more than are told in ready', async ({ ana }) => {
  await ana.call('user.get', { users: Array.from({ length: ana.ready.limits.users_per_command + 1 }, () => randomUUID()) });
}, { on: 'tight' });

refuses('user.get', 'command.invalid', 'an id that is none', async ({ ana }) => {
  await ana.call('user.get', { users: ['ana'] });
});

// block, blocks.list

accepts('block', 'blocks, and ends that', async (world) => {
  const guest = await world.somebody();
  await guest.call('block', { user: world.ana.user });
  await guest.call('block', { user: world.ana.user });
  assert.deepEqual(await guest.call('blocks.list'), { users: [world.ana.user] });
  await guest.call('block', { user: world.ana.user, on: false });
  assert.deepEqual(await guest.call('blocks.list'), { users: [] });
});

accepts('blocks.list', 'nobody, at first', async (world) => {
  assert.deepEqual(await (await world.somebody()).call('blocks.list'), { users: [] });
});

refuses('block', 'user.unknown', 'whom nobody knows', async ({ ana }) => {
  await ana.call('block', { user: randomUUID() });
});

refuses('block', 'user.oneself', 'oneself', async ({ ana }) => {
  await ana.call('block', { user: ana.user });
});

// presence.watch

accepts('presence.watch', 'shows who shares a channel, and nothing of strangers', async (world) => {
  const [here, stranger] = await world.some(2);
  await world.group(here, world.ana);
  const shown = await eventually('presence', async () => {
    const { presences } = await world.ana.call('presence.watch', { users: [here.user, stranger.user, randomUUID()] });
    return presences[0].online && presences;
  });
  assert.deepEqual(shown.map(({ online }) => online), [true, false, false]);
}, { not: ['REST'] });

accepts('presence.watch', 'over REST it looks once, and a request is no presence', async (world) => {
  const guest = await world.somebody();
  await world.group(guest, world.ana);
  const { presences } = await world.ana.call('presence.watch', { users: [guest.user] });
  assert.deepEqual(presences, [{ user: guest.user, online: false }]);
}, { only: ['REST'] });

refuses('presence.watch', 'command.too_many', 'more than are told in ready', async ({ ana }) => {
  await ana.call('presence.watch', { users: Array.from({ length: ana.ready.limits.users_per_command + 1 }, () => randomUUID()) });
}, { on: 'tight' });

// typing

accepts('typing', 'to a channel one is in', async (world) => {
  await world.ana.call('typing', { channel: await world.group(world.ana, world.bo) });
});

membersOnly('typing', () => ({}));
