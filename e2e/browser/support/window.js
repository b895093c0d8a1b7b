// A window of a browser profile, and everything it complained about.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { AxeBuilder } from '@axe-core/playwright';

import { launch } from './browser.js';
import { PATIENCE_MS } from './patience.js';

/** What a browser says when a server is not there, which tests bring about. */
const WITHOUT_SERVER = /net::ERR_|Failed to load resource|WebSocket connection to .* failed/;

/** One for the tests of a file. */
let launched;
const browser = () => (launched ??= launch());
after(async () => (await launched)?.close());

/** A profile: storage of its own, as another device would have. Options are playwright's (`viewport`, `colorScheme`, `locale` …). */
export async function profile(test, server, options = {}) {
  const context = await (await browser()).newContext({ baseURL: server.url, locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  context.on('weberror', (error) => complaints.push(`error: ${error.error().stack}`));
  context.on('console', (message) => {
    if (message.type() === 'error' && !WITHOUT_SERVER.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  // What the policy forbids is told to the page and nobody else; a forbidden style is silent otherwise.
  await context.exposeBinding('tellViolation', (_, violation) => complaints.push(`policy: ${violation}`));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      globalThis.tellViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} (${event.sourceFile}:${event.lineNumber})`);
    });
  });
  test.after(() => context.close());
  return { context, complaints };
}

/** Nothing went wrong in any window of a profile, and nothing was forbidden by its policy. */
export function assertContent({ complaints }) {
  assert.deepEqual(complaints, []);
}

/** What other colours can break: a page is the same otherwise. */
export const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Nothing on the page keeps anybody out, by all rules or some of them. */
export async function assertAccessible(page, what, rules) {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join('\n  ')}`);
  assert.equal(told.join('\n'), '', what);
}
