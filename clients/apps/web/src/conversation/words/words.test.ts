import { expect, test } from 'vitest';

import { parse, type Part } from '../../i18n/message.ts';
import ar from './ar.ts';
import de from './de.ts';
import en from './en.ts';
import pt from './pt.ts';

/** The places in a pattern, within its cases as well. */
const places = (parts: readonly Part[]): string[] => parts.flatMap((part) => (typeof part === 'string' || 'hash' in part ? [] : [part.name, ...('by' in part ? Object.values(part.cases).flatMap(places) : [])]));

test.each(Object.entries({ de, pt, ar }))('%s says everything that English says, with the same places', (_language, words) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    expect([...new Set(places(parse(words[key])))].sort(), key).toEqual([...new Set(places(parse(en[key])))].sort());
  }
});

test('each language has a case for each of its plurals', () => {
  for (const [language, words] of Object.entries({ en, de, pt, ar })) {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, pattern] of Object.entries(words)) {
      for (const part of parse(pattern)) {
        if (typeof part === 'string' || !('by' in part) || part.by !== 'plural') continue;
        // Millions of something are `many` in Portuguese, and read like `other`.
        for (const name of needed.filter((it) => language === 'ar' || it !== 'many')) expect(Object.keys(part.cases), `${language} ${key}`).toContain(name);
      }
    }
  }
});
