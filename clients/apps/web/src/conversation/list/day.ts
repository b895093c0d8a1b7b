// What a day is called: today, yesterday, and otherwise its date.

import { dayOf } from '@rialto/core';

import { localeNow } from '../../i18n/language.ts';

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Names that were made, by what they were made of: making one is slow, and they are asked for with each rendering. */
const kept = new Map<string, string>();

/** `day` is a date like `2026-11-21`. */
export function nameOfDay(day: string, now: number, zone: string): string {
  const locale = localeNow();
  const today = dayOf(now, zone);
  const key = `${locale} ${today} ${day}`;
  let name = kept.get(key);
  if (name === undefined) kept.set(key, (name = nameBeside(day, today, locale)));
  return name;
}

function nameBeside(day: string, today: string, locale: string): string {
  const days = Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);
  if (days === 0 || days === -1) {
    const name = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day');
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  }
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', ...(!isThisYear && { year: 'numeric' }), timeZone: 'UTC' }).format(Date.parse(day));
}
