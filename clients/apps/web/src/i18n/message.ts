// Messages with places in them, as ICU writes them: `{name}`, `{count, plural, =0 {…} one {…} other {# …}}`,
// `{role, select, admin {…} other {…}}`. Pure functions.

export type Values = Readonly<Record<string, string | number>>;

export type Part = string | { name: string } | { name: string; by: 'plural' | 'select'; cases: Record<string, Part[]> } | { hash: true };

/** Reads a pattern. Patterns are the catalogue's own, so a mistake in one is a fault of ours, and thrown. */
export function parse(pattern: string): Part[] {
  let at = 0;
  const fail = (wanted: string): never => {
    throw new Error(`message pattern: ${wanted} expected at ${at} of '${pattern}'`);
  };
  const space = () => {
    while (pattern[at] === ' ' || pattern[at] === '\n') at += 1;
  };
  const word = (): string => {
    space();
    const from = at;
    while (at < pattern.length && !' ,{}\n'.includes(pattern[at]!)) at += 1;
    const found = pattern.slice(from, at);
    space();
    return found || fail('a word');
  };
  const expect = (sign: string) => {
    if (pattern[at] !== sign) fail(`'${sign}'`);
    at += 1;
  };
  const parts = (isNested: boolean): Part[] => {
    const found: Part[] = [];
    let text = '';
    const end = () => {
      if (text) found.push(text);
      text = '';
    };
    while (at < pattern.length && pattern[at] !== '}') {
      const sign = pattern[at]!;
      if (sign === '{') {
        end();
        found.push(place());
      } else {
        at += 1;
        if (sign === '#' && isNested) {
          end();
          found.push({ hash: true });
        } else text += sign;
      }
    }
    end();
    return found;
  };
  const place = (): Part => {
    expect('{');
    const name = word();
    if (pattern[at] === '}') {
      at += 1;
      return { name };
    }
    expect(',');
    const by = word();
    if (by !== 'plural' && by !== 'select') return fail('plural or select');
    expect(',');
    space();
    const cases: Record<string, Part[]> = {};
    while (pattern[at] !== '}') {
      const key = word();
      expect('{');
      cases[key] = parts(by === 'plural');
      expect('}');
      space();
    }
    at += 1;
    if (!cases.other) fail("a case 'other'");
    return { name, by, cases };
  };
  const whole = parts(false);
  if (at < pattern.length) fail('the end');
  return whole;
}

export function format(parts: readonly Part[], language: string, values: Values, count?: number): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('hash' in part) return number(language, count ?? 0);
      const value = values[part.name] ?? '';
      if (!('by' in part)) return typeof value === 'number' ? number(language, value) : isolate(value);
      const { cases } = part;
      const chosen = part.by === 'select' ? cases[value] : (cases[`=${value}`] ?? cases[plurals(language).select(Number(value))]);
      return format(chosen ?? cases.other!, language, values, part.by === 'plural' ? Number(value) : count);
    })
    .join('');
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** Names run in their own direction; where that could differ from the sentence's, they are fenced off (as `<bdi>` does). */
function isolate(text: string): string {
  const isFenced = RIGHT_TO_LEFT.test(text) || document.documentElement.dir === 'rtl';
  return isFenced ? `\u2068${text}\u2069` : text;
}

const rules = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();

function plurals(language: string): Intl.PluralRules {
  let found = rules.get(language);
  if (!found) rules.set(language, (found = new Intl.PluralRules(language)));
  return found;
}

/** Languages that write a number below a thousand as JavaScript does. */
const PLAINLY = new Set(['en', 'de', 'pt']);

export function number(language: string, value: number): string {
  // The first formatter takes a browser longer than all the texts of a page, and most numbers are small.
  if (PLAINLY.has(language) && Number.isInteger(value) && value >= 0 && value < 1000) return String(value);
  let found = numbers.get(language);
  if (!found) numbers.set(language, (found = new Intl.NumberFormat(language)));
  return found.format(value);
}
