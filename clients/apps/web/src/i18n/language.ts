// The language of the interface, and the catalogues that speak it. English comes with the code; the others are loaded.

import { use, useSyncExternalStore } from 'react';

import { format, parse, type Part, type Values } from './message.ts';

export const LANGUAGES = ['en', 'de', 'pt', 'ar'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch', pt: 'Português', ar: 'العربية' };

const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar']);

export const directionOf = (language: string): 'ltr' | 'rtl' => (RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr');

type Messages<K extends string> = Readonly<Record<K, string>>;
type Load<K extends string> = () => Promise<{ default: Messages<K> }>;

/** Looks a text up and puts the values in. */
export type Translate<K extends string> = (key: K, values?: Values) => string;

export interface Catalogue<K extends string = string> {
  /** For texts outside of components; within them `useCatalogue` follows the language. */
  t: Translate<K>;
  /** English, as far as it has come. */
  english: Partial<Messages<K>>;
  /** More of it, which came with a later part. */
  add(english: Partial<Messages<K>>): void;
  load(language: string): Promise<void>;
  isLoaded(language: string): boolean;
}

let current = 'en';
let translateAnew = 0;
const catalogues = new Set<Catalogue>();
const listeners = new Set<() => void>();
/** A language that tests make of English: see `setPseudo`. */
let pseudo: ((text: string) => string) | undefined;

export const PSEUDO = 'en-XA';

/** Makes one namespace of texts. Each part of the application brings its own, or adds its English to one. */
export function defineCatalogue<K extends string>(first: Partial<Messages<K>>, others: Record<Exclude<Language, 'en'>, Load<K>>): Catalogue<K> {
  const english: Partial<Record<K, string>> = { ...first };
  const loaded = new Map<string, Partial<Messages<K>>>([['en', english]]);
  const loading = new Map<string, Promise<void>>();
  let parsed = new Map<K, Part[]>();
  let parsedFor = -1;
  const catalogue: Catalogue<K> = {
    english,
    add(more) {
      Object.assign(english, more);
      parsed.clear();
    },
    isLoaded: (language) => language === PSEUDO || loaded.has(language),
    load(language) {
      let promise = loading.get(language);
      if (!promise) {
        const load = others[language as Exclude<Language, 'en'>];
        promise = catalogue.isLoaded(language) ? Promise.resolve() : load().then((module) => void loaded.set(language, module.default));
        // What failed once may be reached the next time.
        promise.catch(() => loading.delete(language));
        loading.set(language, promise);
      }
      return promise;
    },
    t(key, values = {}) {
      if (parsedFor !== translateAnew) {
        parsed = new Map();
        parsedFor = translateAnew;
      }
      let parts = parsed.get(key);
      if (!parts) {
        parts = parse((loaded.get(current) ?? english)[key] ?? english[key] ?? key);
        if (pseudo && current === PSEUDO) parts = disguise(parts, pseudo);
        parsed.set(key, parts);
      }
      return format(parts, current, values);
    },
  };
  catalogues.add(catalogue as Catalogue);
  return catalogue;
}

/** The texts of a catalogue, in the language of the moment. */
export function useCatalogue<K extends string>(catalogue: Catalogue<K>): Translate<K> {
  const language = useLanguage();
  // A part that was loaded after the language was chosen brings its texts along.
  if (!catalogue.isLoaded(language)) use(catalogue.load(language));
  return catalogue.t;
}

export function useLanguage(): string {
  return useSyncExternalStore(subscribe, languageNow);
}

export const languageNow = (): string => current;

/** How dates and times are written: as where the browser says one lives, if that speaks the language; in London it is 13:04, and in Boston 1:04 PM. */
export const localeNow = (): string => navigator.languages.find((tag) => /^[a-z\d-]+$/i.test(tag) && tag.toLowerCase().split('-')[0] === current) ?? current;

/** Speaks another language, once all of its texts are here. */
export async function setLanguage(language: string): Promise<void> {
  await Promise.all([...catalogues].map((catalogue) => catalogue.load(language)));
  current = language;
  translateAnew += 1;
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  for (const listener of [...listeners]) listener();
}

/** For tests: texts as `disguised` writes them, so that one which is in no catalogue stands out. */
export async function setPseudo(disguised: (text: string) => string): Promise<void> {
  pseudo = disguised;
  await setLanguage(PSEUDO);
}

/** The best of the languages that there are: the one that was chosen, or what the browser prefers. */
export function pickLanguage(chosen: string | undefined, preferred: readonly string[]): Language {
  for (const tag of chosen === undefined ? preferred : [chosen, ...preferred]) {
    const found = LANGUAGES.find((language) => language === tag.toLowerCase().split('-')[0]);
    if (found) return found;
  }
  return 'en';
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function disguise(parts: readonly Part[], disguised: (text: string) => string): Part[] {
  return parts.map((part) => {
    if (typeof part === 'string') return disguised(part);
    if (!('by' in part)) return part;
    return { ...part, cases: Object.fromEntries(Object.entries(part.cases).map(([name, inner]) => [name, disguise(inner, disguised)])) };
  });
}
