// Every screen of the client with something on it: to be judged, and to be photographed.

import { Correspondent } from './correspondent.js';
import { Person } from './person.js';

/** Ana, with conversations that look like life. */
export async function furnish(t, server, { name = 'ana', ...options } = {}) {
  const ana = await Person.arrive(t, server, name, options);
  const salarino = await Correspondent.arrive(server, 'Salarino');
  const solanio = await Correspondent.arrive(server, 'Solanio');
  const launcelot = await Correspondent.arrive(server, 'Launcelot Gobbo');
  const me = await salarino.find(name);

  const market = await salarino.group('Sailmakers’ guild', name, solanio);
  await solanio.say(market, 'The new canvas is here. It is heavier than the last, and it smells of tar.');
  const venture = await launcelot.ask('POST', '/channels', { kind: 'direct', members: [me] });
  await launcelot.say(venture.id, 'Master, which is the way to the market?');

  const rialto = await salarino.group('Rialto', name, solanio);
  const first = await salarino.say(rialto, 'Now, what news on the Rialto?');
  await solanio.say(rialto, 'The Andrew is late. Nobody has seen her since Tripoli.');
  await salarino.say(rialto, 'She was to unload here on Thursday. I had three bales of silk in her.');
  await solanio.say(rialto, 'Here is the list of the harbour master: https://example.org/arrivals', { reply_to: first });
  await ana.open('Rialto');
  await ana.write('Then somebody should ask at the harbour before they close 🛶');
  await ana.write('I can go at four.');
  await ana.marked('I can go at four.', 'stored');
  const messages = await salarino.history(rialto);
  const last = messages.at(-1).seq;
  await salarino.ask('PUT', `/channels/${rialto}/messages/${last}/reactions/${encodeURIComponent('👍')}`, {});
  for (const reader of [salarino, solanio]) await reader.mark(rialto, { delivered: last, read: last });
  await salarino.say(rialto, 'Good. I will wait at the bridge.');
  await solanio.say(market, 'Who wants a bolt of it?');
  await ana.message('wait at the bridge').waitFor();
  return { ana, salarino, solanio, launcelot, rialto, market, venture: venture.id, me };
}

/** What else there can be: conversations of other kinds, and nothing in them. */
export async function furnishMore({ ana, salarino, launcelot, solanio, rialto, me }) {
  const { id: news } = await salarino.ask('POST', '/channels', { kind: 'broadcast', title: 'Harbour news', members: [me] });
  await salarino.say(news, 'Two argosies were sighted.');
  const { id: watch } = await launcelot.ask('POST', '/channels', { kind: 'group', title: 'Bridge watch', description: 'Who stands where, and when.', members: [me, solanio.user] });
  await launcelot.ask('PUT', `/channels/${watch}/members/${me}/role`, { role: 'owner' });
  const { seq } = (await salarino.history(rialto))[0];
  await salarino.ask('PUT', `/channels/${rialto}/messages/${seq}/pin`);
  await ana.line('Bridge watch').waitFor();
  await ana.line('Harbour news').waitFor();
  return { news, watch };
}

const dialog = (person) => person.page.getByRole('dialog');
const escape = (person) => person.page.keyboard.press('Escape');

async function home(person) {
  await person.page.goto('/');
  await person.line('Rialto').waitFor();
}

async function conversation(person) {
  await home(person);
  await person.open('Rialto');
  await person.message('wait at the bridge').waitFor();
}

/** What can be done with one's own message. */
async function menuOf(person, text) {
  await conversation(person);
  await person.message(text).hover();
  await person.message(text).getByRole('button', { name: 'Message actions' }).click();
  await person.page.getByRole('menu').waitFor();
}

const choose = (person, name) => person.page.getByRole('menuitem', { name, exact: true }).click();

async function details(person, title) {
  await home(person);
  await person.line(title).click();
  await person.page.getByRole('button', { name: 'Details', exact: true }).click();
  await person.page.getByRole('complementary').getByText('Solanio').waitFor();
}

async function newConversation(person) {
  await home(person);
  await person.list.getByRole('button', { name: 'New conversation' }).first().click();
  await dialog(person).waitFor();
}

/** Screens, and how one comes to them and away again. */
export const SCREENS = [
  { name: 'conversations', show: home },
  { name: 'conversation', show: conversation },
  { name: 'details', show: (person) => details(person, 'Rialto'), leave: (person) => person.page.goBack() },
  { name: 'new conversation', show: newConversation, leave: escape },
  {
    name: 'settings',
    async show(person) {
      await person.page.goto('/settings/appearance');
      await person.page.getByRole('heading', { level: 1 }).waitFor();
    },
  },
];

