// Accounts, log-ins, settings.

import assert from 'node:assert/strict';

import { accepts, refusalOf, refuses } from './table.js';
import { PASSWORD, freshName } from './world.js';

const NO_TOKEN = 'AAAA.BBBB.CCCC';

// hello

accepts('hello', 'tells who one is, what is allowed, and the channels with their last messages', async (world) => {
  const { ana, bo } = world;
  const channel = await world.group(ana, bo);
  await world.say(ana, channel, 'the newest');
  const ready = await (await world.nobody()).call('hello', { token: ana.tokens.access_token });
  assert.deepEqual([ready.user.id, ready.session, ready.device], [ana.user, ana.tokens.session, ana.tokens.device]);
  assert.equal(ready.channels.channels[0].id, channel);
  assert.deepEqual(
    ready.recent[channel].map(({ body }) => body),
    [{ text: 'the newest' }],
  );
});

accepts('hello', 'brings what was missed since what one has', async (world) => {
  const channel = await world.group(world.ana, world.bo);
  const seq = await world.say(world.ana, channel);
  const ready = await (await world.nobody()).call('hello', { token: world.bo.tokens.access_token, have: { [channel]: seq - 1 } });
  assert.deepEqual(
    ready.missed.channels[channel].entries.map((entry) => entry.seq),
    [seq],
  );
}, { not: ['REST'] });

refuses('hello', 'auth.required', 'a token that is none', async (world) => {
  await (await world.nobody()).call('hello', { token: NO_TOKEN });
});

