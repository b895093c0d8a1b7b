// Browsers on a busy machine are slower than clients: the only use of this limit is to end the wait for what never comes.

import { pause } from '../../js/support/patience.js';

export const PATIENCE_MS = 60_000;

/** What `look` finds, asked again and again until it finds something. */
export async function eventually(what, look, ms = PATIENCE_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await pause(50);
  }
}