const settings = (section, what) => ({
  name: `settings: ${section}`,
  async show(person) {
    await person.page.goto(`/settings/${section}`);
    await what(person.page).first().waitFor();
  },
});

/** All that opens on them: menus, dialogs, what is empty, what was refused. They need `furnishMore`. */
export const ALL_SCREENS = [
  ...SCREENS.filter(({ name }) => name !== 'settings'),
  {
    name: 'no conversation of this name',
    async show(person) {
      await home(person);
      await person.page.getByRole('searchbox').fill('zzz');
      await person.page.getByText('Nothing here').waitFor();
    },
  },
  {
    name: 'the menu of a conversation',
    async show(person) {
      await home(person);
      await person.line('Sailmakers').click({ button: 'right' });
      await person.page.getByRole('menu').waitFor();
    },
    leave: escape,
  },
  {
    name: 'a conversation with nothing in it',
    async show(person) {
      await home(person);
      await person.open('Bridge watch');
      await person.page.getByText('No messages yet. Say hello!').waitFor();
    },
  },
  {
    name: 'a conversation that only others write in',
    async show(person) {
      await home(person);
      await person.line('Harbour news').click();
      await person.page.getByText('Only administrators write here.').waitFor();
    },
  },
  { name: 'the menu of a message', show: (person) => menuOf(person, 'I can go at four'), leave: escape },
  {
    name: 'reactions',
    async show(person) {
      await menuOf(person, 'silk in her');
      await choose(person, 'React');
      await person.page.getByRole('button', { name: 'React with 👍' }).waitFor();
    },
    leave: escape,
  },
  {
    name: 'all emoji',
    async show(person) {
      await conversation(person);
      await person.page.getByRole('button', { name: 'Emoji', exact: true }).click();
      await person.page.getByRole('tab').nth(1).click();
      await person.page.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
    },
    leave: escape,
  },
  {
    name: 'a reply',
    async show(person) {
      await menuOf(person, 'silk in her');
      await choose(person, 'Reply');
      await person.page.getByText('Replying to').waitFor();
    },
    leave: escape,
  },
  {
    name: 'an edit',
    async show(person) {
      await menuOf(person, 'I can go at four');
      await choose(person, 'Edit');
      await person.page.getByText('Editing your message').waitFor();
    },
    leave: escape,
  },
  {
    name: 'suggestions',
    async show(person) {
      await conversation(person);
      await person.composer.pressSequentially('@s');
      await person.page.getByRole('option', { name: 'Salarino' }).waitFor();
    },
    leave: (person) => person.composer.fill(''),
  },
  {
    name: 'who has read a message',
    async show(person) {
      await menuOf(person, 'I can go at four');
      await choose(person, 'Message info');
      await dialog(person).getByText('Read by 2 of 2').waitFor();
    },
    leave: escape,
  },
  {
    name: 'where to forward',
    async show(person) {
      await menuOf(person, 'silk in her');
      await choose(person, 'Forward');
      await dialog(person).getByRole('searchbox').fill('zzz');
      await dialog(person).getByText('No conversation').waitFor();
    },
    leave: escape,
  },
  {
    name: 'for whom to delete',
    async show(person) {
      await menuOf(person, 'I can go at four');
      await choose(person, 'Delete');
      await dialog(person).waitFor();
    },
    leave: escape,
  },
  {
    name: 'what an owner may do with a member',
    async show(person) {
      await details(person, 'Bridge watch');
      await person.page.getByRole('button', { name: 'Actions for Solanio' }).click();
      await person.page.getByRole('menu').waitFor();
    },
    leave: escape,
  },
  {
    name: 'another title',
    async show(person) {
      await details(person, 'Bridge watch');
      await person.page.getByRole('button', { name: 'Edit title and description' }).click();
      await dialog(person).getByLabel('Title').fill('');
      await dialog(person).getByRole('button', { name: 'Save' }).click();
      await dialog(person).getByText('A title has').waitFor();
    },
    leave: escape,
  },
  {
    name: 'an invitation',
    async show(person) {
      await details(person, 'Bridge watch');
      await person.page.getByRole('button', { name: 'Invite people' }).click();
      await dialog(person).getByRole('button', { name: 'Make a link' }).click();
      await dialog(person).getByLabel('Invite link').waitFor();
    },
    leave: escape,
  },
  {
    name: 'whether to leave',
    async show(person) {
      await details(person, 'Bridge watch');
      await person.page.getByRole('button', { name: 'Leave', exact: true }).click();
      await dialog(person).waitFor();
    },
    leave: escape,
  },
  {
    name: 'somebody who is not there',
    async show(person) {
      await newConversation(person);
      await dialog(person).getByLabel('User name').fill('nobody.of.this.name');
      await dialog(person).getByRole('button', { name: 'Open' }).click();
      await dialog(person).getByText('There is nobody of this name.').waitFor();
    },
    leave: escape,
  },
  {
    name: 'a new group',
    async show(person) {
      await newConversation(person);
      await dialog(person).getByRole('radio', { name: /^Group/ }).check();
      await dialog(person).getByLabel('Title').waitFor();
    },
    leave: escape,
  },
  {
    name: 'where to go',
    async show(person) {
      await home(person);
      await person.page.keyboard.press('Control+k');
      await dialog(person).getByRole('combobox').fill('launcelot');
      await dialog(person).getByRole('option', { name: 'Write to' }).waitFor();
    },
    leave: escape,
  },
  {
    name: 'the keys',
    async show(person) {
      await home(person);
      await person.page.getByRole('button', { name: 'Help' }).click();
      await dialog(person).waitFor();
    },
    leave: escape,
  },
  {
    name: 'an invitation that is over',
    async show(person) {
      await person.page.goto('/join/nothing');
      await person.page.getByRole('button', { name: 'Join' }).click();
      await person.page.getByText('This invitation is not valid any more.').waitFor();
    },
  },
  {
    name: 'a conversation that is not there',
    async show(person) {
      await person.page.goto('/c/nothing');
      await person.page.getByRole('link', { name: 'Back to the conversations' }).waitFor();
    },
  },
  settings('profile', (page) => page.getByRole('button', { name: 'Change the password' })),
  settings('appearance', (page) => page.getByRole('radio', { name: 'Dark' })),
  settings('notifications', (page) => page.getByRole('radio', { name: 'All messages' })),
  settings('keyboard', (page) => page.getByRole('switch')),
  settings('privacy', (page) => page.getByText('You have blocked nobody.')),
  settings('sessions', (page) => page.getByText('This device')),
  settings('accounts', (page) => page.getByText('In use')),
  {
    name: 'another account',
    async show(person) {
      await person.page.goto('/settings/accounts');
      await person.page.getByRole('button', { name: 'Add an account' }).click();
      await dialog(person).waitFor();
    },
    leave: escape,
  },
  {
    name: 'whether to sign out',
    async show(person) {
      await person.page.goto('/settings/profile');
      await person.page.getByRole('button', { name: 'Sign out' }).click();
      await dialog(person).waitFor();
    },
    leave: escape,
  },
];

