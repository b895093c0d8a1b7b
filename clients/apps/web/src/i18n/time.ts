// Moments as people read them, in the language of the interface. Formatters are slow to make, and kept.

import { localeNow } from './language.ts';

const kept = new Map<string, Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.ListFormat>();

function keep<F extends Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.ListFormat>(key: string, make: (locale: string) => F): F {
  const locale = localeNow();
  const name = `${locale} ${key}`;
  let found = kept.get(name);
  if (!found) kept.set(name, (found = make(locale)));
  return found as F;
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return keep(JSON.stringify(options), (locale) => new Intl.DateTimeFormat(locale, options));
}

/** `01:04`, or `1:04 AM` */
export const timeOfDay = (at: number): string => dates({ timeStyle: 'short' }).format(at);

/** `3 Nov 2026, 12:04` */
export const dateAndTime = (at: number): string => dates({ dateStyle: 'medium', timeStyle: 'short' }).format(at);

const DAY_MS = 24 * 60 * 60 * 1000;

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

/** In a list: the time today, the weekday in the last week, the date before. */
export function shortMoment(at: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(at)) / DAY_MS);
  if (days <= 0) return timeOfDay(at);
  if (days < 7) return dates({ weekday: 'short' }).format(at);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return dates(isThisYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'numeric', year: '2-digit' }).format(at);
}

/** `5 minutes ago` */
export function ago(at: number, now: number): string {
  const minutes = Math.max(0, Math.round((now - at) / 60_000));
  const relative = keep('relative', (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
  if (minutes < 60) return relative.format(-minutes, 'minute');
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), 'hour');
  if (minutes < 7 * 24 * 60) return relative.format(-Math.round((midnight(now) - midnight(at)) / DAY_MS), 'day');
  return dates({ dateStyle: 'medium' }).format(at);
}

/** `Ana, Bo and Carla` */
export const together = (names: readonly string[]): string =>
  keep('list', (locale) => new Intl.ListFormat(locale, { type: 'conjunction' })).format(names);
