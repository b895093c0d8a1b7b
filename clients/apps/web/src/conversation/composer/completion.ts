// What is being typed at the caret: somebody's name after `@`, or an emoji's after `:`. Pure functions.

import type { Profile } from '@rialto/core';

export interface Completing {
  kind: 'mention' | 'emoji';
  /** Where the sign stands. */
  from: number;
  wish: string;
}

/** A sign within a word (a mail address, a time) begins nothing. */
export function completingAt(text: string, caret: number): Completing | undefined {
  const found = /(?:^|[\s([{"'«“„])([@:])([\p{L}\p{N}\p{M}._+-]*)$/u.exec(text.slice(Math.max(0, caret - 64), caret));
  if (!found) return undefined;
  const [, sign, wish = ''] = found;
  // Faces like :D and :-) are whole after one sign.
  if (sign === ':' && (wish.length < 2 || wish.startsWith('-'))) return undefined;
  return { kind: sign === '@' ? 'mention' : 'emoji', from: caret - wish.length - 1, wish };
}

/** The text with what was chosen in place of what was typed, and where the caret goes. */
export function completed(text: string, { from, wish }: Completing, chosen: string): { text: string; caret: number } {
  const before = text.slice(0, from) + chosen + ' ';
  const after = text.slice(from + wish.length + 1);
  return { text: before + after.replace(/^ /, ''), caret: before.length };
}

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLocaleLowerCase();

/** Who is meant: those whose user name, or a word of whose name, begins so. */
export function peopleFor(wish: string, people: readonly Profile[], atMost: number): Profile[] {
  const wanted = plain(wish);
  const fits = ({ username = '', display_name }: Profile) => plain(username).startsWith(wanted) || plain(display_name).startsWith(wanted) || plain(display_name).split(/\s+/).some((word) => word.startsWith(wanted));
  return people
    .filter(fits)
    .sort((one, other) => one.display_name.localeCompare(other.display_name))
    .slice(0, atMost);
}

/** How somebody is written: by the unique name, where there is one. */
export const handleOf = ({ username, display_name }: Profile): string => `@${username ?? display_name}`;
