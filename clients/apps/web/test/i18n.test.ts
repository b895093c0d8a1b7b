import { afterEach, describe, expect, test } from 'vitest';

import ar from '../src/i18n/ar.ts';
import de from '../src/i18n/de.ts';
import door from '../src/i18n/door.ts';
import shell from '../src/i18n/en.ts';
import pt from '../src/i18n/pt.ts';
import { pickLanguage } from '../src/i18n/language.ts';
import { format, parse, type Part } from '../src/i18n/message.ts';

afterEach(() => document.documentElement.removeAttribute('dir'));

const en = { ...door, ...shell };

const say = (pattern: string, values: Record<string, string | number> = {}, language = 'en') => format(parse(pattern), language, values);

/** The places of a message: those that a caller fills. */
function places(parts: readonly Part[]): string[] {
  return [...new Set(parts.flatMap((part) => (typeof part === 'string' || 'hash' in part ? [] : 'by' in part ? [part.name, ...Object.values(part.cases).flatMap(places)] : [part.name])))].sort();
}

describe.each([
  ['de', de],
  ['pt', pt],
  ['ar', ar],
])('the catalogue %s', (language, catalogue) => {
  test('has every text, and no other', () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(en).sort());
  });

  test('fills the places that English fills', () => {
    for (const [key, pattern] of Object.entries(catalogue)) expect([key, places(parse(pattern))]).toEqual([key, places(parse(en[key as keyof typeof en]))]);
  });

  test('has a form for each number of its language', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const needed = forms.filter((form) => form !== 'many' || language === 'ar');
    for (const [key, pattern] of Object.entries(catalogue)) {
      for (const part of parse(pattern)) {
        if (typeof part === 'string' || !('by' in part) || part.by !== 'plural') continue;
        expect([key, needed.filter((form) => !(form in part.cases))]).toEqual([key, []]);
      }
    }
  });
});

test('numbers choose their form, and are written as the language writes them', () => {
  const pattern = '{count, plural, =0 {none} one {# thing} other {# things}}';
  expect([0, 1, 2, 1234].map((count) => say(pattern, { count }))).toEqual(['none', '1 thing', '2 things', '1,234 things']);
  expect(say(pattern, { count: 1234 }, 'de')).toBe('1.234 things');
});

test('words choose their case, and places lie within cases', () => {
  expect(say('{role, select, owner {{name} owns} other {{name} is here}}', { role: 'owner', name: 'Bo' })).toBe('Bo owns');
  expect(say('{role, select, owner {{name} owns} other {{name} is here}}', { role: 'x', name: 'Bo' })).toBe('Bo is here');
});

test('a name of the other direction is fenced off', () => {
  expect(say('{name} writes', { name: 'Bo' })).toBe('Bo writes');
  expect(say('{name} writes', { name: 'ليلى' })).toBe('\u2068ليلى\u2069 writes');
});

test.each(['{', '{name', '{count, plural, one {x}}', '{count, number}', 'a } b'])('the pattern %s is a fault of ours', (pattern) => {
  expect(() => parse(pattern)).toThrow('message pattern');
});

test('the language is the one that was chosen, else the first of the preferred that there is', () => {
  expect(pickLanguage('pt', ['de'])).toBe('pt');
  expect(pickLanguage(undefined, ['fr-CA', 'de-AT', 'en'])).toBe('de');
  expect(pickLanguage(undefined, ['xx'])).toBe('en');
});
