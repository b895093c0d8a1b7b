// The client as the program serves it: one file is the whole product.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { eventually } from './support/patience.js';
import { ReverseProxy } from './support/reverse-proxy.js';
import { assertContent, profile } from './support/window.js';

/** The page, when its service worker has everything. */
async function installed(page) {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

test('the client comes from the program alone, within its policy', async (t) => {
  const server = await Server.during(t);
  const window = await profile(t, server);
  const page = await window.context.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/');
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.deepEqual(asked.filter((url) => !url.startsWith(server.url)), [], 'nothing is loaded from elsewhere');
  assertContent(window);
});

test('the policy is in force: what somebody else put into the page does not run', async (t) => {
  const server = await Server.during(t);
  const { context, complaints } = await profile(t, server);
  const page = await context.newPage();
  await page.goto('/');
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    try {
      script.text = 'globalThis.foreign = true';
    } catch {
      return 'refused by Trusted Types';
    }
    document.head.append(script);
    return globalThis.foreign === true ? 'ran' : 'did not run';
  });
  assert.equal(ran, 'refused by Trusted Types');
  await eventually('a violation that is told', () => complaints.some((complaint) => complaint.startsWith('policy: require-trusted-types-for')));
});

test('what names its content is fetched once, and compressed', async (t) => {
  const server = await Server.during(t);
  const { context } = await profile(t, server, { serviceWorkers: 'block' });
  const page = await context.newPage();
  const answers = [];
  page.on('response', (response) => answers.push(response));
  await page.goto('/');
  const script = answers.find((answer) => /\/assets\/index-.*\.js$/.test(answer.url()));
  assert.equal(script.headers()['content-encoding'], 'br');
  assert.match(script.headers()['cache-control'], /immutable/);
  // Everything that the page asks for is there before it is asked for again.
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  const fetched = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name, transferSize }) => ({ path: new URL(name).pathname, transferSize })));
  const lasting = fetched.filter(({ path }) => path.startsWith('/assets/'));
  assert.ok(lasting.length > 0);
  assert.deepEqual(lasting.filter(({ transferSize }) => transferSize > 0), [], 'from the cache');
});

test('the client can be installed', async (t) => {
  const server = await Server.during(t);
  const { context } = await profile(t, server);
  const page = await context.newPage();
  await installed(page);
  const devtools = await context.newCDPSession(page);
  const { url, errors } = await devtools.send('Page.getAppManifest');
  assert.deepEqual([url, errors], [`${server.url}/manifest.webmanifest`, []]);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
});

test('every view that the client names is the client, on a first visit too', async (t) => {
  const server = await Server.during(t);
  const { context } = await profile(t, server, { serviceWorkers: 'block' });
  const page = await context.newPage();
  for (const view of ['/c/0193a1b2', '/settings', '/settings/keyboard', '/join/abc']) {
    const answer = await page.goto(view);
    assert.equal(answer.status(), 200, view);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }
  assert.equal((await page.goto('/nothing')).status(), 404);
  await page.getByRole('heading', { level: 1 }).waitFor();
});

test('the client opens without the server', async (t) => {
  const server = await Server.during(t);
  const window = await profile(t, server);
  const page = await window.context.newPage();
  await installed(page);
  await server.kill();
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  const other = await window.context.newPage();
  await other.goto('/settings');
  await other.getByRole('heading', { level: 1 }).waitFor();
  // The pages of the server are not the client's to show.
  await assert.rejects(other.goto('/about'), /ERR_CONNECTION_REFUSED/);
  await server.revive();
  // In another window: in this one, the page that tells of the error may still be on its way.
  const third = await window.context.newPage();
  assert.match(await (await third.goto('/about')).text(), /Connect/);
  assertContent(window);
});

test('a newer client waits until its user takes it', async (t) => {
  const server = await Server.during(t);
  const proxy = await ReverseProxy.during(t, server);
  const window = await profile(t, proxy);
  const page = await window.context.newPage();
  await installed(page);
  await eventually('the worker to take the page over', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  const take = page.getByRole('button', { name: 'Update' });
  assert.equal(await take.count(), 0);

  proxy.update();
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await take.waitFor();
  const builds = () => page.evaluate(() => caches.keys());
  const waits = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).waiting !== null);
  assert.equal(await waits(), true);

  const loaded = page.waitForEvent('load');
  await take.click();
  await loaded;
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await waits(), false);
  assert.equal(await take.count(), 0);
  assert.equal((await builds()).length, 2, 'the one before is kept for pages that are still open');
  assertContent(window);
});
