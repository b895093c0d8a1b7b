// History, catching up, marks and receipts.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { eventually } from '../support/patience.js';
import { membersOnly } from './rights.js';
import { accepts, refusalOf, refuses } from './table.js';

/** A group with so many messages of its owner; they stand from 3 on. */
async function talk(world, count) {
  const channel = await world.group(world.ana, world.bo);
  for (let i = 0; i < count; i += 1) await world.say(world.ana, channel, `${i}`);
  return channel;
}

// history

for (const [what, window, expected] of [
  ['the newest', {}, [3, 4, 5, 6, 7, 8]],
  ['some of the newest', { limit: 2 }, [7, 8]],
  ['before', { before: 6, limit: 2 }, [4, 5]],
  ['after', { after: 5, limit: 2 }, [6, 7]],
  ['around', { around: 5, limit: 3 }, [4, 5, 6]],
  ['before the first', { before: 3 }, []],
  ['after the last', { after: 8 }, []],
]) {
  accepts('history', what, async (world) => {
    const channel = await talk(world, 6);
    const { messages } = await world.bo.call('history', { channel, ...window });
    assert.deepEqual(messages.map(({ seq }) => seq), expected);
  });
}

accepts('history', 'no more than a page at once', async (world) => {
  const { page } = world.ana.ready.limits;
  const guest = await world.somebody();
  const channel = await world.group(guest);
  for (let i = 0; i <= page; i += 1) await world.say(guest, channel, `${i}`);
  assert.equal((await guest.call('history', { channel, limit: 1_000_000 })).messages.length, page);
}, { on: 'tight' });

accepts('history', 'who left keeps what they could read until then', async (world) => {
  const channel = await talk(world, 1);
  await world.bo.call('channel.leave', { channel });
  await world.say(world.ana, channel, 'behind the back');
  const { messages } = await world.bo.call('history', { channel });
  assert.deepEqual(messages.map(({ seq }) => seq), [3]);
});

refuses('history', 'channel.unknown', 'of strangers', async (world) => {
  await world.cy.call('history', { channel: await talk(world, 1) });
});

refuses('history', 'channel.unknown', 'there is none', async ({ ana }) => {
  await ana.call('history', { channel: randomUUID() });
});

refuses('history', 'command.invalid', 'both before and after', async (world) => {
  await world.ana.call('history', { channel: await talk(world, 1), before: 3, after: 1 });
});

// sync

accepts('sync', 'what came after what one has, with edits as they are now', async (world) => {
  const channel = await talk(world, 2);
  await world.ana.call('message.edit', { channel, target: 3, body: { text: 'edited' } });
  const { channels, more } = await world.bo.call('sync', { have: { [channel]: 2 } });
  assert.equal(more, false);
  assert.deepEqual(channels[channel].entries.map(({ seq, kind, body }) => [seq, kind, body?.text]), [
    [3, 'message', 'edited'],
    [4, 'message', '1'],
    [5, 'edit', 'edited'],
  ]);
  assert.deepEqual([channels[channel].head, channels[channel].positions.channel], [5, channel]);
});

accepts('sync', 'nothing of strangers, and a refetch for a place that is not there', async (world) => {
  const { ana, bo, cy } = world;
  const [theirs, ours, none] = [await world.group(cy), await world.group(ana, bo), randomUUID()];
  const { channels } = await ana.call('sync', { have: { [theirs]: 0, [ours]: 99, [none]: 0 } });
  assert.deepEqual(
    [channels[theirs].code, channels[ours], channels[none].code],
    ['channel.unknown', { gap: 'refetch', head: 2 }, 'channel.unknown'],
  );
});

accepts('sync', 'only from one’s admission on, and only until one’s removal', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await talk(world, 1);
  await ana.call('channel.invite', { channel, users: [cy.user] });
  await world.say(ana, channel, 'welcome');
  await ana.call('channel.kick', { channel, user: cy.user });
  await world.say(ana, channel, 'good riddance');
  const { channels } = await cy.call('sync', { have: { [channel]: 0 } });
  assert.deepEqual([channels[channel].entries.map(({ seq }) => seq), channels[channel].head], [[4, 5, 6], 6]);
  const all = await bo.call('sync', { have: { [channel]: 0 } });
  assert.deepEqual(all.channels[channel].entries.map(({ seq }) => seq), [2, 3, 4, 5, 6, 7]);
});

