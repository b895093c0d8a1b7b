// The emoji that there are, in the language of the interface. Loaded when they are wanted.

import { languageNow } from '../../i18n/language.ts';

export interface Emoji {
  sign: string;
  name: string;
  /** Its name and the words it is found by, in small letters. */
  words: string[];
}

const LOADS: Record<string, () => Promise<{ default: string[][] }>> = {
  en: () => import('./en.json'),
  de: () => import('./de.json'),
  pt: () => import('./pt.json'),
  ar: () => import('./ar.json'),
};

const loaded = new Map<string, Promise<Emoji[][]>>();

/** By group: faces, people, nature, food, places, activities, things, signs, flags. */
export function loadEmoji(language = languageNow()): Promise<Emoji[][]> {
  const spoken = language in LOADS ? language : 'en';
  let groups = loaded.get(spoken);
  if (!groups) {
    groups = LOADS[spoken]!().then((module) => module.default.map((group) => group.map(read)));
    groups.catch(() => loaded.delete(spoken));
    loaded.set(spoken, groups);
  }
  return groups;
}

function read(line: string): Emoji {
  const [sign = '', name = '', words = ''] = line.split('|');
  return { sign, name, words: `${name} ${words}`.toLocaleLowerCase().split(/[\s:_-]+/).concat(words.toLocaleLowerCase().split(' ')) };
}

/** Those with a word that begins so, and where several words are given, with each. What is called so comes first. */
export function findEmoji(groups: readonly Emoji[][], wish: string, atMost: number): Emoji[] {
  const wanted = wish.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const found = groups.flat().filter(({ words }) => wanted.every((word) => words.some((it) => it.startsWith(word))));
  const rank = ({ name, words }: Emoji): number => {
    const called = name.toLocaleLowerCase();
    if (called === wanted.join(' ')) return 0;
    if (called.startsWith(wanted.join(' '))) return 1;
    return wanted.every((word) => words.includes(word)) ? 2 : 3;
  };
  return found.sort((one, other) => rank(one) - rank(other)).slice(0, atMost);
}

/** What one used lately, the newest first. */
const RECENT = 'rialto.emoji';
export const RECENT_AT_MOST = 18;
const COMMON = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

export function recentEmoji(): string[] {
  let kept: unknown;
  try {
    kept = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
  } catch {
    // Forbidden, or not ours.
  }
  const used = Array.isArray(kept) ? kept.filter((it) => typeof it === 'string' && it.length <= 40) : [];
  return [...new Set([...used, ...COMMON])].slice(0, RECENT_AT_MOST);
}

export function rememberEmoji(sign: string): void {
  try {
    localStorage.setItem(RECENT, JSON.stringify([sign, ...recentEmoji().filter((it) => it !== sign)].slice(0, RECENT_AT_MOST)));
  } catch {
    // Then it is not remembered.
  }
}
