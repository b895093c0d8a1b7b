import type { TimelineRow } from '@rialto/core';
import { expect, test } from 'vitest';

import { arrivedAfter, isPrepended } from './changes.ts';

const rows = (...keys: string[]) => keys.map((key) => ({ type: key.startsWith('day') ? 'day' : 'message', key }) as TimelineRow);

test('older messages come in front, also when the day above them is another row', () => {
  expect(isPrepended(rows('day 2', 'c', 'd'), rows('day 1', 'a', 'b', 'c', 'd'))).toBe(true);
  expect(isPrepended(rows('day 1 a', 'a'), rows('day 1 a', 'a', 'b'))).toBe(false);
  expect(isPrepended(rows('a', 'b'), rows('b'))).toBe(false);
  expect(isPrepended(rows(), rows('a'))).toBe(false);
  expect(isPrepended(rows('a'), rows('x', 'y'))).toBe(false);
});

test('what arrives is what stands behind the last one; a whole page is history', () => {
  expect(arrivedAfter(rows('a', 'b'), rows('a', 'b', 'c'))).toEqual(['c']);
  expect(arrivedAfter(rows('b'), rows('a', 'b'))).toEqual([]);
  expect(arrivedAfter(rows(), rows('a'))).toEqual([]);
  expect(arrivedAfter(rows('a'), rows('a', 'b', 'c', 'd', 'e', 'f'))).toEqual([]);
  expect(arrivedAfter(rows('a', 'b'), rows('x', 'y'))).toEqual([]);
});
