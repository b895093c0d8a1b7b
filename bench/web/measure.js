// What the web client costs its user, in a browser on this machine: the release serves it, Chromium runs it.
//
//   make bench-web
//   RIALTO_BIN=target/release/rialto node bench/web/measure.js [OUT]     writes OUT.json and OUT.md (bench/WEB by default)
//
// Timings on a shared machine are a trend and no test; what is counted (jumps, rows, bytes of the heap) is the same everywhere.

import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';

import { Server } from '../../e2e/js/support/server.js';
import { launch } from '../../e2e/browser/support/browser.js';
import { Correspondent } from '../../e2e/browser/support/correspondent.js';
import { seenRows, watchRows } from '../../e2e/browser/support/history.js';
import { Measured } from './measured.js';
import { report } from './report.js';

const MESSAGES = 10_000;
const CHANNELS = 10;
const SCROLLING_MS = 120_000;
const SWITCHES = 50;
const KEYS = 120;

const out = process.argv[2] ?? new URL('../WEB', import.meta.url).pathname;
const server = await Server.start();
const browser = await launch('--js-flags=--expose-gc', '--enable-precise-memory-info');
const measured = new Measured({ at: new Date().toISOString(), cpus: os.cpus().length, processor: os.cpus()[0].model, browser: browser.version(), load: os.loadavg()[0] });

try {
  await start();
  const { context, writer, channels, oldest } = await inhabit();
  await warmStart(context, channels[0]);
  await scroll(context, channels[0], oldest);
  await type(context, writer, channels[1]);
  await change(context, channels);
} finally {
  await browser.close();
  await server.stop();
}
const goals = JSON.parse(await readFile(new URL('goals.json', import.meta.url)));
await writeFile(`${out}.json`, `${JSON.stringify(measured.all(), undefined, 2)}\n`);
await writeFile(`${out}.md`, report(measured.all(), goals));
console.log(report(measured.all(), goals));

/** A page whose processor is so many times slower. */
async function throttled(context, times) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: times });
  return { page, devtools };
}

/** The first visit: nothing cached, until the form can be used. */
async function start() {
  for (const times of [1, 4]) {
    for (let round = 0; round < 3; round += 1) {
      const context = await browser.newContext({ baseURL: server.url });
      const { page } = await throttled(context, times);
      await page.goto('/');
      await page.getByRole('button', { name: 'Start without a password' }).click({ trial: true });
      const { painted, usable } = await page.evaluate(() => ({ painted: performance.getEntriesByName('first-contentful-paint')[0].startTime, usable: performance.now() }));
      measured.add(`cold start, first paint, ${times}× CPU`, painted);
      measured.add(`cold start, form usable, ${times}× CPU`, usable);
      await context.close();
    }
  }
}

/** Somebody with conversations: a long one, and some to change between. */
async function inhabit() {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto('/');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('User name').fill('ana');
  await page.getByLabel('Password', { exact: true }).fill('a good password');
  await page.getByRole('form').getByRole('button', { name: 'Create an account' }).click();
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  const writer = await Correspondent.arrive(server, 'Launcelot');
  const channels = [];
  for (let number = 0; number < CHANNELS; number += 1) channels.push(await writer.group(`Channel ${number}`, 'ana'));
  // Many at a time: here nobody asks in which order.
  const seqs = [];
  for (let sent = 0; sent < MESSAGES; sent += 50) seqs.push(...(await Promise.all(Array.from({ length: 50 }, (_, at) => writer.say(channels[0], saying(sent + at))))));
  for (const channel of channels.slice(1)) await writer.fill(channel, 60);
  await page.goto(`/c/${channels[0]}`);
  // All of them are new, so that the channel opens at the first: from here on it opens at its end.
  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await page.locator(`[data-message][data-seq="${Math.max(...seqs)}"]`).waitFor();
  await page.getByRole('link').filter({ hasText: 'Channel 0' }).getByText(/unread/).waitFor({ state: 'detached' });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  return { context, writer, channels, oldest: Math.min(...seqs) };
}

/** Somebody who was here before, until the last messages are on the screen: they are in the browser already. */
async function warmStart(context, channel) {
  for (const times of [1, 4]) {
    for (let round = 0; round < 9; round += 1) {
      const { page } = await throttled(context, times);
      await page.goto(`/c/${channel}`, { waitUntil: 'commit' });
      measured.add(`warm start, last messages, ${times}× CPU`, await page.evaluate(endPainted));
      await page.close();
    }
  }
}

