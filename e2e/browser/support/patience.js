// Browsers on a busy machine are slower than clients: they are waited for longer.

import { eventually as look } from '../../js/support/patience.js';

export const PATIENCE_MS = 60_000;

export const eventually = (what, ask, ms = PATIENCE_MS) => look(what, ask, ms);