refuses('hello', 'auth.required', 'a token whose signature was changed', async (world) => {
  const token = world.ana.tokens.access_token;
  await (await world.nobody()).call('hello', { token: token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA') });
});

refuses('hello', 'auth.required', 'a refresh token', async (world) => {
  await (await world.nobody()).call('hello', { token: world.ana.tokens.refresh_token });
});

refuses('hello', 'auth.required', 'the token of a log-in that has ended', async (world) => {
  const guest = await world.somebody();
  await guest.call('account.logout');
  await (await world.nobody()).call('hello', { token: guest.tokens.access_token });
});

refuses('hello', 'client.too_old', 'a client from before the oldest that is served', async (world) => {
  const guest = await world.somebody();
  await (await world.nobody()).call('hello', { token: guest.tokens.access_token, client: { name: 'Gondola', version: '1.9.12' } });
}, { on: 'strict', not: ['REST'] });

refuses('hello', 'command.invalid', 'a position that is none', async (world) => {
  await (await world.nobody()).call('hello', { token: world.ana.tokens.access_token, have: { here: 'there' } });
}, { not: ['REST'] });

// account.register

accepts('account.register', 'with a name and a password', async (world) => {
  const nobody = await world.nobody();
  const username = freshName();
  const tokens = await nobody.call('account.register', { username: username.toUpperCase(), password: PASSWORD });
  assert.equal(tokens.recovery_key, undefined);
  const { user } = await nobody.call('hello', { token: tokens.access_token });
  assert.deepEqual(user, { id: tokens.user, username, display_name: username });
});

accepts('account.register', 'without a name, and tells the recovery key', async (world) => {
  const tokens = await (await world.nobody()).call('account.register', { display_name: 'Zoë 👩‍👩‍👧' });
  assert.match(tokens.recovery_key, /^[0-9A-HJKMNP-TV-Z-]{26,40}$/);
});

refuses('account.register', 'account.username_taken', 'also in capital letters and full width', async (world) => {
  const username = world.named.username.toUpperCase().replace('U', '\uFF35');
  await (await world.nobody()).call('account.register', { username, password: PASSWORD });
});

for (const username of ['', 'ab', '1ana', '\u0430na', 'ana/..', 'ana\u200B', 'a'.repeat(33)]) {
  refuses('account.register', 'account.username_invalid', JSON.stringify(username), async (world) => {
    await (await world.nobody()).call('account.register', { username, password: PASSWORD });
  });
}

refuses('account.register', 'account.username_invalid', 'a password without a name', async (world) => {
  await (await world.nobody()).call('account.register', { password: PASSWORD });
});

for (const [what, password] of [
  ['none', undefined],
  ['a short one', '1234567'],
  ['one of a kilobyte', 'x'.repeat(1025)],
  ['one with a NUL', 'correct\0horse'],
]) {
  refuses('account.register', 'account.password_invalid', what, async (world) => {
    await (await world.nobody()).call('account.register', { username: freshName(), password });
  });
}

for (const [what, display_name] of [
  ['nothing', ' '],
  ['control characters', 'a\nb'],
  ['writing backwards', 'a\u202Eb'],
  ['too much', 'x'.repeat(65)],
]) {
  refuses('account.register', 'account.display_name_invalid', what, async (world) => {
    await (await world.nobody()).call('account.register', { display_name });
  });
}

refuses('account.register', 'command.invalid', 'a name that is a number', async (world) => {
  await (await world.nobody()).call('account.register', { username: 7 });
});

refuses('account.register', 'limit.exceeded', 'too many from one address', async (world) => {
  const nobody = await world.nobody();
  for (let i = 0; i < 20; i += 1) await nobody.call('account.register');
}, { on: 'strict' });

// account.login

accepts('account.login', 'with name and password', async (world) => {
  const { username } = world.named;
  const nobody = await world.nobody();
  const tokens = await nobody.call('account.login', { username: ` ${username.toUpperCase()} `, password: PASSWORD, client: { name: 'Gondola' } });
  assert.equal(tokens.user, world.named.user);
  await nobody.call('hello', { token: tokens.access_token });
  const { sessions } = await nobody.call('sessions.list');
  // The same user logs in over every carrier at once: which of these log-ins is the newest is anybody's guess.
  const [mine] = sessions.filter(({ current }) => current);
  assert.deepEqual([mine.id, mine.client], [tokens.session, 'Gondola']);
});

accepts('account.login', 'with a recovery key as people type it', async (world) => {
  const recovery_key = world.ana.tokens.recovery_key.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o');
  const tokens = await (await world.nobody()).call('account.login', { recovery_key });
  assert.equal(tokens.user, world.ana.user);
  assert.notEqual(tokens.session, world.ana.tokens.session);
});

for (const [what, login] of [
  ['a name that nobody has', () => ({ username: freshName(), password: PASSWORD })],
  ['a name that nobody may have', () => ({ username: '../..', password: PASSWORD })],
  ['a wrong password', ({ named }) => ({ username: named.username, password: 'wrong horse' })],
  ['a password that nobody may have', ({ named }) => ({ username: named.username, password: '' })],
  ['a wrong recovery key', () => ({ recovery_key: '0'.repeat(26) })],
  ['a recovery key that is none', () => ({ recovery_key: 'sesame' })],
]) {
  refuses('account.login', 'auth.wrong_credentials', what, async (world) => {
    await (await world.nobody()).call('account.login', login(world));
  });
}

refuses('account.login', 'command.invalid', 'with nothing', async (world) => {
  await (await world.nobody()).call('account.login', {});
});

refuses('account.login', 'limit.exceeded', 'too many tries for one name', async (world) => {
  const nobody = await world.nobody();
  const username = freshName();
  for (let i = 0; i < 20; i += 1) {
    const refusal = await refusalOf(() => nobody.call('account.login', { username, password: 'x'.repeat(8) }));
    if (refusal.code !== 'auth.wrong_credentials') throw refusal;
  }
}, { on: 'strict' });

// account.refresh

accepts('account.refresh', 'trades the refresh token for new tokens', async (world) => {
  const guest = await world.somebody();
  const nobody = await world.nobody();
  const tokens = await nobody.call('account.refresh', { refresh_token: guest.tokens.refresh_token });
  assert.deepEqual([tokens.user, tokens.session, tokens.device], [guest.user, guest.tokens.session, guest.tokens.device]);
  assert.notEqual(tokens.refresh_token, guest.tokens.refresh_token);
  await nobody.call('hello', { token: tokens.access_token });
});

refuses('account.refresh', 'auth.refresh_refused', 'a token that is none', async (world) => {
  await (await world.nobody()).call('account.refresh', { refresh_token: NO_TOKEN });
});

refuses('account.refresh', 'auth.refresh_refused', 'an access token', async (world) => {
  await (await world.nobody()).call('account.refresh', { refresh_token: world.ana.tokens.access_token });
});

accepts('account.refresh', 'gives the answer again to whom it was lost', async (world) => {
  const guest = await world.somebody();
  const nobody = await world.nobody();
  await nobody.call('account.refresh', { refresh_token: guest.tokens.refresh_token });
  const tokens = await nobody.call('account.refresh', { refresh_token: guest.tokens.refresh_token });
  assert.equal(tokens.session, guest.tokens.session);
  assert.equal((await nobody.call('hello', { token: tokens.access_token })).user.id, guest.user);
});

refuses('account.refresh', 'auth.refresh_refused', 'used again after the one that followed it, and then all that followed', async (world) => {
  const guest = await world.somebody();
  const nobody = await world.nobody();
  const next = await nobody.call('account.refresh', { refresh_token: guest.tokens.refresh_token });
  const { refresh_token } = await nobody.call('account.refresh', { refresh_token: next.refresh_token });
  const refusal = await refusalOf(() => nobody.call('account.refresh', { refresh_token: guest.tokens.refresh_token }));
  assert.equal(refusal.code, 'auth.refresh_refused');
  await nobody.call('account.refresh', { refresh_token });
});

// account.logout

accepts('account.logout', 'ends the log-in', async (world) => {
  const guest = await world.somebody();
  await guest.call('account.logout');
  const refusal = await refusalOf(async () => (await world.nobody()).call('account.refresh', { refresh_token: guest.tokens.refresh_token }));
  assert.equal(refusal.code, 'auth.refresh_refused');
});

// account.get, account.update

accepts('account.get', 'tells one’s own account', async ({ ana }) => {
  const account = await ana.call('account.get');
  assert.equal(account.id, ana.user);
  assert.equal(account.username, undefined);
});

accepts('account.update', 'changes the name that others see', async (world) => {
  const guest = await world.somebody();
  assert.equal((await guest.call('account.update', { display_name: '  Zoë ' })).display_name, 'Zoë');
  const { users } = await world.ana.call('user.get', { users: [guest.user] });
  assert.deepEqual(users, [{ id: guest.user, display_name: 'Zoë' }]);
});

refuses('account.update', 'account.display_name_invalid', 'nothing to see', async ({ ana }) => {
  await ana.call('account.update', { display_name: '\u200B' });
});

// account.claim

accepts('account.claim', 'gives an anonymous account a name and a password', async (world) => {
  const guest = await world.somebody();
  const username = freshName();
  assert.equal((await guest.call('account.claim', { username, password: PASSWORD })).username, username);
  const tokens = await (await world.nobody()).call('account.login', { username, password: PASSWORD });
  assert.equal(tokens.user, guest.user);
});

refuses('account.claim', 'account.already_named', 'a second time', async ({ named }) => {
  await named.call('account.claim', { username: freshName(), password: PASSWORD });
});

refuses('account.claim', 'account.username_taken', 'a name that somebody has', async ({ ana, named }) => {
  await ana.call('account.claim', { username: named.username, password: PASSWORD });
});

refuses('account.claim', 'account.username_invalid', 'a name that nobody may have', async ({ ana }) => {
  await ana.call('account.claim', { username: 'a b', password: PASSWORD });
});

refuses('account.claim', 'account.password_invalid', 'a short password', async ({ ana }) => {
  await ana.call('account.claim', { username: freshName(), password: 'short' });
});

refuses('account.claim', 'limit.exceeded', 'looking for a free name too fast', async (world) => {
  const guest = await world.somebody();
  await guest.call('account.claim', { username: freshName(), password: PASSWORD });
  for (let i = 0; i < 40; i += 1) {
    const refusal = await refusalOf(() => guest.call('account.claim', { username: freshName(), password: PASSWORD }));
    if (refusal.code !== 'account.already_named') throw refusal;
  }
}, { on: 'strict' });

// account.password

accepts('account.password', 'changes the password, and ends the other log-ins', async (world) => {
  const guest = await world.somebody();
  const username = freshName();
  await guest.call('account.claim', { username, password: PASSWORD });
  const other = await (await world.nobody()).call('account.login', { username, password: PASSWORD });
  await guest.call('account.password', { old: PASSWORD, new: 'battery staple' });
  await guest.call('account.get');
  const refusal = await refusalOf(async () => (await world.nobody()).call('hello', { token: other.access_token }));
  assert.equal(refusal.code, 'auth.required');
  await (await world.nobody()).call('account.login', { username, password: 'battery staple' });
});

refuses('account.password', 'auth.wrong_credentials', 'the old one is wrong', async ({ named }) => {
  await named.call('account.password', { old: 'wrong horse', new: 'battery staple' });
});

refuses('account.password', 'auth.wrong_credentials', 'there is none', async ({ ana }) => {
  await ana.call('account.password', { old: PASSWORD, new: 'battery staple' });
});

refuses('account.password', 'account.password_invalid', 'the new one is short', async ({ named }) => {
  await named.call('account.password', { old: PASSWORD, new: 'short' });
});

refuses('account.password', 'limit.exceeded', 'guessing the old one', async (world) => {
  const guest = await world.somebody();
  for (let i = 0; i < 20; i += 1) {
    const refusal = await refusalOf(() => guest.call('account.password', { old: 'x'.repeat(8), new: PASSWORD }));
    if (refusal.code !== 'auth.wrong_credentials') throw refusal;
  }
}, { on: 'strict' });

// settings

accepts('settings.get', 'tells the settings', async (world) => {
  const guest = await world.somebody();
  assert.deepEqual(await guest.call('settings.get'), { presence: 'contacts', last_seen: 'contacts', typing: 'contacts' });
});

accepts('settings.set', 'replaces them, and what is absent takes its default', async (world) => {
  const guest = await world.somebody();
  await guest.call('settings.set', { settings: { presence: 'nobody', typing: 'nobody' } });
  const settings = { presence: 'contacts', last_seen: 'contacts', typing: 'nobody' };
  assert.deepEqual(await guest.call('settings.set', { settings: { typing: 'nobody' } }), settings);
  assert.deepEqual((await guest.call('account.get')).settings, settings);
});

refuses('settings.set', 'command.invalid', 'an audience that there is not', async ({ ana }) => {
  await ana.call('settings.set', { settings: { presence: 'friends' } });
});

// sessions, device

accepts('sessions.list', 'lists the log-ins, the newest first', async (world) => {
  const guest = await world.somebody();
  const newer = await (await world.nobody()).call('account.login', { recovery_key: guest.tokens.recovery_key });
  const { sessions } = await guest.call('sessions.list');
  assert.deepEqual(
    sessions.map(({ id, current }) => [id, current]),
    [[newer.session, false], [guest.tokens.session, true]],
  );
});

accepts('sessions.revoke', 'ends one log-in', async (world) => {
  const guest = await world.somebody();
  const other = await (await world.nobody()).call('account.login', { recovery_key: guest.tokens.recovery_key });
  assert.deepEqual(await guest.call('sessions.revoke', { session: other.session }), { revoked: [other.session] });
  assert.equal((await guest.call('sessions.list')).sessions.length, 1);
});

accepts('sessions.revoke', 'ends all others', async (world) => {
  const guest = await world.somebody();
  const nobody = await world.nobody();
  for (let i = 0; i < 2; i += 1) await nobody.call('account.login', { recovery_key: guest.tokens.recovery_key });
  assert.equal((await guest.call('sessions.revoke', { others: true })).revoked.length, 2);
  assert.deepEqual((await guest.call('sessions.list')).sessions.map(({ current }) => current), [true]);
});

refuses('sessions.revoke', 'session.unknown', 'somebody else’s', async ({ ana, bo }) => {
  await ana.call('sessions.revoke', { session: bo.tokens.session });
});

refuses('sessions.revoke', 'command.invalid', 'neither one nor all others', async ({ ana }) => {
  await ana.call('sessions.revoke', {});
}, { not: ['REST'] });

accepts('device.update', 'names the device in the list of log-ins', async (world) => {
  const guest = await world.somebody();
  await guest.call('device.update', { name: 'On the bridge' });
  assert.equal((await guest.call('sessions.list')).sessions[0].client, 'On the bridge');
});

refuses('device.update', 'account.display_name_invalid', 'a name of nothing', async ({ ana }) => {
  await ana.call('device.update', { name: '' });
});
