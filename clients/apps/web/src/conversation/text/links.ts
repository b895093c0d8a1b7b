// Web addresses in what people write. Everything is text until it is proven to be an address that a browser may open.

export interface Link {
  /** As it was written. */
  text: string;
  href: string;
  /** The host as computers read it, where letters of several alphabets could pass for others. */
  asciiHost?: string;
}

/** Marks that turn the direction of what follows could make an address look like another one: it ends before them. */
const ADDRESS = /(?<![\p{L}\p{N}_@/.:-])(?:https?:\/\/|www\.)[^\s<>"`\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/giu;

const BRACKETS: Record<string, string> = { ')': '(', ']': '[', '}': '{', '）': '（', '」': '「', '】': '【' };

/** Text and links, in order; their texts joined are the text that was given. */
export function linksOf(text: string): (string | Link)[] {
  const parts: (string | Link)[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const link = linkOf(trimmed(match[0]));
    if (!link) continue;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push(link);
    from = match.index + link.text.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

function linkOf(text: string): Link | undefined {
  const url = parse(/^www\./i.test(text) ? `https://${text}` : text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  // `https://bank.example@evil.example` goes to the second; nobody writes that to be understood.
  if (url.username !== '' || url.password !== '') return undefined;
  if (!url.hostname.includes('.') && url.hostname !== 'localhost' && !url.hostname.startsWith('[')) return undefined;
  return { text, href: url.href, ...(isMixed(text) && { asciiHost: url.hostname }) };
}

function parse(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** Without the punctuation of the sentence around it, and without a bracket that was opened before it. */
function trimmed(text: string): string {
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text[end - 1]!;
    const opening = BRACKETS[last];
    if (opening !== undefined) {
      if (count(text, opening, end) >= count(text, last, end)) break;
    } else if (!'.,;:!?…\'"*_~|’”»›。，、！？；：'.includes(last)) break;
  }
  return text.slice(0, end);
}

function count(text: string, sign: string, end: number): number {
  let found = 0;
  for (let at = 0; at < end; at += 1) if (text[at] === sign) found += 1;
  return found;
}

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u, /\p{Script=Cherokee}/u, /\p{Script=Hebrew}/u, /\p{Script=Arabic}/u];

/** Does a label of the host mix alphabets, or is it wholly of letters that pass for Latin ones? */
function isMixed(text: string): boolean {
  const host = /^(?:https?:\/\/)?([^/?#]+)/iu.exec(text)?.[1] ?? '';
  if (/^[\u0000-\u007f]*$/.test(host)) return false;
  return host.split('.').some((label) => SCRIPTS.filter((script) => script.test(label)).length > 1 || /^[асԁеһіјӏорԛѕԝхуъьνοɑɡ-]+$/u.test(label));
}
