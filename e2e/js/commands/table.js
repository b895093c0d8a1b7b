// How a command's behaviour is written down: once, for every carrier.

import assert from 'node:assert/strict';

import { everyCarrier } from '../support/carriers.js';
import { codes } from '../support/contract.js';
import { Refusal } from '../support/client.js';

/** Every row of the table. */
export const cases = [];

/**
 * The command succeeds. `run(world)` calls it, and judges what it did.
 *
 * Options: `on`, the server it needs (`roomy` unless told); `not` or `only`, where carriers differ.
 */
export function accepts(command, title, run, options = {}) {
  cases.push({ command, title: `${command}: ${title}`, ...placed(options), run: (world) => world.mustCall(command, run) });
}

/** The command is refused with this code. `run(world)` must fail with exactly that. */
export function refuses(command, code, when, run, options = {}) {
  const judge = async (world) => {
    const refusal = await refusalOf(() => run(world));
    assert.deepEqual([refusal.command, refusal.code], [command, code]);
    if (refusal.status !== undefined) assert.equal(refusal.status, codes.get(code), 'the HTTP status');
    assert.equal(refusal.retryAfterMs > 0, code === 'limit.exceeded', 'retry_after_ms goes with limit.exceeded, and with nothing else');
  };
  cases.push({ command, code, title: `${command}: ${code}, ${when}`, ...placed(options), run: judge });
}

/** What `act` is refused with. */
export async function refusalOf(act) {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const placed = ({ on = 'roomy', only = everyCarrier, not = [] }) => ({ on, carriers: only.filter((carrier) => !not.includes(carrier)) });
