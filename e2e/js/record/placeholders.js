// What differs between two recordings gets a name that does not: ids, times, tokens. Their order is kept, because the
// protocol sorts by ids and times.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SECRETS = new Set(['token', 'access_token', 'refresh_token', 'recovery_key', 'invite']);
const TIMES = /(^|_)(at|time|seen)$/;
/** Client ids are ours: they are what the scenario says. */
const OURS = /^c{8}-/;

export const clientId = (number) => `cccccccc-0000-7000-8000-${String(number).padStart(12, '0')}`;

export function withPlaceholders(lines) {
  const found = { ids: new Set(), times: new Set(), secrets: new Map() };
  visit(lines, '', (key, value) => {
    if (typeof value === 'string' && UUID.test(value) && !OURS.test(value)) found.ids.add(value);
    else if (SECRETS.has(key) && typeof value === 'string') found.secrets.set(value, found.secrets.get(value) ?? secretOf(key));
    else if (TIMES.test(key) && typeof value === 'number') found.times.add(value);
    return value;
  });
  const ids = new Map([...found.ids].sort(byTime).map((it, at) => [it, `00000000-0000-7000-8000-${String(at + 1).padStart(12, '0')}`]));
  const times = new Map([...found.times].sort((one, other) => one - other).map((it, at) => [it, 1_700_000_000_000 + at * 1000]));
  return visit(lines, '', (key, value) => {
    // Each connection is told another delay.
    if (key === 'reconnect_after_ms') return 1000;
    if (TIMES.test(key) && times.has(value)) return times.get(value);
    if (SECRETS.has(key) && found.secrets.has(value)) return found.secrets.get(value);
    return ids.get(value) ?? value;
  });
}

/** Whether a second token of the same second is the same is chance; they are all called alike. */
const secretOf = (key) => (key === 'token' || key === 'access_token' ? 'access token' : key.replace('_', ' '));

/** Ids begin with their time; those of one millisecond stay in the order in which they appear. */
function byTime(one, other) {
  const [before, after] = [one.slice(0, 13), other.slice(0, 13)];
  return before < after ? -1 : before > after ? 1 : 0;
}

/** A copy in which each value is what `change` makes of it. Ids are keys too. */
function visit(value, key, change) {
  if (Array.isArray(value)) return value.map((it) => visit(it, key, change));
  if (typeof value !== 'object' || value === null) return change(key, value);
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [change('', name), visit(it, name, change)]));
}
