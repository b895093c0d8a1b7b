// What is recorded: dialogues between a client and the server, each with something of the protocol in it.

import { clientId } from './placeholders.js';
import { Tape } from './tape.js';

const text = (words) => ({ text: words });

/** Somebody with a connection. What is said over it is recorded. */
async function arrive(server, name) {
  const tape = await new Tape().connect(server);
  const tokens = await tape.ask('account.register', { display_name: name });
  await tape.ask('hello', { token: tokens.access_token });
  return Object.assign(tape, { tokens, user: tokens.user });
}

/** The client ids of a scenario: one after the other. */
function naming() {
  let number = 0;
  return () => clientId((number += 1));
}

async function group(owner, ...others) {
  const { id } = await owner.ask('channel.create', { kind: 'group', title: 'Rialto', members: others.map(({ user }) => user) });
  await Promise.all(others.map((it) => it.hear('channel', ({ channel }) => channel === id)));
  return id;
}

/** Says something, and waits until everyone who listens has it. */
async function say(speaker, channel, words, name, listeners, more = {}) {
  const client_id = name();
  await speaker.ask('message.send', { channel, client_id, body: text(words), ...more });
  const heard = await Promise.all([speaker, ...listeners].map((it) => it.hear('entry', (entry) => entry.client_id === client_id)));
  return heard[0].seq;
}

/** Does something that makes an entry, and waits until everyone who listens has it. */
async function change(doer, command, data, listeners) {
  const { seq } = await doer.ask(command, data);
  await Promise.all([doer, ...listeners].map((it) => it.hear('entry', (entry) => entry.channel === data.channel && entry.seq === seq)));
  return seq;
}

