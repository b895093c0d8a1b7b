// How a page begins: with what it had, at what one asks for, and with the parts that there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { eventually } from './support/patience.js';
import { Person } from './support/person.js';
import { assertAccessible } from './support/window.js';

/** A group of ana and a correspondent. */
async function anaInGroup(t, server, options) {
  const ana = await Person.arrive(t, server, 'ana', options);
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Rialto', 'ana');
  await ana.line('Rialto').waitFor();
  return { ana, cy, channel };
}

test('"Jump to latest", pressed as soon as it is there, leads to the end and stays there', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await anaInGroup(t, server);
  await cy.fill(channel, 300);
  await ana.line('Rialto').getByText('Message 300').waitFor();
  // In the turn in which it appears: the list is still on its way to where it opens.
  await ana.page.evaluate(() => {
    const press = () => {
      const button = [...document.querySelectorAll('button')].find((button) => /jump to latest/i.test(button.ariaLabel ?? button.textContent));
      if (!button) return;
      observer.disconnect();
      button.click();
      globalThis.isPressed = true;
    };
    const observer = new MutationObserver(press);
    observer.observe(document.body, { subtree: true, childList: true });
  });
  await ana.open('Rialto');
  await eventually('the button', () => ana.page.evaluate(() => globalThis.isPressed === true));
  await ana.exactly('Message 300').waitFor();
  const isAtEnd = () => ana.scroller.evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop <= 8);
  // Still there when everything has been measured: what overrode it came with the frames after.
  for (let frame = 0; frame < 60; frame += 1) await ana.page.evaluate(() => new Promise(requestAnimationFrame));
  assert.ok(await isAtEnd());
  ana.content();
});

test('a message that came a moment before a reload is there afterwards, without a connection as well', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await anaInGroup(t, server);
  await ana.open('Rialto');
  await ana.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await cy.say(channel, 'First');
  await ana.message('First').waitFor();
  // The next ones are written while nothing of them can have been kept yet: the page goes in the turn in which the last one is shown.
  await ana.page.evaluate(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('#messages')?.textContent.includes('Last')) return;
      observer.disconnect();
      location.reload();
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const [going, again] = [ana.page.waitForRequest((request) => request.isNavigationRequest()), ana.page.waitForEvent('domcontentloaded')];
  for (const text of ['Second', 'Third', 'Last']) await cy.say(channel, text);
  // Who was told that a message is stored may know it before the others hear of it.
  await going;
  await server.kill();
  await again;
  await ana.message('First').waitFor();
  await ana.reads(/First|Second|Third|Last/, ['First', 'Second', 'Third', 'Last']);
});

test('a page whose build the server has no longer is loaded again, once, with what was being written', async (t) => {
  const server = await Server.during(t);
  const { ana } = await anaInGroup(t, server, { serviceWorkers: 'block' });
  const { page } = ana;
  // An update: a part that is gone, before the page fetches it ahead, and then another page.
  await page.route('**/assets/Settings-*.js', (route) => route.fulfill({ status: 404, body: '' }));
  await page.reload();
  await ana.open('Rialto');
  await ana.composer.pressSequentially('Half a sent');
  let loads = 0;
  page.on('load', () => (loads += 1));
  await page.route((url) => url.pathname === '/', (route) => (route.request().isNavigationRequest() ? route.continue() : route.fulfill({ body: '<script type="module" src="/assets/index-other.js"></script>' })));
  await page.getByRole('link', { name: 'Settings' }).click();
  await eventually('the page to be loaded again', () => loads === 1);
  // It is the same build again here, and the part is still gone: that is no reason to go on loading.
  await page.waitForLoadState('networkidle');
  assert.equal(loads, 1);
  await page.unrouteAll();
  await page.goto('/');
  await ana.open('Rialto');
  assert.equal(await ana.composer.inputValue(), 'Half a sent');
});

test('a conversation without a message keeps nobody out', async (t) => {
  const server = await Server.during(t);
  const { ana } = await anaInGroup(t, server);
  await ana.open('Rialto');
  await ana.page.getByText('No messages yet').first().waitFor();
  await assertAccessible(ana.page, 'an empty conversation');
  ana.content();
});
