// Whom the client keeps out: nobody by their eyes, screen, language or direction.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { eventually } from './support/patience.js';
import { Person } from './support/person.js';
import { ALL_SCREENS, DOOR, furnish, furnishMore } from './support/screens.js';
import { OF_COLOURS, assertAccessible } from './support/window.js';

/** Shows each screen to the judge, with nothing on it still moving. */
async function forEach(screens, person, judge) {
  for (const screen of screens) {
    await screen.show(person);
    await settled(person.page);
    await judge(screen.name);
    await screen.leave?.(person);
  }
}

const settled = (page) => page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));

/** Everything there is, furnished, and a visitor before the door. */
async function everything(t, options) {
  const server = await Server.during(t);
  const visitor = await Person.visit(t, server, 'visitor', options);
  const furnished = await furnish(t, server, options);
  return { ...furnished, ...(await furnishMore(furnished)), visitor };
}

test('2: no screen, menu, dialog, empty or refused state keeps anybody out, light or dark', async (t) => {
  const { ana, visitor } = await everything(t, { reducedMotion: 'reduce' });
  const inBoth = (person) => async (name) => {
    for (const [colorScheme, rules] of [['light'], ['dark', OF_COLOURS]]) {
      await person.page.emulateMedia({ colorScheme });
      await eventually(colorScheme, () => person.page.evaluate((theme) => document.documentElement.dataset.theme === theme, colorScheme));
      await assertAccessible(person.page, `${name}, ${colorScheme}`, rules);
    }
  };
  await forEach(DOOR, visitor, inBoth(visitor));
  await forEach(ALL_SCREENS, ana, inBoth(ana));
  ana.content();
});

test('5: nothing scrolls sideways, from 320 to 1920 pixels and at twice the size', async (t) => {
  const { ana, visitor } = await everything(t);
  // A browser zoomed to 200 % shows half as many pixels.
  const sizes = [[320, 640], [390, 844], [640, 400], [768, 1024], [1920, 1080], [1280, 800]];
  const inEach = ({ page }) => async (name) => {
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      const wider = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
      assert.ok(wider <= 0, `${name} at ${width} px is ${wider} px wider`);
    }
  };
  await forEach(DOOR, visitor, inEach(visitor));
  await forEach(ALL_SCREENS, ana, inEach(ana));
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
  // What points back points to where one came from.
  await ana.page.setViewportSize({ width: 390, height: 844 });
  const arrow = ana.page.locator('main header svg[data-directed]').first();
  assert.equal(await arrow.evaluate((svg) => getComputedStyle(svg).transform), 'matrix(-1, 0, 0, 1, 0, 0)');
  const times = await ana.page.locator('[data-message] time').evaluateAll((times) => times.every((time) => time.querySelector('bdi') !== null));
  assert.ok(times, 'times keep their own direction');
});

/**
 * What the page says in Latin letters: what is read, and what screen readers tell. People's words and names, keys, languages and
 * the names of emoji (which nobody has written in Arabic yet) are nobody's to translate.
 */
const latinWords = (page, given) =>
  page.evaluate((given) => {
    const GIVEN = 'bdi, time, kbd, option, [dir=auto], [aria-live]';
    const isRead = (element) => element.checkVisibility() && !element.closest('script, style');
    const said = [];
    for (const element of document.body.querySelectorAll('*')) {
      if (!isRead(element) || element.closest('[role=tabpanel]')) continue;
      for (const name of ['aria-label', 'placeholder', 'title', 'alt']) said.push(element.getAttribute(name) ?? '');
      if (element.closest(GIVEN)) continue;
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) said.push(node.textContent);
    }
    const rest = (text) => given.reduce((rest, words) => rest.replaceAll(words, ''), text);
    return [...new Set(said.map(rest).filter((text) => /[a-z]{2}/.test(text)))];
  }, given);

test('8: in a language of other letters no screen says anything in these', async (t) => {
  const { ana, visitor, salarino, launcelot, solanio, rialto, market, venture, news } = await everything(t, { reducedMotion: 'reduce' });
  const histories = await Promise.all([salarino.history(rialto), solanio.history(market), launcelot.history(venture), salarino.history(news)]);
  const texts = histories.flat().flatMap(({ body }) => body?.text ?? []);
  const titles = ['Sailmakers’ guild', 'Rialto', 'Bridge watch', 'Harbour news', 'Who stands where, and when.'];
  const given = [...texts, ...titles, 'Launcelot Gobbo', 'Salarino', 'Solanio', 'launcelot', 'Chrome', 'Linux', 'Ctrl+Enter', 'ana'];
  const plain = {};
  const inArabic = (person, choose) => async (name) => {
    await choose('ar');
    assert.match(await person.page.locator('body').innerText(), /[\u0600-\u06ff]{3}/, name);
    const words = await latinWords(person.page, given);
    if (words.length > 0) plain[name] = words;
    await choose('en');
  };
  // Who is not signed in has no settings, but the choice before the door.
  const atTheDoor = async (language) => {
    await visitor.page.locator('main select').selectOption(language);
    await eventually(`the language ${language}`, () => visitor.page.evaluate((wanted) => document.documentElement.lang === wanted, language));
  };
  await forEach(DOOR.slice(0, -2), visitor, inArabic(visitor, atTheDoor));
  await forEach(ALL_SCREENS, ana, inArabic(ana, await ana.languages()));
  assert.deepEqual(plain, {});
  ana.content();
});
