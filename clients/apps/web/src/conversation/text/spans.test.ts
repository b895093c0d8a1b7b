import { expect, test } from 'vitest';

import { emojiOnly, mentionsIn, spansOf } from './spans.ts';

const ana = { user: 'a', names: ['ana', 'Ana Maria'] };
const maria = { user: 'm', names: ['ana.maria'] };

const mentions = (text: string, people = [ana, maria]) => spansOf(text, people).flatMap((span) => (span.type === 'mention' ? [[span.user, span.text]] : []));

test('people are found by each of their names, the longest first', () => {
  expect(mentions('hey @ana and @Ana Maria, @ana.maria!')).toEqual([
    ['a', '@ana'],
    ['a', '@Ana Maria'],
    ['m', '@ana.maria'],
  ]);
});

test('a name within a word is none', () => {
  expect(mentions('mail@ana @anaconda @Ana')).toEqual([]);
});

test('an @ in an address mentions nobody', () => {
  expect(mentions('https://example.com/@ana')).toEqual([]);
});

test('a text tells whom it mentions, each once', () => {
  expect(mentionsIn('@ana @ana @ana.maria', [ana, maria])).toEqual({ users: ['a', 'm'] });
  expect(mentionsIn('@all', [ana, { names: ['all'] }])).toEqual({ all: true });
  expect(mentionsIn('@all', [ana])).toBeUndefined();
});

test.each([
  ['😀', 1],
  ['👩‍👩‍👧 🏳️‍🌈', 2],
  ['❤️', 1],
  ['1️⃣', 1],
  ['1', 0],
  ['#', 0],
  ['ok 😀', 0],
  ['', 0],
])('%s has nothing but %i emoji', (text, count) => {
  expect(emojiOnly(text)).toBe(count);
});