/** In the page: when the frame was painted that first showed messages with the list at its end. To ask from outside, again and again, would slow the throttled page. */
function endPainted() {
  return new Promise((resolve) => {
    const look = () => {
      const list = document.querySelector('#messages');
      const isShown = list?.querySelector('[data-message]') && list.scrollTop + list.clientHeight >= list.scrollHeight - 2;
      if (isShown) setTimeout(() => resolve(performance.now()));
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** From the end upwards as fast as the wheel turns, to the first message of all. */
async function scroll(context, channel, oldest) {
  const page = await context.newPage();
  await page.goto(`/c/${channel}`);
  await rows(page).last().waitFor();
  await page.waitForTimeout(500);
  await watchRows(page);
  await page.evaluate(() => {
    const frames = [];
    let before = performance.now();
    const next = (now) => {
      frames.push(now - before);
      before = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    globalThis.frames = frames;
  });
  const box = await page.getByRole('list', { name: 'Messages' }).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const began = performance.now();
  const first = await firstRow(page);
  while ((await firstRow(page)) > oldest && performance.now() - began < SCROLLING_MS) {
    for (let turned = 0; turned < 20; turned += 1) {
      await page.mouse.wheel(0, -300);
      await page.waitForTimeout(8);
    }
  }
  const frames = await page.evaluate(() => globalThis.frames);
  for (const frame of frames.slice(1)) measured.add('scrolling, frame', frame);
  const { jump, rows: most } = await seenRows(page);
  measured.add('scrolling, largest jump (px)', jump);
  measured.add('scrolling, most rows in the document', most);
  measured.add('scrolling, messages passed', first - (await firstRow(page)));
  measured.add('scrolling, messages a second', (first - (await firstRow(page))) / ((performance.now() - began) / 1000));
  await page.close();
}

/** Key presses while twenty messages a second come in. */
async function type(context, writer, channel) {
  const page = await context.newPage();
  await page.goto(`/c/${channel}`);
  const composer = page.getByRole('textbox', { name: 'Message' });
  await composer.click();
  await page.evaluate(() => {
    globalThis.presses = [];
    // What a frame paints is on its way when the task after it runs.
    addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => setTimeout(() => globalThis.presses.push(performance.now() - timeStamp))), true);
  });
  const incoming = setInterval(() => void writer.say(channel, saying(Math.random())).catch(() => {}), 50);
  for (let key = 0; key < KEYS; key += 1) {
    await page.keyboard.press('abcdefghij '[key % 11]);
    await page.waitForTimeout(60);
  }
  clearInterval(incoming);
  for (const press of await page.evaluate(() => globalThis.presses)) measured.add('key press to paint, 20 messages a second', press);

  await page.evaluate(() => {
    addEventListener('keydown', ({ key, timeStamp }) => key === 'Enter' && (globalThis.sentAt = timeStamp), true);
    new MutationObserver((changes) => {
      if (globalThis.sentAt === undefined || !changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.querySelector?.('[data-mine]') ?? node.matches?.('[data-mine]')))) return;
      const { sentAt } = globalThis;
      globalThis.sentAt = undefined;
      requestAnimationFrame(() => setTimeout(() => globalThis.echoes.push(performance.now() - sentAt)));
    }).observe(document.querySelector('#messages'), { subtree: true, childList: true });
    globalThis.echoes = [];
  });
  for (let round = 0; round < 10; round += 1) {
    await composer.fill(`Echo ${round}`);
    await composer.press('Enter');
    await page.waitForTimeout(150);
  }
  for (const echo of await page.evaluate(() => globalThis.echoes)) measured.add('one’s own message, Enter to paint', echo);
  await page.close();
}

/** From channel to channel, and what stays in memory. */
async function change(context, channels) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await page.goto(`/c/${channels[0]}`);
  await rows(page).last().waitFor();
  for (let count = 1; count <= SWITCHES; count += 1) {
    const title = `Channel ${count % CHANNELS}`;
    const began = await page.evaluate((title) => {
      const link = [...document.querySelectorAll('nav a[data-channel]')].find((link) => link.textContent.includes(title));
      const began = performance.now();
      link.click();
      return began;
    }, title);
    const ended = await page.evaluate(async (id) => {
      while (!location.pathname.includes(id) || !document.querySelector('#messages [data-message]')) await new Promise(requestAnimationFrame);
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now();
    }, channels[count % CHANNELS]);
    if (count > CHANNELS) measured.add('another channel, cached', ended - began);
    if (count % 10 === 0) {
      await devtools.send('HeapProfiler.collectGarbage');
      const { usedSize } = await devtools.send('Runtime.getHeapUsage');
      measured.add(`heap after ${count} changes (MB)`, usedSize / 1e6);
    }
  }
  await page.close();
}

/** Where the uppermost row that there is stands in the channel. */
function firstRow(page) {
  return page.evaluate(() => Number(document.querySelector('[data-message]').dataset.seq));
}

function rows(page) {
  return page.locator('[data-message]');
}

function saying(number) {
  return `Message ${number}: ${'the boatswain says that the wind has turned '.repeat(1 + (Math.floor(number * 7) % 4))}`;
}
