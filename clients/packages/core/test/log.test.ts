// What entries leave behind depends neither on their order nor on how often they come.

import { produce } from 'immer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Entry, Folded } from '../src/protocol/generated.ts';
import { addPage, catchUp, find, logFrom, tailOf, take, type Log, type Page } from '../src/store/log.ts';
import { id, Messenger } from './support/messenger.ts';

const [ANA, BO, CY] = [id(1), id(2), id(3)];
const HERE = id(11);

/** A channel with something of everything, from dice. */
const channelOf = fc
  .array(
    fc.record({
      kind: fc.constantFrom('message', 'message', 'message', 'edit', 'delete', 'reaction', 'pin', 'member', 'unknown'),
      sender: fc.constantFrom(ANA, BO, CY),
      target: fc.nat(1000),
      on: fc.boolean(),
      emoji: fc.constantFrom('👍', '❤️'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((wishes) => {
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO, CY);
    wishes.forEach(({ kind, sender, target: wish, on, emoji }, at) => {
      const messages = messenger.logs.get(HERE)!.filter((entry) => entry.kind === 'message');
      const target = messages[wish % Math.max(1, messages.length)]?.seq;
      if (kind === 'message' || target === undefined) messenger.text(HERE, sender, `message ${at}`);
      else if (kind === 'edit') messenger.say(HERE, sender, { kind, target, body: { text: `edited ${at}` } });
      else if (kind === 'reaction') messenger.say(HERE, sender, { kind, target, emoji, on });
      else if (kind === 'pin') messenger.say(HERE, sender, { kind, target, on });
      else if (kind === 'delete') messenger.say(HERE, sender, { kind, target });
      else messenger.say(HERE, sender, kind === 'member' ? { kind, users: [CY], change: 'joined' } : { kind });
    });
    return messenger;
  });

const entriesOf = (messenger: Messenger): Entry[] => messenger.logs.get(HERE)!;
const taking = (log: Log, entries: readonly Entry[]): Log => entries.reduce((it, entry) => produce(it, (draft) => take(draft, entry, ANA)), log);
const paging = (log: Log, page: Page, messages: Folded[], haveThen = log.have): Log => produce(log, (draft) => addPage(draft, page, messages, haveThen, ANA));
const messagesOf = (log: Log): Folded[] => log.spans.flatMap(({ messages }) => messages);

/** What a log must be at any time. */
function expectSound(log: Log): void {
  for (const [at, span] of log.spans.entries()) {
    expect(span.from).toBeLessThanOrEqual(span.to);
    const seqs = span.messages.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
    for (const seq of seqs) expect(seq >= span.from && seq <= span.to).toBe(true);
    const next = log.spans[at + 1];
    if (next) expect(next.from).toBeGreaterThan(span.to + 1);
  }
  for (const early of Object.keys(log.early)) expect(Number(early)).toBeGreaterThan(log.have + 1);
}

describe('a log', () => {
  test('is the same whatever order entries come in, and however often', () => {
    fc.assert(
      fc.property(channelOf, fc.infiniteStream(fc.nat(10_000)), (messenger, dice) => {
        const entries = entriesOf(messenger);
        const shuffled = [...entries, ...entries.filter(() => dice.next().value! % 3 === 0)]
          .map((entry) => ({ entry, rank: dice.next().value! }))
          .sort((one, other) => one.rank - other.rank)
          .map(({ entry }) => entry);
        const log = taking(logFrom(0), shuffled);
        expectSound(log);
        expect(log.have).toBe(entries.length);
        expect(log.early).toEqual({});
        expect(messagesOf(log)).toEqual(messenger.folded(HERE, ANA));
      }),
    );
  });

  test('tells each entry as news once, in order', () => {
    fc.assert(
      fc.property(channelOf, fc.infiniteStream(fc.nat(10_000)), (messenger, dice) => {
        const entries = entriesOf(messenger);
        const order = [...entries, ...entries].map((entry) => ({ entry, rank: dice.next().value! })).sort((one, other) => one.rank - other.rank);
        const news: number[] = [];
        let log = logFrom(0);
        for (const { entry } of order) {
          log = taking(log, [entry]);
          news.push(...log.news.map(({ seq }) => seq));
        }
        expect(news).toEqual(entries.map(({ seq }) => seq));
      }),
    );
  });

  test('is whole after any mixture of entries, pages and answers to sync', () => {
    const doing = fc.record({ what: fc.constantFrom('entry', 'newest', 'before', 'after', 'around', 'sync'), place: fc.nat(60), limit: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(channelOf, fc.nat(40), fc.array(doing, { maxLength: 40 }), (messenger, start, doings) => {
        const entries = entriesOf(messenger);
        const all = messenger.folded(HERE, ANA);
        let log = logFrom(Math.min(start, entries.length));
        // Pages are read when everything is said: messages are as they are in the end.
        for (const { what, place, limit } of doings) {
          const seq = 1 + (place % entries.length);
          if (what === 'entry') log = taking(log, [entries[seq - 1]!]);
          else if (what === 'sync') {
            const missed = entries.slice(log.have, log.have + limit);
            const positions = { channel: HERE, delivered: 0, read: 0 };
            log = produce(log, (draft) => catchUp(draft, { entries: missed, head: entries.length, more: log.have + limit < entries.length, positions }, ANA));
          } else if (what === 'newest') log = paging(log, 'newest', all.slice(-limit));
          else if (what === 'before') log = paging(log, { before: seq }, all.filter((it) => it.seq < seq).slice(-limit));
          else if (what === 'after') log = paging(log, { after: seq }, all.filter((it) => it.seq > seq).slice(0, limit));
          else {
            const older = all.filter((it) => it.seq < seq).slice(-Math.floor(limit / 2));
            log = paging(log, { around: seq }, [...older, ...all.filter((it) => it.seq >= seq).slice(0, Math.ceil(limit / 2))]);
          }
          expectSound(log);
        }
        // Nothing between two ends of a span is left out.
        for (const { from, to, messages } of log.spans) {
          expect(messages.map(({ seq }) => seq)).toEqual(all.filter(({ seq }) => seq >= from && seq <= to).map(({ seq }) => seq));
        }
        log = taking(log, entries);
        expect(log.have).toBe(entries.length);
        for (const message of messagesOf(log)) expect(message).toEqual(all.find(({ seq }) => seq === message.seq));
      }),
      { numRuns: 3000 },
    );
  });

  test('applies what happened while a page was on its way', () => {
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    messenger.text(HERE, BO, 'tpyo');
    const page = structuredClone(messenger.folded(HERE, ANA));
    let log = produce(logFrom(1), (draft) => void (draft.asked.newest = 1));
    log = taking(log, [messenger.say(HERE, BO, { kind: 'edit', target: 1, body: { text: 'typo' } })]);
    log = paging(log, 'newest', page, 1);
    expect(find(log, 1)?.body).toEqual({ text: 'typo' });
    expect(log.recent).toEqual([]);
  });

  test('takes a change in the same answer to sync as what joined its message to the others', () => {
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    for (const words of ['one', 'two']) messenger.text(HERE, BO, words);
    const page = messenger.folded(HERE, ANA).slice(1);
    messenger.say(HERE, ANA, { kind: 'reaction', target: 2, emoji: '👍', on: true });
    messenger.say(HERE, BO, { kind: 'reaction', target: 2, emoji: '👍', on: true });
    const before = paging(logFrom(0), { after: 1 }, page, 0);
    const positions = { channel: HERE, delivered: 0, read: 0 };
    const log = produce(before, (draft) => catchUp(draft, { entries: entriesOf(messenger), head: 4, positions }, ANA));
    expect(messagesOf(log)).toEqual(messenger.folded(HERE, ANA));
    expect(messagesOf(before)).toEqual(page);
  });

  test('keeps no trace of a reaction that was over before its page was read', () => {
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    messenger.text(HERE, ANA, 'well?');
    for (const on of [true, false]) messenger.say(HERE, BO, { kind: 'reaction', target: 1, emoji: '👍', on });
    const log = taking(paging(logFrom(2), 'newest', messenger.folded(HERE, ANA)), entriesOf(messenger));
    expect(messagesOf(log)).toEqual(messenger.folded(HERE, ANA));
  });

  test('that missed too much forgets what it has, and goes on from the head', () => {
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    for (let at = 0; at < 5; at += 1) messenger.text(HERE, BO, `${at}`);
    let log = taking(logFrom(0), entriesOf(messenger));
    log = produce(log, (draft) => catchUp(draft, { gap: 'refetch', head: 100 }, ANA));
    expect([log.have, log.spans]).toEqual([100, []]);
    // Also where the server's history is another one, and shorter.
    log = produce(log, (draft) => catchUp(draft, { gap: 'refetch', head: 3 }, ANA));
    expect(log.have).toBe(3);
  });

  test('moves over places that it may not see', () => {
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    for (let at = 0; at < 6; at += 1) messenger.text(HERE, BO, `${at}`);
    const entries = entriesOf(messenger);
    let log = taking(logFrom(0), [entries[0]!, entries[4]!]);
    const positions = { channel: HERE, delivered: 0, read: 0 };
    log = produce(log, (draft) => catchUp(draft, { entries: [entries[1]!, entries[4]!], head: 6, positions }, ANA));
    expect(log.have).toBe(6);
    expect(tailOf(log)).toMatchObject({ from: 1, to: 6 });
    expect(messagesOf(log).map(({ seq }) => seq)).toEqual([1, 2, 5]);
  });
});
