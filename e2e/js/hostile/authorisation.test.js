// Who may see and do what: strangers, former members, the blocked, and members who claim to be more.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { row } from '../support/siege.js';
import { everyCarrier, liveCarriers } from '../support/carriers.js';
import { Refusal } from '../support/client.js';
import { contract } from '../support/contract.js';
import { eventually } from '../support/patience.js';
import { anotherDevice, arrive, connectAgain, direct, gather, group, say, text } from '../support/people.js';
import { request } from '../support/request.js';

const refusedWith = (code) => (error) => error instanceof Refusal && error.code === code;
const refused = (code) => new RegExp(`^rialto_commands_refused_total\\{code="${code.replace('.', '\\.')}"`);

/** What an act is refused with, as the one who acts sees it. */
async function refusal(act) {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refusal) return [error.code, error.message, error.status, error.retryAfterMs];
    throw error;
  }
  throw new Error('it was not refused');
}

/** Waits until everybody heard everything that was announced before: after an echo of one's own. */
async function settled(...people) {
  for (const person of people) {
    const channel = await group([person]);
    await person.entry({ channel, seq: await say(person, channel) });
  }
}

/** What one is shown of another: waits until it is as expected. */
const shown = (watcher, user, fits, what) =>
  eventually(what, async () => {
    const { presences } = await watcher.call('presence.watch', { users: [user] });
    return fits(presences[0]) && presences[0];
  });

row('row 38 · a channel of others is the same as none, for every command and carrier', { counts: refused('channel.unknown') }, async ({ server }) => {
  const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
  const channel = await group([ana, bo]);
  const target = await say(ana, channel, 'a secret');
  const about = (channel, client_id) => ({
    'channel.get': { channel },
    'channel.members': { channel },
    'channel.pins': { channel },
    'channel.invite': { channel, users: [bo.user] },
    'channel.leave': { channel },
    'channel.kick': { channel, user: bo.user },
    'channel.role': { channel, user: bo.user, role: 'admin' },
    'channel.update': { channel, title: 'mine' },
    'channel.mute': { channel },
    'channel.archive': { channel },
    'channel.pin': { channel },
    'channel.delete': { channel },
    'message.send': { channel, client_id, body: text('x') },
    'message.edit': { channel, target, body: text('x') },
    'message.delete': { channel, target },
    'message.react': { channel, target, emoji: '👍' },
    'message.pin': { channel, target },
    'message.forward': { from: channel, channel, target, client_id },
    history: { channel },
    mark: { channel, read: target },
    receipts: { channel, seq: target },
    typing: { channel },
  });
  const named = Object.entries(contract.commands).filter(([, { data }]) => contract.$defs[data.$ref.split('/').at(-1)].properties?.channel);
  assert.deepEqual(named.map(([name]) => name).sort(), Object.keys(about(channel)).sort(), 'every command that names a channel');
  for (const carrier of everyCarrier) {
    const eve = await arrive(server, carrier);
    const [theirs, none] = [channel, randomUUID()].map((id) => about(id, randomUUID()));
    for (const command of Object.keys(theirs)) {
      const one = await refusal(() => eve.call(command, theirs[command]));
      assert.deepEqual(one, await refusal(() => eve.call(command, none[command])), `${command} over ${carrier}`);
      assert.equal(one[0], 'channel.unknown');
    }
    const { channels } = await eve.call('sync', { have: { [channel]: 0, [none.history.channel]: 0 } });
    assert.deepEqual(channels[channel], channels[none.history.channel]);
    await eve.close();
  }
  const { messages } = await ana.call('history', { channel });
  assert.deepEqual(messages.map(({ seq }) => seq), [target]);
  await Promise.all([ana.close(), bo.close()]);
});

