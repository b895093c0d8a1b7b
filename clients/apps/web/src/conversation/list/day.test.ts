import { afterEach, expect, test } from 'vitest';

import { setLanguage } from '../../i18n/language.ts';
import { nameOfDay } from './day.ts';

afterEach(() => setLanguage('en'));

const NOON = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 86_400_000;

test('a day has the name that it has today, in the language of the moment', async () => {
  expect(nameOfDay('2026-11-21', NOON, 'UTC')).toBe('Today');
  expect(nameOfDay('2026-11-21', NOON + DAY_MS, 'UTC')).toBe('Yesterday');
  expect(nameOfDay('2026-11-21', NOON + 2 * DAY_MS, 'UTC')).toBe('Saturday, November 21');
  expect(nameOfDay('2026-11-21', NOON, 'UTC')).toBe('Today');
  await setLanguage('de');
  expect(nameOfDay('2026-11-21', NOON, 'UTC')).toBe('Heute');
});
