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
  await solanio.say(rialto, 'The *Andrew* is late. Nobody has seen her since Tripoli.');
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
  return { ana, salarino, solanio, rialto, market };
}

/** Screens, and how one comes to them and away again. */
export const SCREENS = [
  {
    name: 'conversations',
    async show(person) {
      await person.page.goto('/');
      await person.line('Rialto').waitFor();
    },
  },
  {
    name: 'conversation',
    async show(person) {
      await person.page.goto('/');
      await person.open('Rialto');
      await person.message('wait at the bridge').waitFor();
    },
  },
  {
    name: 'details',
    async show(person) {
      await person.page.getByRole('button', { name: 'Details' }).click();
      await person.page.getByText('Solanio').last().waitFor();
    },
    leave: (person) => person.page.goBack(),
  },
  {
    name: 'new conversation',
    async show(person) {
      await person.page.goto('/');
      await person.list.getByRole('button', { name: 'New conversation' }).first().click();
      await person.page.getByRole('dialog').waitFor();
    },
    leave: (person) => person.page.keyboard.press('Escape'),
  },
  {
    name: 'settings',
    async show(person) {
      await person.page.goto('/settings/appearance');
      await person.page.getByRole('heading', { level: 1 }).waitFor();
    },
  },
];
