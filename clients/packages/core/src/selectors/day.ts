// The day that a moment falls on, somewhere.

/** Offsets of time zones are whole quarters of an hour, and so are the ends of days. */
const QUARTER_MS = 15 * 60 * 1000;

const calendars = new Map<string, { format: Intl.DateTimeFormat; days: Map<number, string> }>();

/** The date as `2026-11-21`, in a time zone. Formatting is slow and channels are long, so it is done once a quarter of an hour. */
export function dayOf(at: number, timeZone: string): string {
  let calendar = calendars.get(timeZone);
  if (!calendar) {
    const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    calendar = { format, days: new Map() };
    calendars.set(timeZone, calendar);
  }
  const quarter = Math.floor(at / QUARTER_MS);
  let day = calendar.days.get(quarter);
  if (day === undefined) {
    day = calendar.format.format(quarter * QUARTER_MS);
    if (calendar.days.size > 10_000) calendar.days.clear();
    calendar.days.set(quarter, day);
  }
  return day;
}
