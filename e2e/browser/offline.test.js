// What is written and missed without a connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './support/patience.js';
import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { Person } from './support/person.js';
import { ReverseProxy } from './support/reverse-proxy.js';

const TEN = Array.from({ length: 10 }, (_, at) => `Offline ${at + 1}`);

/** A group of ana and a correspondent, open in ana's browser. */
async function anaInGroup(t, server, options) {
  const ana = await Person.arrive(t, server, 'ana', options);
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Rialto', 'ana');
  await ana.open('Rialto');
  return { ana, cy, channel };
}

test('33: ten messages written without a server, page closed and opened again, arrive once, in order', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await anaInGroup(t, server);
  await ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await server.kill();
  for (const text of TEN) await ana.write(text);
  await ana.reads(/Offline \d+/, TEN);
  await ana.page.close();

  const later = await ana.tab();
  await later.open('Rialto');
  await later.reads(/Offline \d+/, TEN);
  await server.revive();
  await later.marked(TEN[9], 'stored');
  await later.reads(/Offline \d+/, TEN);
  const stored = (await cy.history(channel)).flatMap(({ body }) => body?.text ?? []);
  assert.deepEqual(stored, TEN);
  ana.content();
});

test('33: ten messages written in a tunnel, page reloaded within it, arrive once, in order', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await anaInGroup(t, server);
  await ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await ana.goOffline();
  for (const text of TEN) await ana.write(text);
  await ana.page.reload();
  await ana.reads(/Offline \d+/, TEN);
  await ana.goOnline();
  await ana.marked(TEN[9], 'stored');
  assert.deepEqual((await cy.history(channel)).flatMap(({ body }) => body?.text ?? []), TEN);
});

test('13: a message whose acknowledgement is lost is sent again and is one message', async (t) => {
  const server = await Server.during(t);
  const proxy = await ReverseProxy.during(t, server);
  const { ana, cy, channel } = await anaInGroup(t, Object.create(server, { url: { value: proxy.url } }));
  await ana.write('heard');
  await ana.marked('heard', 'stored');
  proxy.deafen();
  await ana.write('only once');
  await eventually('the message to arrive', async () => (await cy.history(channel)).some(({ body }) => body?.text === 'only once'));
  assert.equal(await ana.message('only once').getAttribute('data-mark'), 'sending');
  proxy.cut();
  await ana.marked('only once', 'stored');
  assert.deepEqual((await cy.history(channel)).map(({ body }) => body?.text), ['heard', 'only once']);
  assert.equal(await ana.message('only once').count(), 1);
});

test('34: two hundred messages missed in a tunnel: no gap, no duplicate', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await anaInGroup(t, server);
  await cy.say(channel, 'Before');
  await ana.message('Before').waitFor();
  await ana.goOffline();
  await cy.fill(channel, 200, 'Missed');
  await ana.goOnline();
  await ana.line('Rialto').getByText('Missed 200').waitFor();
  const seen = await ana.scrollThrough(/Missed \d+|Before/);
  assert.deepEqual(seen, ['Before', ...Array.from({ length: 200 }, (_, at) => `Missed ${at + 1}`)]);
});

test('35: the client opens offline with the channels it knows and says that it is offline', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await anaInGroup(t, server);
  await cy.say(channel, 'What news on the Rialto?');
  await ana.message('What news').waitFor();
  await ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  // What came in the last moment may not be kept yet; the server has it.
  await ana.page.waitForTimeout(1500);
  await server.kill();
  await ana.page.reload();
  await ana.line('Rialto').waitFor();
  await ana.message('What news').waitFor();
  await ana.page.getByText(/No network|Connecting/).first().waitFor();
  await ana.write('later then');
  await ana.page.getByText('1 message waiting').first().waitFor();
  await server.revive();
  await ana.marked('later then', 'stored');
});
