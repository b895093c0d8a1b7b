const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before an attempt: anything up to a bound that doubles ("full jitter"), so that a thousand clients
 * that lost one server do not come back at one moment.
 */
export function backoffMs(attempt: number, dice: number): number {
  return Math.floor(dice * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}