row('row 39 · who is removed or blocked learns nothing from that moment on, by no way', { counts: refused('channel.not_a_member') }, async ({ server }) => {
  const [ana, bo] = await gather(server, 'Socket.IO over WebSocket', 'ana', 'bo');
  const eve = await arrive(server, 'REST');
  const devices = await Promise.all(liveCarriers.map((carrier) => anotherDevice(eve, carrier)));
  const channel = await group([ana, bo, eve]);
  const last = await say(ana, channel, 'for all three');
  for (const device of devices) await device.call('presence.watch', { users: [ana.user, bo.user] });
  const { seq: removal } = await ana.call('channel.kick', { channel, user: eve.user });

  const secret = await say(ana, channel, 'a secret');
  await ana.call('message.edit', { channel, target: last, body: text('a secret too') });
  await bo.call('message.react', { channel, target: last, emoji: '🤫' });
  await bo.call('mark', { channel, read: secret });
  await bo.call('typing', { channel });
  await ana.call('channel.update', { channel, title: 'a secret circle' });
  await settled(...devices);

  for (const device of devices) {
    assert.equal((await device.next('channel', (it) => it.change === 'left')).channel, channel);
    const seqs = device.all('entry', (entry) => entry.channel === channel).map(({ seq }) => seq);
    assert.ok(Math.max(...seqs) <= removal, `${device.carrier} brought ${seqs}, and the removal is ${removal}`);
    assert.deepEqual(device.all('typing'), []);
    assert.ok(device.all('positions', (moved) => moved.channel === channel).every(({ read }) => read < secret));
    assert.ok(!/secret|🤫/u.test(JSON.stringify(device.heard)), `${device.carrier} tells a secret`);
  }
  for (const person of [eve, devices[0]]) {
    const { channels } = await person.call('sync', { have: { [channel]: 0 } });
    assert.equal(channels[channel].head, removal);
    assert.equal(channels[channel].entries.at(-1).seq, removal);
    const { messages } = await person.call('history', { channel });
    assert.deepEqual(messages.map(({ seq }) => seq), [last]);
    const around = await person.call('history', { channel, around: secret });
    const told = JSON.stringify([channels, messages, around]);
    assert.ok(!/secret|🤫/u.test(told), `history or sync tells a secret: ${told}`);
    for (const command of ['receipts', 'channel.members', 'channel.pins', 'typing']) {
      await assert.rejects(person.call(command, { channel, seq: last }), refusedWith('channel.not_a_member'));
    }
    await assert.rejects(person.call('message.send', { channel, client_id: randomUUID(), body: text('still here') }), refusedWith('channel.not_a_member'));
    await assert.rejects(person.call('channel.get', { channel }), refusedWith('channel.unknown'));
    const { channels: listed } = await person.call('channel.list');
    assert.ok(!listed.some(({ id }) => id === channel));
  }
  await Promise.all(devices.map((device) => device.close()));

  // Blocked: the two still share a group, and no direct channel tells of the block.
  const watchers = await Promise.all(liveCarriers.map((carrier) => arrive(server, carrier)));
  const cy = await arrive(server, 'plain JSON');
  await group([cy, ...watchers]);
  for (const watcher of watchers) await shown(watcher, cy.user, ({ online }) => online, 'cy to be there');
  for (const watcher of watchers) await cy.call('block', { user: watcher.user });
  for (const watcher of watchers) watcher.heard.length = 0;
  await cy.close();
  const back = await connectAgain(cy);
  await settled(...watchers);
  for (const watcher of watchers) {
    assert.deepEqual(watcher.all('presence'), [], `${watcher.carrier} tells a blocked watcher who comes and goes`);
    const { presences } = await watcher.call('presence.watch', { users: [cy.user] });
    assert.deepEqual(presences, [{ user: cy.user, online: false }]);
    await assert.rejects(watcher.call('channel.create', { kind: 'direct', members: [cy.user] }), refusedWith('user.blocked'));
    await assert.rejects(watcher.call('channel.create', { kind: 'group', title: 'mine', members: [cy.user] }), refusedWith('user.blocked'));
  }
  await Promise.all([ana, bo, back, ...watchers].map((person) => person.close()));
});

