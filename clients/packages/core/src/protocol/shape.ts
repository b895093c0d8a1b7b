// What a value from outside must look like. A shape takes it and gives back a clean copy (known fields alone, `null`
// for absent left out), or throws a Misfit that says where it does not fit.

export type Shape<T> = (value: unknown) => T;

/** A value is not what the contract promises. Not an `Error`: alternatives are tried by it, and a stack costs. */
export class Misfit {
  constructor(
    readonly wanted: string,
    readonly path: readonly (string | number)[] = [],
  ) {}

  /** Seen from one level further out. */
  inside(key: string | number): Misfit {
    return new Misfit(this.wanted, [key, ...this.path]);
  }

  toString(): string {
    return `${this.path.join('.') || 'the value'}: ${this.wanted} is expected`;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function simple<T>(wanted: string, fits: (value: unknown) => boolean): Shape<T> {
  return (value) => {
    if (!fits(value)) throw new Misfit(wanted);
    return value as T;
  };
}

export const text: Shape<string> = simple('text', (value) => typeof value === 'string');
export const uuid: Shape<string> = simple('a UUID', (value) => typeof value === 'string' && UUID.test(value));
export const truth: Shape<boolean> = simple('true or false', (value) => typeof value === 'boolean');
export const float: Shape<number> = simple('a number', (value) => typeof value === 'number' && Number.isFinite(value));

/**
 * A whole number from zero. MessagePack brings large ones as `bigint`, and times at "the end of time" lie beyond what
 * a double holds exactly; there the nearest double will do.
 */
export const natural: Shape<number> = (value) => {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0) throw new Misfit('a whole number from zero');
  return number;
};

export function word<const W extends string>(...words: W[]): Shape<W> {
  return simple(words.join(' or '), (value) => (words as unknown[]).includes(value));
}

/** A shape that is defined further down, or contains itself. */
export function lazy<T>(shape: () => Shape<T>): Shape<T> {
  return (value) => shape()(value);
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Misfit('a list');
    return value.map((it, place) => within(place, item, it));
  };
}

/** An object whose keys are ids. */
export function map<T>(item: Shape<T>): Shape<Record<string, T>> {
  return (value) => {
    const found: Record<string, T> = {};
    for (const [key, it] of Object.entries(fields(value))) found[key] = within(key, item, it);
    return found;
  };
}

/** A field that may be absent, or `null`, which is the same. */
export interface Optional<T> {
  readonly optional: Shape<T>;
}

export function optional<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape };
}

type Fields = Record<string, Shape<unknown> | Optional<unknown>>;
type Fitting<F extends Fields> = { [K in keyof F as F[K] extends Optional<unknown> ? never : K]: F[K] extends Shape<infer T> ? T : never } & {
  [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: F[K] extends Optional<infer T> ? T : never;
};

/** An object with these fields. */
export function object<F extends Fields>(shapes: F): Shape<Fitting<F>> {
  return (value) => {
    const from = fields(value);
    const found: Record<string, unknown> = {};
    for (const [key, shape] of Object.entries(shapes)) {
      const it = from[key];
      if (typeof shape === 'function') found[key] = within(key, shape, it);
      else if (it !== undefined && it !== null) found[key] = within(key, shape.optional, it);
    }
    return found as Fitting<F>;
  };
}

/** The first alternative that fits. */
export function either<T extends unknown[]>(...alternatives: { [K in keyof T]: Shape<T[K]> }): Shape<T[number]> {
  return (value) => {
    for (const shape of alternatives) {
      try {
        return shape(value);
      } catch (misfit) {
        if (!(misfit instanceof Misfit)) throw misfit;
      }
    }
    throw new Misfit('one of the known forms');
  };
}

/** Told apart by the word in one field; a word of a newer server is `unknown`. */
export function tagged<K extends string, T extends Record<string, object>>(
  tag: K,
  cases: { [C in keyof T]: Shape<T[C]> },
): Shape<T[keyof T] | { [_ in K]: 'unknown' }> {
  return (value) => {
    const it = fields(value)[tag];
    if (typeof it !== 'string') throw new Misfit('a word', [tag]);
    return Object.hasOwn(cases, it) ? cases[it]!(value) : ({ [tag]: 'unknown' } as { [_ in K]: 'unknown' });
  };
}

type Intersection<T extends unknown[]> = T extends [infer First, ...infer Rest] ? First & Intersection<Rest> : unknown;

/** One object that fits several shapes. */
export function both<T extends object[]>(...parts: { [K in keyof T]: Shape<T[K]> }): Shape<Intersection<T>> {
  return (value) => Object.assign({}, ...parts.map((part: Shape<object>) => part(value))) as Intersection<T>;
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misfit('an object');
  return value as Record<string, unknown>;
}

function within<T>(key: string | number, shape: Shape<T>, value: unknown): T {
  try {
    return shape(value);
  } catch (misfit) {
    throw misfit instanceof Misfit ? misfit.inside(key) : misfit;
  }
}
