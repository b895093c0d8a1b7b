// Notices of the system, while the client is open and nobody looks at it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { eventually } from './support/patience.js';
import { Person } from './support/person.js';

/** What the system shows of the client. */
const notices = ({ page }) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    return (await registration.getNotifications()).map(({ title, body, data }) => ({ title, body, address: data.address }));
  });

test('who looks elsewhere is told by the system, once a channel, and who looks is not', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana', { permissions: ['notifications'] });
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Harbour', 'ana');
  await ana.line('Harbour').waitFor();
  assert.deepEqual(await notices(ana), []);

  await cy.say(channel, 'Seen');
  await ana.page.locator('[aria-live]').filter({ hasText: 'Seen' }).waitFor({ state: 'attached' });
  await ana.look(false);
  await cy.say(channel, 'The wind has turned');
  const told = { title: 'Harbour', body: 'Cy: The wind has turned', address: `/c/${channel}` };
  await eventually('a notice', async () => (await notices(ana)).length > 0);
  assert.deepEqual(await notices(ana), [told]);

  await cy.say(channel, 'We sail at six');
  await eventually('the newer in its place', async () => (await notices(ana))[0].body === 'Cy: We sail at six');
  assert.equal((await notices(ana)).length, 1);
  ana.content();
});

test('who wants no notices is shown none', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana', { permissions: ['notifications'] });
  const cy = await Correspondent.arrive(server, 'Cy');
  const [quiet, called] = [await cy.group('Quiet', 'ana'), await cy.group('Called', 'ana')];
  await ana.page.goto('/settings/notifications');
  await ana.page.getByText('The browser shows new messages').waitFor();
  await ana.page.getByRole('radio', { name: 'Direct messages and mentions of me' }).check();
  await ana.look(false);
  await cy.say(quiet, 'Nothing of note');
  await cy.say(called, 'Ana?', { mentions: { users: [await cy.find('ana')] } });
  await eventually('the notice of the one that calls', async () => (await notices(ana)).length > 0);
  assert.deepEqual((await notices(ana)).map(({ title }) => title), ['Called'], 'what came before it is not told');
});