refuses('sync', 'command.too_many', 'more channels than one can be in', async (world) => {
  const guest = await world.somebody();
  const have = Object.fromEntries(Array.from({ length: guest.ready.limits.channels_per_user + 1 }, () => [randomUUID(), 0]));
  await guest.call('sync', { have });
}, { on: 'tight' });

refuses('sync', 'command.invalid', 'a place before the beginning', async ({ ana }) => {
  await ana.call('sync', { have: { [randomUUID()]: -1 } });
});

// mark

accepts('mark', 'moves forward, never back, and never beyond the end', async (world) => {
  const { bo } = world;
  const channel = await talk(world, 3);
  const place = async () => {
    const { delivered, read, unread } = await bo.call('channel.get', { channel });
    return [delivered, read, unread].join();
  };
  await bo.call('mark', { channel, delivered: 4, read: 3 });
  await eventually('the mark', async () => (await place()) === '4,3,2');
  await bo.call('mark', { channel, delivered: 1, read: 1 });
  await bo.call('mark', { channels: { [channel]: { read: 1_000_000 } } });
  await eventually('the last mark', async () => (await place()) === '5,5,0');
});

refuses('mark', 'channel.unknown', 'one of several is strange: then none is marked', async (world) => {
  const { ana, bo } = world;
  const [channel, strange] = [await talk(world, 1), await world.group(ana)];
  const refusal = await refusalOf(() => bo.call('mark', { channels: { [channel]: { read: 3 }, [strange]: { read: 1 } } }));
  assert.equal((await bo.call('channel.get', { channel })).read, 2);
  throw refusal;
});

refuses('mark', 'command.too_many', 'more channels than are told in ready', async (world) => {
  const { users_per_command } = world.ana.ready.limits;
  const channels = Object.fromEntries(Array.from({ length: users_per_command + 1 }, () => [randomUUID(), { read: 1 }]));
  await world.ana.call('mark', { channels });
}, { on: 'tight' });

refuses('mark', 'command.invalid', 'nothing', async ({ ana }) => {
  await ana.call('mark', {});
});

membersOnly('mark', () => ({ read: 1 }));

// receipts

accepts('receipts', 'who received and read it, without the sender', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await world.group(ana, bo, cy);
  const seq = await world.say(ana, channel);
  await bo.call('mark', { channel, read: seq });
  await cy.call('mark', { channel, delivered: seq });
  const members = await eventually('both receipts', async () => {
    const { members } = await ana.call('receipts', { channel, seq });
    return members.every(({ delivered_at }) => delivered_at) && members;
  });
  const byId = new Map(members.map((receipt) => [receipt.user, receipt]));
  assert.deepEqual([...byId.keys()], [bo.user, cy.user].sort());
  assert.ok(byId.get(bo.user).read_at > 0);
  assert.equal(byId.get(cy.user).read_at, undefined);
});

accepts('receipts', 'page by page', async (world) => {
  const { ana, bo, cy } = world;
  const channel = await world.group(ana, bo, cy);
  const seq = await world.say(ana, channel);
  const seen = [];
  let after;
  do {
    const page = await ana.call('receipts', { channel, seq, limit: 1, after });
    seen.push(...page.members.map(({ user }) => user));
    after = page.next;
  } while (after);
  assert.deepEqual(seen, [bo.user, cy.user].sort());
});

refuses('receipts', 'message.unknown', 'of what is not there', async (world) => {
  await world.ana.call('receipts', { channel: await world.group(world.ana), seq: 99 });
});

refuses('receipts', 'message.unknown', 'of what was said before one came', async (world) => {
  const { channel, target } = await world.message(world.ana);
  await world.ana.call('channel.invite', { channel, users: [world.bo.user] });
  await world.bo.call('receipts', { channel, seq: target });
});

membersOnly('receipts', () => ({ seq: 1 }));
