import { expect, test } from 'vitest';

import { findEmoji, loadEmoji } from './emoji.ts';

test.each(['en', 'de', 'pt'])('in %s every emoji is one, with a name, and none comes twice', async (language) => {
  const groups = await loadEmoji(language);
  expect(groups).toHaveLength(9);
  const all = groups.flat();
  expect(all.length).toBeGreaterThan(1500);
  expect(new Set(all.map(({ sign }) => sign)).size).toBe(all.length);
  const one = new RegExp('^\\p{RGI_Emoji}$', 'v');
  expect(all.filter(({ sign, name }) => !one.test(sign) || name === '')).toEqual([]);
});

test('where the language has no names for them, English ones are there', async () => {
  expect(await loadEmoji('ar')).toBe(await loadEmoji('en'));
});

test.each([
  ['en', 'rocket', '🚀'],
  ['en', 'thumbs up', '👍'],
  ['en', '+1', '👍'],
  ['de', 'rakete', '🚀'],
  ['pt', 'foguete', '🚀'],
])('in %s %s finds %s first', async (language, wish, sign) => {
  expect(findEmoji(await loadEmoji(language), wish, 8)[0]?.sign).toBe(sign);
});
