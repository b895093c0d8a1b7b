// What became of the rows from one rendering to the next. Pure functions.

import type { TimelineRow } from '@rialto/core';

const firstMessage = (rows: readonly TimelineRow[]): number => rows.findIndex(({ type }) => type === 'message');

/** Did rows come in front of those that were there? Then the list keeps its place from its end. */
export function isPrepended(before: readonly TimelineRow[], after: readonly TimelineRow[]): boolean {
  if (before === after) return false;
  const was = firstMessage(before);
  const is = firstMessage(after);
  if (was < 0 || is < 0 || before[was]!.key === after[is]!.key) return false;
  const { key } = before[was]!;
  // If it is not there at all, something else happened.
  return after.some((row, at) => at > is && row.key === key);
}

/** Keys of the messages that came behind the last one that was there. Of a whole page of them, none: that is history. */
export function arrivedAfter(before: readonly TimelineRow[], after: readonly TimelineRow[]): string[] {
  if (before === after || before.length === 0) return [];
  const { key } = before.at(-1)!;
  const arrived: string[] = [];
  for (let at = after.length - 1; at >= 0; at -= 1) {
    if (after[at]!.key === key) return arrived;
    if (after[at]!.type === 'message') arrived.push(after[at]!.key);
    if (arrived.length > 3) return [];
  }
  return [];
}
