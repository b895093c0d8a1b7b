// The browser: Chromium, quiet.

import { chromium } from 'playwright-core';

/** Nothing but what is opened here may use the machine or the network. */
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

/** `more` are further arguments of Chromium. */
export const launch = (...more) => chromium.launch({ executablePath: process.env.RIALTO_CHROMIUM ?? '/usr/bin/chromium', args: [...QUIET, ...more] });
