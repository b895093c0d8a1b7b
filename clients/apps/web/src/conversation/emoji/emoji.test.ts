import { expect, test } from 'vitest';

import { findEmoji, loadEmoji } from './emoji.ts';

test.each(['en', 'de', 'pt', 'ar'])('in %s every emoji is one, with a name, and none comes twice', async (language) => {
  const groups = await loadEmoji(language);
  expect(groups).toHaveLength(9);
  const all = groups.flat();
  expect(all.length).toBeGreaterThan(1500);
  expect(new Set(all.map(({ sign }) => sign)).size).toBe(all.length);
  const one = new RegExp('^\\p{RGI_Emoji}$', 'v');
  expect(all.filter(({ sign, name }) => !one.test(sign) || name === '')).toEqual([]);
});

test('where there is no such language, English names are there', async () => {
  expect(await loadEmoji('xx')).toBe(await loadEmoji('en'));
});

test.each([
  ['en', 'rocket', '🚀'],
  ['en', 'thumbs up', '👍'],
  ['en', '+1', '👍'],
  ['de', 'rakete', '🚀'],
  ['pt', 'foguete', '🚀'],
  ['ar', 'صاروخ', '🚀'],
  ['ar', 'ألمانيا', '🇩🇪'],
])('in %s %s finds %s first', async (language, wish, sign) => {
  expect(findEmoji(await loadEmoji(language), wish, 8)[0]?.sign).toBe(sign);
});