/** What somebody sees who has not come in yet, in turn; the last one is in, by a key that is shown once. */
export const DOOR = [
  { name: 'the door', show: (person) => person.page.getByLabel('User name').waitFor() },
  {
    name: 'the door, with a wrong password',
    async show({ page }) {
      await page.getByLabel('User name').fill('nobody');
      await page.getByLabel('Password', { exact: true }).fill('wrong');
      await page.getByLabel('Password', { exact: true }).press('Enter');
      await page.getByText('The name or the password is wrong.').waitFor();
    },
  },
  {
    name: 'a new account',
    async show({ page }) {
      await page.getByRole('button', { name: 'Create an account' }).click();
      await page.getByLabel('Name shown').waitFor();
    },
  },
  {
    name: 'a recovery key',
    async show({ page }) {
      await page.getByRole('button', { name: 'Use a recovery key' }).click();
      await page.getByRole('textbox', { name: 'Recovery key' }).waitFor();
    },
  },
  {
    name: 'an account without a password',
    async show({ page }) {
      await page.getByRole('button', { name: 'Start without a password' }).click();
      await page.getByLabel('Name shown').waitFor();
    },
  },
  {
    name: 'one’s recovery key',
    async show({ page }) {
      await page.getByRole('form').getByRole('button', { name: 'Start' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'no conversations yet',
    async show({ page }) {
      await page.getByRole('button', { name: 'I have kept it' }).click();
      await page.getByText('No conversations yet').waitFor();
    },
  },
];
