// People at their devices, and what they have in common.

import { randomUUID } from 'node:crypto';

import { connect } from './carriers.js';
import { checkRefusal, checkResult } from './contract.js';

/** Makes an account by a plain request, as a web page would before it connects. Without a name it is anonymous. */
export async function register(server, { address, ...wish } = {}) {
  const headers = { 'content-type': 'application/json', ...(address && { 'x-forwarded-for': address }) };
  const answer = await fetch(`${server.url}/api/v1/accounts`, { method: 'POST', headers, body: JSON.stringify(wish) });
  const tokens = await answer.json();
  if (!answer.ok) {
    checkRefusal(tokens);
    throw new Error(`no account: ${tokens.code}`);
  }
  checkResult('account.register', tokens);
  return tokens;
}

/** Somebody new, connected. Further options are those of `connect`. */
export async function arrive(server, carrier, { name, address, ...options } = {}) {
  const tokens = await register(server, { display_name: name, address });
  const person = await connect(carrier, server, { token: tokens.access_token, address, ...options });
  return Object.assign(person, { server, tokens, user: tokens.user });
}

/** Some people, all with their names. */
export async function gather(server, carrier, ...names) {
  return Promise.all(names.map((name) => arrive(server, carrier, { name })));
}

/** Another device of an anonymous person: a log-in of its own. */
export async function anotherDevice({ server, tokens: { recovery_key }, carrier: former }, carrier = former, options = {}) {
  const stranger = await connect(carrier, server);
  const tokens = await stranger.call('account.login', { recovery_key });
  await stranger.close();
  return connectAgain({ server, carrier, tokens: { ...tokens, recovery_key } }, carrier, options);
}

/** The same log-in, on a new connection. */
export async function connectAgain({ server, tokens, carrier: former }, carrier = former, options = {}) {
  const device = await connect(carrier, server, { token: tokens.access_token, ...options });
  return Object.assign(device, { server, tokens, user: tokens.user });
}

export const text = (words) => ({ text: words });

/** A group of these people; the first one owns it. */
export async function group([owner, ...others], wish = {}) {
  const channel = await owner.call('channel.create', { kind: 'group', title: 'Rialto', members: others.map(({ user }) => user), ...wish });
  return channel.id;
}

export async function direct(one, other) {
  const channel = await one.call('channel.create', { kind: 'direct', members: [other.user] });
  return channel.id;
}

/** Says something and tells where it stands. */
export async function say(person, channel, words = 'What news?', more = {}) {
  const { seq } = await person.call('message.send', { channel, client_id: randomUUID(), body: text(words), wait: true, ...more });
  return seq;
}
