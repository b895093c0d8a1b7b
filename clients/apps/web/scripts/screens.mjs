// Draws the application's screens, over the real server, into PNG files to look at: node scripts/screens.mjs DIRECTORY
// Needs `npm run build`, the program (RIALTO_BIN, or target/debug/rialto) and Chromium (CHROMIUM, or /usr/bin/chromium).
// Says of each what no picture shows: errors on the console, and pages wider than the window.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const out = path.resolve(process.argv[2] ?? 'screens');
const only = process.argv[3];
const root = fileURLToPath(new URL('../', import.meta.url));
const program = process.env.RIALTO_BIN ?? path.join(root, '../../../target/debug/rialto');
const PASSWORD = 'correct horse';

const directory = await mkdtemp(path.join(tmpdir(), 'rialto-screens-'));
await mkdir(out, { recursive: true });
const server = spawn(program, ['serve'], {
  env: { ...process.env, RIALTO_DATA_DIR: path.join(directory, 'data'), RIALTO_LISTEN: '127.0.0.1:0', RIALTO_METRICS_LISTEN: 'off', RIALTO_LIMITS_REGISTRATIONS_PER_ADDRESS_PER_HOUR: '100000', RIALTO_LIMITS_LOG_INS_PER_ADDRESS_PER_MINUTE: '100000' },
  stdio: ['ignore', 'pipe', 'pipe'],
});
const url = await new Promise((resolve, reject) => {
  let log = '';
  const hear = (text) => {
    log += text;
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log);
    if (found) resolve(found[0]);
  };
  server.stdout.on('data', hear);
  server.stderr.on('data', hear);
  server.once('exit', () => reject(new Error(log)));
});
// The preview's settings read it.
process.env.RIALTO_URL = url;
const { preview } = await import('vite');
const site = await preview({ root, preview: { port: 0 }, logLevel: 'error' });
const base = site.resolvedUrls.local[0].replace(/\/$/, '');

// ── people and what they say ──

