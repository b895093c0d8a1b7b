// What a message's text consists of: plain text, links, and mentions of people. Pure functions.

import type { UserId } from '@rialto/core';

import { linksOf, type Link } from './links.ts';

export type Span = { type: 'text'; text: string } | ({ type: 'link' } & Link) | { type: 'mention'; text: string; user?: UserId };

/** Somebody who is mentioned, and what they may be called in the text. Without a user: everyone. */
export interface Mentioned {
  user?: UserId;
  names: readonly string[];
}

/** What stands for everyone, in every language. */
export const EVERYONE = 'all';

export function spansOf(text: string, mentioned: readonly Mentioned[]): Span[] {
  return linksOf(text).flatMap((part): Span[] => (typeof part === 'string' ? withMentions(part, mentioned) : [{ type: 'link', ...part }]));
}

function withMentions(text: string, mentioned: readonly Mentioned[]): Span[] {
  if (mentioned.length === 0 || !text.includes('@')) return [{ type: 'text', text }];
  const spans: Span[] = [];
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const found = mentionAt(text, at, mentioned);
    if (!found) continue;
    if (at > from) spans.push({ type: 'text', text: text.slice(from, at) });
    spans.push({ type: 'mention', text: text.slice(at, found.end), ...(found.user !== undefined && { user: found.user }) });
    from = found.end;
    at = found.end - 1;
  }
  if (from < text.length) spans.push({ type: 'text', text: text.slice(from) });
  return spans;
}

/** The longest name wins: `@Ana Maria` is not `@Ana`. */
function mentionAt(text: string, at: number, mentioned: readonly Mentioned[]): { user?: UserId; end: number } | undefined {
  if (at > 0 && /[\p{L}\p{N}_]/u.test(text[at - 1]!)) return undefined;
  let best: { user?: UserId; end: number } | undefined;
  for (const { user, names } of mentioned) {
    for (const name of names) {
      const end = at + 1 + name.length;
      if (name === '' || (best && end <= best.end) || !text.startsWith(name, at + 1)) continue;
      const next = String.fromCodePoint(text.codePointAt(end) ?? 32);
      if (!/[\p{L}\p{N}_]/u.test(next)) best = { end, ...(user !== undefined && { user }) };
    }
  }
  return best;
}

/** Whom a text mentions, of those whom it could. */
export function mentionsIn(text: string, possible: readonly Mentioned[]): { all?: true; users?: UserId[] } | undefined {
  const found = withMentions(text, possible).filter((span) => span.type === 'mention');
  const users = [...new Set(found.flatMap(({ user }) => user ?? []))];
  const isAll = found.some(({ user }) => user === undefined);
  if (users.length === 0 && !isAll) return undefined;
  return { ...(isAll && { all: true as const }), ...(users.length > 0 && { users }) };
}

// Reading this pattern costs a browser more than drawing a screenful of messages: it is made for the first text that could be emoji alone.
// The flag `v` is younger than some browsers that can do everything else; for them no message is larger.
let pattern: RegExp | null | undefined;

function emojiPattern(): RegExp | null {
  if (pattern !== undefined) return pattern;
  try {
    return (pattern = new RegExp('\\p{RGI_Emoji}', 'gv'));
  } catch {
    return (pattern = null);
  }
}

/** What emoji are made of, and what may stand between them. Digits are among it. */
const COULD_BE_EMOJI = /^[\p{Emoji}\p{Emoji_Component}\s]+$/u;

/** How many emoji a text has if it has nothing else: they are shown larger, the fewer the larger. */
export function emojiOnly(text: string): number {
  if (text.length > 60 || /^[\s\d#*]*$/.test(text) || !COULD_BE_EMOJI.test(text)) return 0;
  const emoji = emojiPattern();
  if (!emoji) return 0;
  const found = text.match(emoji)?.length ?? 0;
  return found > 0 && text.replace(emoji, '').trim() === '' ? found : 0;
}