export const scenarios = {
  async connect(server) {
    const ana = await new Tape().connect(server);
    const tokens = await ana.ask('account.register', { username: 'ana', password: 'correct horse', display_name: 'Ana' });
    const bo = await arrive(server, 'Bo');
    await bo.ask('account.claim', { username: 'bassanio', password: 'battery staple' });
    await ana.ask('hello', { token: tokens.access_token, client: { name: 'transcripts', version: '1.0' } });
    const { id } = await ana.ask('user.find', { username: 'bassanio' });
    const channel = await ana.ask('channel.create', { kind: 'direct', members: [id] });
    await ana.ask('channel.list');
    await ana.ask('channel.members', { channel: channel.id });
    await ana.ask('account.get');
    await ana.ask('sessions.list');
    await ana.ask('account.refresh', { refresh_token: tokens.refresh_token });
    return ana;
  },

  async talk(server) {
    const name = naming();
    const [ana, bo] = [await arrive(server, 'Ana'), await arrive(server, 'Bo')];
    const channel = await group(ana, bo);
    const first = await say(ana, channel, 'What news on the Rialto?', name, [bo]);
    await say(bo, channel, 'Who is he comes here?', name, [ana], { reply_to: first });
    await say(bo, channel, 'This is Signor Antonio.', name, [ana], { mentions: { users: [ana.user] } });
    await ana.ask('message.send', { channel, client_id: name(), body: { location: { latitude: 45.438, longitude: 12.3359, label: 'Rialto' } }, wait: true });
    // Sent again, it is the same message, and told again.
    await ana.ask('message.send', { channel, client_id: clientId(1), body: text('Something else'), wait: true });
    const other = await group(ana, bo);
    await ana.ask('message.forward', { channel: other, from: channel, target: first, client_id: name(), wait: true });
    await bo.ask('typing', { channel });
    await ana.hear('typing');
    await ana.ask('history', { channel: other });
    await ana.ask('history', { channel });
    return ana;
  },

  async changes(server) {
    const name = naming();
    const [ana, bo] = [await arrive(server, 'Ana'), await arrive(server, 'Bo')];
    const channel = await group(ana, bo);
    const typo = await say(ana, channel, 'tpyo', name, [bo]);
    const secret = await say(bo, channel, 'a secret', name, [ana]);
    const joke = await say(bo, channel, 'a joke', name, [ana]);
    const mine = await say(bo, channel, 'not for Ana', name, [ana]);
    await change(ana, 'message.edit', { channel, target: typo, body: text('typo'), client_id: name() }, [bo]);
    await change(bo, 'message.react', { channel, target: typo, emoji: '👀' }, [ana]);
    await change(bo, 'message.react', { channel, target: typo, emoji: '👀', on: false }, [ana]);
    await change(ana, 'message.react', { channel, target: joke, emoji: '😂' }, [bo]);
    await change(bo, 'message.react', { channel, target: joke, emoji: '😂' }, [ana]);
    await change(bo, 'message.react', { channel, target: joke, emoji: '❤️' }, [ana]);
    await change(ana, 'message.pin', { channel, target: joke }, [bo]);
    await change(bo, 'message.delete', { channel, target: secret }, [ana]);
    await ana.ask('message.delete', { channel, target: mine, for: 'me' });
    await ana.hear('hidden');
    await ana.ask('channel.pins', { channel });
    await ana.ask('history', { channel });
    return ana;
  },

  async positions(server) {
    const name = naming();
    const [ana, bo] = [await arrive(server, 'Ana'), await arrive(server, 'Bo')];
    const channel = await group(ana, bo);
    const seq = await say(ana, channel, 'one', name, [bo]);
    await ana.ask('mark', { channel, delivered: seq });
    await bo.ask('mark', { channel, delivered: seq });
    await ana.hear('positions', ({ delivered }) => delivered >= seq);
    await bo.ask('mark', { channels: { [channel]: { read: seq } } });
    await ana.hear('positions', ({ read }) => read >= seq);
    await ana.ask('receipts', { channel, seq });
    const next = await say(bo, channel, 'two', name, [ana]);
    await ana.ask('channel.get', { channel });
    await ana.ask('mark', { channel, read: next });
    await ana.hear('positions', ({ read }) => read >= next);
    await ana.ask('channel.get', { channel });
    await ana.ask('history', { channel });
    return ana;
  },

  async resume(server) {
    const name = naming();
    const [ana, bo] = [await arrive(server, 'Ana'), await arrive(server, 'Bo')];
    const [here, there] = [await group(ana, bo), await group(ana, bo)];
    const before = await say(ana, here, 'before', name, [bo]);
    await ana.close();
    await say(bo, here, 'while away', name, []);
    await bo.ask('message.edit', { channel: here, target: before + 1, body: text('while Ana was away'), client_id: name() });
    // More than a server brings up one by one.
    for (let round = 0; round < 22; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => bo.ask('message.send', { channel: there, client_id: name(), body: text('…'), wait: true })));
    }
    await ana.connect(server);
    await ana.ask('hello', { token: ana.tokens.access_token, have: { [here]: before, [there]: 2 } });
    await ana.ask('sync', { have: { [here]: before + 1 } });
    await ana.ask('history', { channel: there, limit: 3 });
    await ana.ask('history', { channel: here });
    return ana;
  },

  async membership(server) {
    const name = naming();
    const [ana, bo, cy] = [await arrive(server, 'Ana'), await arrive(server, 'Bo'), await arrive(server, 'Cy')];
    const channel = await group(ana, bo);
    await say(ana, channel, 'before Cy', name, [bo]);
    await change(ana, 'channel.invite', { channel, users: [cy.user] }, [bo]);
    await change(ana, 'channel.role', { channel, user: bo.user, role: 'admin' }, [bo]);
    await change(bo, 'channel.update', { channel, title: 'The Rialto', description: 'Where merchants most do congregate' }, [ana]);
    await change(ana, 'channel.kick', { channel, user: cy.user }, [bo]);
    const { invite } = await ana.ask('channel.invite', { channel, link: { uses: 1 } });
    await cy.ask('channel.join', { invite });
    await ana.hear('entry', (entry) => entry.change === 'joined');
    await cy.ask('channel.leave', { channel });
    await ana.hear('entry', (entry) => entry.change === 'left');
    await ana.ask('channel.mute', { channel });
    await ana.ask('channel.archive', { channel });
    await ana.ask('channel.archive', { channel, on: false });
    await ana.ask('channel.pin', { channel });
    await ana.ask('channel.members', { channel });
    await ana.ask('channel.get', { channel });
    await ana.ask('history', { channel });
    const { id } = await bo.ask('channel.create', { kind: 'group', title: 'Short', members: [ana.user] });
    await ana.hear('channel', ({ channel: it, change: how }) => it === id && how === 'joined');
    await bo.ask('channel.kick', { channel: id, user: ana.user });
    await ana.hear('channel', ({ channel: it, change: how }) => it === id && how === 'left');
    return ana;
  },

  async people(server) {
    const [ana, bo] = [await arrive(server, 'Ana'), await arrive(server, 'Bo')];
    await group(ana, bo);
    await ana.ask('presence.watch', { users: [bo.user] });
    await bo.close();
    await ana.hear('presence', ({ online }) => !online);
    await ana.ask('user.get', { users: [bo.user] });
    await ana.ask('block', { user: bo.user });
    await ana.ask('blocks.list');
    await ana.ask('block', { user: bo.user, on: false });
    await ana.ask('settings.set', { settings: { typing: 'nobody' } });
    await ana.ask('settings.get');
    await ana.ask('account.update', { display_name: 'Ana of Venice' });
    return ana;
  },

  async errors(server) {
    const name = naming();
    const [ana, bo] = [await arrive(server, 'Ana'), await arrive(server, 'Bo')];
    const theirs = await group(bo);
    const ours = await group(bo, ana);
    await ana.askInVain('message.send', { channel: theirs, client_id: name(), body: text('May I?') });
    await ana.askInVain('message.send', { channel: ours, client_id: name(), body: text('') });
    await ana.askInVain('channel.update', { channel: ours, title: 'Mine' });
    await ana.askInVain('history', { channel: ours, before: 3, after: 1 });
    await ana.askInVain('account.refresh', { refresh_token: 'stolen' });
    await ana.askInVain('fly');
    await ana.askInVain('mark', { channel: 'here' });
    return ana;
  },

  async drain(server) {
    const ana = await arrive(server, 'Ana');
    await server.terminate();
    await ana.hear('notice');
    await server.revive();
    await ana.connect(server);
    await ana.ask('hello', { token: ana.tokens.access_token, have: {} });
    return ana;
  },
};