async function ask(token, method, at, body) {
  const answer = await fetch(`${url}/api/v1${at}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function register(username, display_name) {
  const { user, access_token } = await ask(undefined, 'POST', '/accounts', { username, password: PASSWORD, display_name });
  return { id: user, ask: (...what) => ask(access_token, ...what) };
}

const ana = await register('ana', 'Ana Ferreira');
const bo = await register('bo.lind', 'Bo Lindqvist');
const carla = await register('carla', 'Carla');
const layla = await register('layla', 'ليلى حداد');
const say = (who, channel, text, more = {}) => who.ask('POST', `/channels/${channel}/messages`, { client_id: randomUUID(), body: { text }, wait: true, ...more });
const open = async (who, body) => (await who.ask('POST', '/channels', body)).id;

for (let i = 1; i <= 14; i += 1) await open(ana, { kind: 'group', title: `Workshop ${i}` });
const general = await open(ana, { kind: 'group', title: 'Bicycle kitchen', description: 'Repairs on Thursdays from six.\nBring your own tyres.', members: [bo.id, carla.id, layla.id] });
await say(bo, general, 'Has anyone seen the big wrench?');
await say(carla, general, 'It is where it always is: on the floor.');
await say(bo, general, 'Found it. @ana, the door was open again…', { mentions: { users: [ana.id] } });
const direct = await open(bo, { kind: 'direct', members: [ana.id] });
await say(ana, direct, 'Are you coming on Thursday?');
const arabic = await open(layla, { kind: 'direct', members: [ana.id] });
await say(layla, arabic, 'مرحبا! هل الدراجة جاهزة؟');
const news = await open(carla, { kind: 'broadcast', title: 'House news, with a title that is much longer than any list is wide', members: [ana.id, bo.id] });
for (let i = 1; i <= 23; i += 1) await say(carla, news, `Notice ${i}: the water is off on Monday between eight and ten.`);
const quiet = await open(carla, { kind: 'group', title: 'Old stuff', members: [ana.id] });
await say(carla, quiet, 'Selling a lamp.');
await ana.ask('PUT', `/channels/${quiet}/mute`, {});
await ana.ask('PUT', `/channels/${general}/pin`);
await ana.ask('PUT', `/blocks/${carla.id}`);

// ── the screens ──

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const complaints = [];
async function visit(name, { width, height = 800, dark = false, language, touch = false }, steps) {
  if (only && !name.includes(only)) return;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', locale: language ?? 'en', hasTouch: touch, isMobile: touch, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(`${name}: ${error}`));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`${name}: ${message.text()}`));
  // One log-in a visit: the server takes ten a minute of one person.
  const shot = async (of) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) complaints.push(`${name}-${of}: ${wide} px wider than the window`);
    const [mains, headings] = await page.evaluate(() => ['main', 'h1'].map((tag) => [...document.querySelectorAll(tag)].filter((it) => it.checkVisibility()).length));
    if (mains > 1 || headings > 1) complaints.push(`${name}-${of}: ${mains} main, ${headings} h1`);
    await page.screenshot({ path: path.join(out, `${name}-${of}.png`) });
  };
  try {
    await steps(page, shot);
  } catch (error) {
    complaints.push(`${name}: ${error.message}`);
    await page.screenshot({ path: path.join(out, `${name}-failed.png`) });
  }
  await context.close();
}

async function signIn(page) {
  await page.goto(base);
  await page.locator('input[name=username]').fill('ana');
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.locator('a[data-channel]').nth(10).waitFor();
}

const go = (page, at) => page.evaluate((to) => (history.pushState({ depth: 1 }, '', to), dispatchEvent(new PopStateEvent('popstate'))), at);

try {
  await visit('door-1280', { width: 1280 }, async (page, shot) => {
    await page.goto(base);
    await page.locator('input[name=username]').fill('nobody');
    await page.locator('input[name=password]').fill('wrong password');
    await shot('empty');
    await page.keyboard.press('Enter');
    await page.locator('[aria-invalid=true]').waitFor();
    await shot('wrong');
  });
  await visit('door-390-dark', { width: 390, dark: true, touch: true }, async (page, shot) => {
    await page.goto(base);
    await page.getByRole('button', { name: 'Create an account' }).click();
    await shot('register');
    await page.getByRole('button', { name: 'Start without a password' }).click();
    await shot('instant');
    await page.locator('button[type=submit]').click();
    await page.getByRole('dialog').waitFor();
    await shot('key');
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await shot('none');
  });
  for (const width of [768, 1280, 1920]) {
    await visit(`main-${width}`, { width }, async (page, shot) => {
      await signIn(page);
      await shot('nothing');
      await page.locator(`a[data-channel="${general}"]`).click();
      await page.getByRole('button', { name: 'Details', exact: true }).click();
      await page.getByText('Owner').waitFor();
      await shot('details');
    });
  }
  await visit('main-1280-dark', { width: 1280, dark: true }, async (page, shot) => {
    await signIn(page);
    await page.locator(`a[data-channel="${direct}"]`).click();
    await page.locator(`a[data-channel="${general}"]`).click({ button: 'right' });
    await page.getByRole('menu').waitFor();
    await shot('menu');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('b');
    await shot('switcher');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByText('Everyone writes').click();
    await shot('new');
  });
  await visit('phone-390', { width: 390, touch: true }, async (page, shot) => {
    await signIn(page);
    await shot('list');
    await page.locator(`a[data-channel="${general}"]`).click();
    await page.locator('#messages article, #messages [role=listitem]').first().waitFor();
    await shot('chat');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByText('Owner').waitFor();
    await shot('details');
    await page.getByRole('button', { name: 'Invite people' }).click();
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.getByLabel('Invite link').waitFor();
    await shot('invite');
    await go(page, '/settings');
    await page.getByRole('link', { name: 'Privacy' }).waitFor();
    await shot('settings');
    await page.getByRole('link', { name: 'Privacy' }).click();
    await page.getByRole('combobox').first().waitFor();
    await shot('privacy');
  });
  await visit('settings-1280', { width: 1280 }, async (page, shot) => {
    await signIn(page);
    for (const section of ['profile', 'appearance', 'notifications', 'keyboard', 'privacy', 'sessions', 'accounts']) {
      await go(page, `/settings/${section}`);
      await page.waitForTimeout(500);
      await shot(section);
    }
    await page.getByRole('button', { name: 'Add an account' }).click();
    await shot('add');
    await page.keyboard.press('Escape');
    await go(page, '/settings/appearance');
    await page.getByLabel('Dark').click();
    await page.reload();
    await page.locator('h1').waitFor();
    await shot('dark');
  });
  for (const width of [390, 1280]) {
    await visit(`arabic-${width}`, { width, language: 'ar', touch: width < 500 }, async (page, shot) => {
      await page.goto(base);
      await page.locator('form').waitFor();
      await shot('door');
      await signIn(page);
      await shot('list');
      await page.locator(`a[data-channel="${general}"]`).click();
      await page.locator('#messages article, #messages [role=listitem]').first().waitFor();
      await shot('chat');
      await go(page, `/c/${general}?details`);
      await page.locator('aside li bdi').first().waitFor();
      await shot('details');
      await go(page, '/settings/keyboard');
      await page.locator('dl').waitFor();
      await shot('keyboard');
    });
  }
  await visit('narrow-320', { width: 320, touch: true, language: 'de' }, async (page, shot) => {
    await signIn(page);
    await shot('list');
    await page.locator(`a[data-channel="${news}"]`).click();
    await page.locator('#messages article, #messages [role=listitem]').first().waitFor();
    await shot('chat');
    await go(page, '/settings/profile');
    await page.locator('h1').waitFor();
    await shot('profile');
  });
} finally {
  await browser.close();
  await site.close();
  server.kill('SIGTERM');
  await rm(directory, { recursive: true, force: true });
}
console.log(complaints.length > 0 ? complaints.join('\n') : 'nothing to complain of');
process.exit(complaints.length > 0 ? 1 : 0);
