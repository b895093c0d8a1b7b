// What a client knows of one channel's log: up to where it has everything, and the stretches of messages it has read.
//
// Entries come in any order and more than once; what they leave behind depends on neither. The functions change the
// log in place, as reducers may.

import { current, isDraft } from '@reduxjs/toolkit';

import type { Entry, Folded, History, Missed, Seq } from '../protocol/generated.ts';
import { changed, freshMessage, isChange, placeOf, type Change } from './fold.ts';

export interface Log {
  /** Every entry up to here has been taken: where to resume. */
  have: Seq;
  /** Entries that came ahead of a hole. */
  early: Record<Seq, Entry>;
  /** Ascending, and neither overlapping nor adjacent. The one that reaches `have` grows as entries come. */
  spans: Span[];
  /** Messages that one deleted for oneself. */
  hidden: Record<Seq, true>;
  /** Pages that were asked for and have not come: by `pageKey`, with `have` at that time. */
  asked: Record<string, Seq>;
  /** What the last action brought in order: the rest of the state follows it. */
  news: Entry[];
  /** Changes that came while a page was on its way: its messages may be older than these. */
  recent: Change[];
}

/** All messages from one place to another, both included. */
export interface Span {
  from: Seq;
  to: Seq;
  messages: Folded[];
}

/** Which messages to read. */
export type Page = 'newest' | { before: Seq } | { after: Seq } | { around: Seq };

export function pageKey(page: Page): string {
  return page === 'newest' ? page : Object.entries(page)[0]!.join(' ');
}

export function pageOf({ before, after, around }: Pick<History, 'before' | 'after' | 'around'>): Page {
  if (before !== undefined) return { before };
  if (after !== undefined) return { after };
  if (around !== undefined) return { around };
  return 'newest';
}

/** Beyond so many entries ahead of a hole they are let go: what fills the hole brings them again. */
const EARLY_AT_MOST = 1000;

/** A log that is followed from a place on. */
export function logFrom(have: Seq): Log {
  return { have, early: {}, spans: [], hidden: {}, asked: {}, news: [], recent: [] };
}

/** Takes an entry that the server told. */
export function take(log: Log, entry: Entry, me: string | undefined): void {
  log.news = [];
  hear(log, entry, me);
}

function hear(log: Log, entry: Entry, me: string | undefined): void {
  if (entry.seq <= log.have) return;
  if (entry.seq > log.have + 1) {
    if (Object.keys(log.early).length < EARLY_AT_MOST) log.early[entry.seq] = entry;
    return;
  }
  append(log, entry, me);
  goOn(log, me);
}

/** Takes an answer to `sync`. What it leaves out may not be seen: that is no hole. */
export function catchUp(log: Log, missed: Missed, me: string | undefined): void {
  log.news = [];
  if ('code' in missed) return;
  if ('gap' in missed) {
    // The log may be another one altogether, so even its place may lie behind ours.
    const { have, early } = log;
    Object.assign(log, logFrom(missed.head), { asked: log.asked });
    if (missed.head >= have) log.early = early;
    goOn(log, me);
    return;
  }
  for (const entry of missed.entries) {
    reach(log, entry.seq - 1, me);
    hear(log, entry, me);
  }
  if (!missed.more) reach(log, missed.head, me);
}

/** Nothing that may be seen is missing up to here. */
function reach(log: Log, seq: Seq, me: string | undefined): void {
  if (seq <= log.have) return;
  // What came early and lies before that place was not left out after all.
  const before = Object.keys(log.early).map(Number).filter((early) => early <= seq);
  for (const early of before) {
    skip(log, early - 1);
    append(log, log.early[early]!, me);
    delete log.early[early];
  }
  skip(log, seq);
  goOn(log, me);
}

/** Moves on over places that hold nothing for us. */
function skip(log: Log, seq: Seq): void {
  if (seq <= log.have) return;
  if (tailOf(log)) insert(log, { from: log.have + 1, to: seq, messages: [] });
  log.have = seq;
}

/** Takes what had come too early. */
function goOn(log: Log, me: string | undefined): void {
  for (const key of Object.keys(log.early)) {
    if (Number(key) <= log.have) delete log.early[Number(key)];
  }
  for (let next = log.early[log.have + 1]; next; next = log.early[log.have + 1]) {
    delete log.early[next.seq];
    append(log, next, me);
  }
}

