// Whom the client keeps out: nobody by their eyes, screen, language or direction.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { eventually } from './support/patience.js';
import { Person } from './support/person.js';
import { SCREENS, furnish } from './support/screens.js';
import { assertAccessible } from './support/window.js';

for (const colorScheme of ['light', 'dark']) {
  test(`2: no screen keeps anybody out, ${colorScheme}`, async (t) => {
    const server = await Server.during(t);
    const visitor = await Person.visit(t, server, 'visitor', { colorScheme });
    await visitor.page.getByLabel('User name').waitFor();
    await assertAccessible(visitor.page, 'the door');
    const { ana } = await furnish(t, server, { colorScheme });
    for (const screen of SCREENS) {
      await screen.show(ana);
      await assertAccessible(ana.page, screen.name);
      await screen.leave?.(ana);
    }
    ana.content();
  });
}

test('5: nothing scrolls sideways, from 320 to 1920 pixels and at twice the size', async (t) => {
  const server = await Server.during(t);
  const { ana } = await furnish(t, server);
  const isWithin = () => ana.page.evaluate(() => document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth);
  // A browser zoomed to 200 % shows half as many pixels.
  for (const [width, height] of [[320, 640], [390, 844], [768, 1024], [1280, 800], [1920, 1080], [640, 400]]) {
    await ana.page.setViewportSize({ width, height });
    for (const screen of SCREENS) {
      await screen.show(ana);
      assert.ok(await isWithin(), `${screen.name} at ${width} px`);
      await screen.leave?.(ana);
    }
  }
});

test('6: dark follows the system, and a choice of one’s own survives a reload without a flash', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana', { colorScheme: 'dark' });
  const { page } = ana;
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await page.emulateMedia({ colorScheme: 'light' });
  await eventually('light', async () => (await ground()) !== dark);
  const light = await ground();
  await page.goto('/settings/appearance');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await eventually('dark', async () => (await ground()) === dark);
  await page.addInitScript(() => {
    globalThis.grounds = [];
    const look = () => {
      // Before its styles are there, a page has no ground, and nothing is painted.
      if (document.documentElement) globalThis.grounds.push(getComputedStyle(document.documentElement).backgroundColor);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.deepEqual((await page.evaluate(() => globalThis.grounds)).filter((ground) => ground === light), [], 'no frame was light');
  assert.equal(await ground(), dark);
});

test('7: right to left, panes and bubbles are mirrored, and numbers and times are not', async (t) => {
  const server = await Server.during(t);
  const { ana } = await furnish(t, server);
  const sides = async () => {
    // Its name is in another language by then.
    const conversations = ana.page.getByRole('navigation').filter({ has: ana.page.locator('[data-channel]') });
    const [list, main] = [await conversations.boundingBox(), await ana.page.getByRole('main').boundingBox()];
    const mine = await ana.page.locator('[data-mine] [dir=auto]').last().boundingBox();
    return { list: list.x < main.x ? 'left' : 'right', mine: mine.x + mine.width / 2 < main.x + main.width / 2 ? 'left' : 'right' };
  };
  await ana.open('Rialto');
  assert.deepEqual(await sides(), { list: 'left', mine: 'right' });
  await ana.page.goto('/settings/appearance');
  await ana.page.getByLabel('Language').selectOption('ar');
  await eventually('right to left', () => ana.page.evaluate(() => document.documentElement.dir === 'rtl'));
  await ana.page.goBack();
  await ana.page.locator('[data-mine]').first().waitFor();
  const mirrored = await sides();
  assert.deepEqual(mirrored, { list: 'right', mine: 'left' });
  const times = await ana.page.locator('[data-message] time').evaluateAll((times) => times.every((time) => time.querySelector('bdi') !== null));
  assert.ok(times, 'times keep their own direction');
});