row('row 40 · what the server decides is decided by the server, whatever a payload claims', { isQuiet: true }, async ({ server }) => {
  const [ana, eve] = await gather(server, 'plain JSON', 'ana', 'eve');
  const channel = await group([ana, eve]);
  const about = { sender: ana.user, user: ana.user, device: ana.tokens.device, forwarded_from: ana.user, role: 'owner' };
  const claims = { ...about, seq: 1_000_000, n: 99, at: 1, edited_at: 1, kind: 'channel' };
  const began = Date.now();
  for (const carrier of everyCarrier) {
    const device = await connectAgain(eve, carrier);
    const { seq } = await device.call('message.send', { channel, client_id: randomUUID(), body: text(carrier), wait: true, ...(carrier === 'REST' ? {} : claims) });
    const entry = await ana.entry({ channel, seq });
    assert.deepEqual([entry.sender, entry.kind, entry.forwarded_from], [eve.user, 'message', undefined]);
    assert.ok(entry.at >= began - 60_000 && entry.at <= Date.now() + 60_000);
    await device.close();
  }
  const { status, json } = await request(server, `/api/v1/channels/${channel}/messages`, {
    method: 'POST',
    token: eve.tokens.access_token,
    json: { client_id: randomUUID(), body: text('REST'), ...claims, channel: randomUUID() },
  });
  assert.equal(status, 201);
  const entry = await ana.entry({ channel, seq: json.seq });
  assert.equal(entry.sender, eve.user, 'and the channel is the one of the address');
  assert.deepEqual(entry.seq, ana.all('entry', (it) => it.channel === channel).at(-1).seq);
  const made = await eve.call('channel.create', { kind: 'group', title: 'mine', members: [ana.user], id: channel, head: 9, role: 'member' });
  assert.deepEqual([made.role, made.id === channel], ['owner', false]);
  assert.equal((await eve.call('channel.get', { channel })).role, 'member');
  await Promise.all([ana.close(), eve.close()]);
});

row('row 41 · positions are one’s own, and end where the log does', { counts: refused('command.invalid') }, async ({ server }) => {
  const [ana, eve] = await gather(server, 'plain JSON', 'ana', 'eve');
  const channel = await group([ana, eve]);
  const seq = await say(ana, channel);
  const positions = async () => {
    const { members } = await ana.call('channel.members', { channel });
    return Object.fromEntries(members.map(({ id, delivered, read }) => [id === ana.user ? 'ana' : 'eve', { delivered, read }]));
  };
  const before = await positions();
  await eve.call('mark', { channel, user: ana.user, member: ana.user, read: seq });
  await eventually('eve’s mark', async () => (await positions()).eve.read === seq);
  assert.deepEqual((await positions()).ana, before.ana);
  await eve.call('mark', { channel, read: Number.MAX_SAFE_INTEGER, delivered: Number.MAX_SAFE_INTEGER });
  await eve.call('mark', { channel, read: 1, delivered: 1 });
  for (const read of [-1, 1.5, '9', 2 ** 64, null]) {
    if (read !== null) await assert.rejects(eve.call('mark', { channel, read }), refusedWith('command.invalid'));
  }
  // Marks take effect in the order of the log: after this message they have.
  const next = await say(ana, channel, 'one more');
  assert.deepEqual((await positions()).eve, { delivered: seq, read: seq }, 'clamped at the end, and never back');
  assert.equal((await eve.call('channel.get', { channel })).unread, 1, `and ${next} is still to be read`);
  await Promise.all([ana.close(), eve.close()]);
});

