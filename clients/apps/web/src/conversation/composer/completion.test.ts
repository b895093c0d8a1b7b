import { expect, test } from 'vitest';

import { completed, completingAt } from './completion.ts';

const wish = (text: string) => completingAt(text, text.length);

test.each([
  ['@', 'mention', ''],
  ['hey @an', 'mention', 'an'],
  ['(@an', 'mention', 'an'],
  [':smi', 'emoji', 'smi'],
])('%s is the beginning of something', (text, kind, sought) => {
  expect(wish(text)).toMatchObject({ kind, wish: sought });
});

test.each(['mail@an', 'at 12:30', ':D', ':-)', 'https://x', '@an ', ''])('%s begins nothing', (text) => {
  expect(wish(text)).toBeUndefined();
});

test('what was chosen takes the place of what was typed', () => {
  expect(completed('hey @an, ok', { kind: 'mention', from: 4, wish: 'an' }, '@ana')).toEqual({ text: 'hey @ana , ok', caret: 9 });
  expect(completed(':smi there', { kind: 'emoji', from: 0, wish: 'smi' }, '😄')).toEqual({ text: '😄 there', caret: 3 });
});
