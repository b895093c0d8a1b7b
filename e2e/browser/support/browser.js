// The browser: one Chromium for the tests of a file, in which every person has a profile of their own.

import { after } from 'node:test';

import { chromium } from 'playwright-core';

/** Nothing but what the tests open may use the machine or the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Several people are at it at once; only one window can be in front.
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** How long anything may take that must come: only what never comes ends it. */
export const PATIENCE_MS = 30_000;

let launched;

export function browser() {
  launched ??= chromium.launch({ executablePath: process.env.RIALTO_CHROMIUM ?? '/usr/bin/chromium', args: QUIET });
  return launched;
}

after(async () => {
  if (launched) await (await launched).close();
});