/** The entry that follows `have`. */
function append(log: Log, entry: Entry, me: string | undefined): void {
  if (entry.seq <= log.have) return;
  const tail = tailOf(log);
  log.have = entry.seq;
  log.news.push(entry);
  if (isChange(entry)) {
    if (Object.keys(log.asked).length > 0) log.recent.push(entry);
    const kept = whereIs(log, entry.target);
    if (kept) kept.messages[kept.index] = changed(kept.messages[kept.index]!, entry, me);
  }
  // A page may have run ahead of the entries.
  if (tail && tail.to >= entry.seq) return;
  const messages = entry.kind === 'message' ? [freshMessage(entry)] : [];
  if (tail && tail === log.spans.at(-1)) {
    tail.to = entry.seq;
    tail.messages.push(...messages);
  } else {
    insert(log, { from: entry.seq, to: entry.seq, messages });
  }
}

/** Takes a page of history that was asked for when `have` was `haveThen`. */
export function addPage(log: Log, page: Page, messages: readonly Folded[], haveThen: Seq, me: string | undefined): void {
  delete log.asked[pageKey(page)];
  const span = spanOf(page, messages, haveThen);
  if (span) {
    // What happened since may not be in the page yet, and what is in it may happen twice.
    const since = log.recent.filter(({ seq }) => seq > haveThen);
    const told = (message: Folded) => since.filter(({ target }) => target === message.seq).reduce((it, change) => changed(it, change, me), message);
    span.messages = span.messages.filter(({ seq }) => !log.hidden[seq]).map(told);
    insert(log, span);
  }
  if (Object.keys(log.asked).length === 0) log.recent = [];
}

/** The page did not come. */
export function giveUpPage(log: Log, page: Page): void {
  delete log.asked[pageKey(page)];
  if (Object.keys(log.asked).length === 0) log.recent = [];
}

/** The places that a page covers. Pages may be short, so only an empty one, or the very first message, tells the beginning. */
function spanOf(page: Page, messages: readonly Folded[], haveThen: Seq): Span | undefined {
  const first = messages[0];
  const last = messages.at(-1);
  const from = !first || first.n === 1 ? 1 : first.seq;
  if (page === 'newest') return { from, to: Math.max(last?.seq ?? 0, haveThen), messages: [...messages] };
  if ('before' in page) return page.before > 1 ? { from, to: page.before - 1, messages: [...messages] } : undefined;
  if ('after' in page) {
    const to = last?.seq ?? haveThen;
    return to > page.after ? { from: page.after + 1, to, messages: [...messages] } : undefined;
  }
  return first && last ? { from, to: last.seq, messages: [...messages] } : undefined;
}

/** Adds a stretch; where two meet they become one. Of two copies the one that is here wins: it was kept current. */
function insert(log: Log, span: Span): void {
  const isApart = (it: Span) => it.to < span.from - 1 || it.from > span.to + 1;
  const apart = log.spans.filter(isApart);
  // Read through a draft, every message that is here already would cost a proxy of its own, page after page.
  const joined = log.spans.filter((it) => !isApart(it)).map((it) => (isDraft(it) ? current(it) : it));
  const covered = (seq: Seq) => joined.some((it) => it.from <= seq && seq <= it.to);
  const messages = [...joined.flatMap((it) => it.messages), ...span.messages.filter(({ seq }) => !covered(seq))];
  const whole: Span = {
    from: Math.min(span.from, ...joined.map((it) => it.from)),
    to: Math.max(span.to, ...joined.map((it) => it.to)),
    messages: messages.sort((one, other) => one.seq - other.seq),
  };
  log.spans = [...apart, whole].sort((one, other) => one.from - other.from);
}

/** The message at a place. */
export function find(log: Log, seq: Seq): Folded | undefined {
  const kept = whereIs(log, seq);
  return kept?.messages[kept.index];
}

/** Where the message at a place is kept. */
function whereIs(log: Log, seq: Seq): { messages: Folded[]; index: number } | undefined {
  const messages = spanAt(log, seq)?.messages ?? [];
  const index = placeOf(messages, seq);
  return messages[index]?.seq === seq ? { messages, index } : undefined;
}

/** The stretch that a place lies in. */
export function spanAt(log: Log, seq: Seq): Span | undefined {
  return log.spans.find((span) => span.from <= seq && seq <= span.to);
}

/** The stretch that goes on where `have` is: the one that new messages come to. */
export function tailOf(log: Log): Span | undefined {
  return log.spans.findLast((span) => span.from <= log.have + 1 && span.to >= log.have);
}

/** Hides a message that one deleted for oneself. */
export function hide(log: Log, seq: Seq): void {
  log.hidden[seq] = true;
  const span = spanAt(log, seq);
  if (span) span.messages = span.messages.filter((message) => message.seq !== seq);
}

/** Is there something between `have` and what came early? */
export function hasHole(log: Log): boolean {
  for (const _ in log.early) return true;
  return false;
}