row('row 42 · nobody changes what others wrote, and a bulk command with one foreign id does nothing', { counts: refused('message.not_the_sender') }, async ({ server }) => {
  const [ana, eve, cy] = await gather(server, 'plain JSON', 'ana', 'eve', 'cy');
  const [channel, foreign] = [await group([ana, eve]), await group([ana, cy])];
  const target = await say(ana, channel, 'as ana said it');
  const [other, secret] = [await say(ana, channel, 'more'), await say(ana, foreign, 'a secret')];
  for (const carrier of everyCarrier) {
    const device = await connectAgain(eve, carrier);
    await assert.rejects(device.call('message.edit', { channel, target, body: text('as eve likes it') }), refusedWith('message.not_the_sender'));
    await assert.rejects(device.call('message.delete', { channel, target }), refusedWith('channel.role_too_low'));
    await assert.rejects(device.call('message.edit', { channel: foreign, target: secret, body: text('x') }), refusedWith('channel.unknown'));
    await assert.rejects(device.call('message.forward', { from: foreign, target: secret, channel, client_id: randomUUID() }), refusedWith('channel.unknown'));
    await assert.rejects(device.call('mark', { channels: { [channel]: { read: other }, [foreign]: { read: secret } } }), refusedWith('channel.unknown'));
    const blocker = await arrive(server, 'plain JSON');
    await blocker.call('block', { user: eve.user });
    await assert.rejects(device.call('channel.invite', { channel, users: [cy.user, blocker.user] }), refusedWith('user.blocked'));
    await assert.rejects(device.call('channel.invite', { channel, users: [cy.user, randomUUID()] }), refusedWith('user.unknown'));
    await assert.rejects(device.call('sessions.revoke', { session: ana.tokens.session }), refusedWith('session.unknown'));
    await Promise.all([device.close(), blocker.close()]);
  }
  const { messages } = await ana.call('history', { channel });
  assert.deepEqual(messages.map(({ body, edited_at }) => [body.text, edited_at]), [['as ana said it', undefined], ['more', undefined]]);
  const { members } = await ana.call('channel.members', { channel });
  assert.equal(members.length, 2);
  assert.ok(members.find(({ id }) => id === eve.user).read < other, 'nothing of the bulk was marked');
  await Promise.all([ana, eve, cy].map((person) => person.close()));
});

row('row 43 · there is no search that could tell of hidden text', { counts: refused('command.unknown') }, async ({ server }) => {
  const ana = await arrive(server, 'plain JSON');
  for (const command of ['search', 'message.search', 'channel.search', 'user.search']) {
    assert.ok(!(command in contract.commands));
    await assert.rejects(ana.call(command, { query: 'secret' }), refusedWith('command.unknown'));
  }
  await ana.close();
});

row('row 44 · names that people are found by are names, and no queries', { counts: refused('user.unknown') }, async ({ server }) => {
  const [ana, bo] = await gather(server, 'plain JSON', 'ana', 'bo');
  await bo.call('account.claim', { username: 'bo.the.brave', password: 'correct horse' });
  const queries = [
    ...['*', '%', 'bo%', 'bo*', '_o.the.brave', 'bo.the.brav?', "bo' OR '1'='1", 'bo"; DROP TABLE account;--', '{"$ne":null}'],
    ...['b'.repeat(100_000), `(${'a OR '.repeat(10_000)}b)`],
  ];
  for (const username of queries) {
    await assert.rejects(ana.call('user.find', { username }), refusedWith('user.unknown'));
  }
  assert.equal((await ana.call('user.find', { username: 'bo.the.brave' })).id, bo.user);
  await Promise.all([ana.close(), bo.close()]);
});

row('row 45 · of people who share nothing, or do not show it, nothing is seen', { isQuiet: true }, async ({ server }) => {
  const [ana, bo, eve] = await gather(server, 'plain JSON', 'ana', 'bo', 'eve');
  const channel = await direct(ana, bo);
  await shown(ana, bo.user, ({ online }) => online, 'bo to be there');
  const nothing = { presences: [{ user: bo.user, online: false }] };
  for (const carrier of everyCarrier) {
    const device = await connectAgain(eve, carrier);
    assert.deepEqual(await device.call('presence.watch', { users: [bo.user] }), nothing, `a stranger over ${carrier}`);
  }
  const devices = await Promise.all(liveCarriers.map((carrier) => connectAgain(eve, carrier)));
  for (const device of devices) await device.call('presence.watch', { users: [ana.user, bo.user] });
  await ana.call('typing', { channel });
  await bo.next('typing');

  // A friend, but one who is shown nothing.
  await bo.call('settings.set', { settings: { presence: 'nobody', last_seen: 'nobody', typing: 'nobody' } });
  await settled(ana);
  ana.heard.length = 0;
  await bo.call('typing', { channel });
  await bo.close();
  const back = await connectAgain(bo);
  await settled(ana, ...devices);
  assert.deepEqual(await ana.call('presence.watch', { users: [bo.user] }), nothing);
  assert.deepEqual([...ana.all('typing'), ...ana.all('presence')], []);
  for (const device of devices) assert.deepEqual([...device.all('typing'), ...device.all('presence')], [], device.carrier);
  await Promise.all([ana, back, eve, ...devices].map((person) => person.close()));
});
