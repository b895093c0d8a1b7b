import { expect, test } from 'vitest';

import type { Folded } from '../src/protocol/generated.ts';
import { timeline, type MessageRow } from '../src/selectors/timeline.ts';

const message = (seq: number, sender: string, at: number): Folded => ({ channel: 'c', seq, n: seq, sender, at, body: { text: String(seq) } });
const places = (read: number) => ({ mine: { delivered: 0, read: 0 }, told: { delivered: 0, read: 0 }, all: { delivered: 9, read }, members: {} });
const options = { me: 'me', timeZone: 'UTC' };
const flags = (rows: unknown[]) => (rows as MessageRow[]).filter(({ type }) => type === 'message').map(({ isFirst, isLast }) => [isFirst, isLast]);

test('a row is the same object as long as it says the same', () => {
  const kept = new WeakMap();
  const messages = [message(1, 'me', 0), message(2, 'bo', 1), message(3, 'bo', 2)];
  const before = timeline(messages, [], places(0), options, kept);
  const after = timeline([...messages, message(4, 'bo', 3)], [], places(1), options, kept);
  expect(flags(before)).toEqual([[true, true], [true, false], [false, true]]);
  expect(flags(after)).toEqual([[true, true], [true, false], [false, false], [false, true]]);
  // One's own was read by all, the second is what it was, the third is not the last of its group any more.
  expect(before.map((row, at) => row === after[at])).toEqual([false, false, true, false]);
  expect((after[1] as MessageRow).mark).toBe('read');
  expect((before[3] as MessageRow).isLast).toBe(true);
});

test('rows that are kept say the same as rows made anew', () => {
  const kept = new WeakMap();
  const messages = Array.from({ length: 60 }, (_, at) => message(at + 1, ['me', 'bo', 'cy'][Math.floor(at / 4) % 3]!, at * 90_000));
  for (const [from, to, read, newAfter] of [[20, 40, 0, 30], [0, 40, 10, 30], [0, 60, 40, undefined], [10, 50, 60, 12]] as const) {
    const wish = { ...options, ...(newAfter !== undefined && { newAfter }) };
    const part = messages.slice(from, to);
    expect(timeline(part, [], places(read), wish, kept)).toEqual(timeline(part, [], places(read), wish));
  }
});
