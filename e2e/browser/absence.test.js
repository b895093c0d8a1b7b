// A minute without a server. It is a minute of real time, and a file of its own: others run meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { eventually } from './support/patience.js';
import { Person } from './support/person.js';
import { ReverseProxy } from './support/reverse-proxy.js';

const AWAY_MS = 60_000;
const MISSED = Array.from({ length: 200 }, (_, at) => `Missed ${at + 1}`);

test('34: sixty seconds away and two hundred messages missed: no gap, no duplicate', async (t) => {
  const server = await Server.during(t);
  const proxy = await ReverseProxy.during(t, server);
  const ana = await Person.arrive(t, Object.create(server, { url: { value: proxy.url } }), 'ana');
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Rialto', 'ana');
  await ana.open('Rialto');
  await cy.say(channel, 'Before');
  await ana.message('Before').waitFor();

  proxy.goAway();
  const leftAt = Date.now();
  // All through the minute, as life goes on.
  for (const [at, text] of MISSED.entries()) {
    await ana.page.waitForTimeout(Math.max(0, leftAt + (AWAY_MS * at) / MISSED.length - Date.now()));
    await cy.say(channel, text);
  }
  await ana.page.waitForTimeout(Math.max(0, leftAt + AWAY_MS - Date.now()));
  assert.equal(await ana.message('Missed').count(), 0, 'nothing came through');
  await ana.page.getByText(/No network|Connecting/).first().waitFor();

  proxy.comeBack();
  await ana.line('Rialto').getByText('Missed 200').waitFor();
  await eventually('the bar to go', async () => (await ana.page.getByText(/No network|Connecting/).count()) === 0);
  // Everything that can be scrolled to, once each, from the first to the last.
  assert.deepEqual(await ana.scrollThrough(/Missed \d+|Before/), ['Before', ...MISSED]);
  ana.content();
});
