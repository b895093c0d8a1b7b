// The dialogues that were recorded from the real server, and that the server's own tables replay as well.

import Ajv from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { eventShapes, resultShapes } from '../src/protocol/generated.ts';
import { Misfit, type Shape } from '../src/protocol/shape.ts';
import { timeline } from '../src/selectors/timeline.ts';
import { unreadOf } from '../src/selectors/unread.ts';
import { NAMES, replay, transcript, type Frame } from './support/transcript.ts';

/** Shuffles what came as entries; what surrounds them stays. */
function shuffled(frames: Frame[], dice: Iterator<number>): Frame[] {
  const isEntry = (frame: Frame) => frame.ev === 'entry';
  // A channel begins with the first entry that is heard of it, so that one stays where it is.
  const met = new Set<unknown>();
  const isFirst = (frame: Frame) => {
    const { channel } = (frame as { data: { channel: string } }).data;
    const before = met.size;
    return met.add(channel).size > before;
  };
  // And none goes beyond an answer.
  const runs: Frame[][] = [[]];
  for (const frame of frames) {
    if (isEntry(frame) && !isFirst(frame)) runs.at(-1)!.push(frame);
    else runs.push([frame], []);
  }
  return runs.flatMap((run) =>
    [...run, ...run.filter((frame) => isEntry(frame) && dice.next().value % 2 === 0)]
      .map((frame) => ({ frame, rank: dice.next().value as number }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ frame }) => frame),
  );
}

describe.each(NAMES)('the dialogue %s', (name) => {
  const { state, me, histories, news } = replay(transcript(name));

  test('leaves the messages that the server has', () => {
    for (const [channel, history] of histories) {
      const log = state.messages.logs[channel]!;
      const from = log.spans.at(-1)!.from;
      expect(log.spans.at(-1)!.messages).toEqual((history as { seq: number }[]).filter(({ seq }) => seq >= from));
    }
  });

  test('leaves no hole', () => {
    for (const log of Object.values(state.messages.logs)) expect(log.early).toEqual({});
    for (const { id, told } of Object.values(state.channels.byId)) expect(state.messages.logs[id]!.have).toBeGreaterThanOrEqual(told.head);
  });

  test('leaves the same with entries doubled and in another order', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(10_000)), (dice) => {
        const other = replay(shuffled(transcript(name), dice));
        const { messages, ...rest } = other.state;
        const { messages: expected, ...expectedRest } = state;
        expect(rest).toEqual(expectedRest);
        for (const [channel, log] of Object.entries(expected.logs)) expect(messages.logs[channel]).toEqual({ ...log, news: messages.logs[channel]!.news });
        expect(other.news.sort()).toEqual([...news].sort());
      }),
      { numRuns: 20 },
    );
  });

  test('knows who is asking', () => {
    expect(state.session.user).toBe(me);
    expect(state.people.profiles[me]?.id).toBe(me);
  });
});

describe('what is left of', () => {
  const channelOf = (of: ReturnType<typeof replay>, title = 'Rialto') => Object.values(of.state.channels.byId).find((it) => it.title === title)!;

  test('positions: everyone has read, and nothing is unread', () => {
    const replayed = replay(transcript('positions'));
    const { id, told } = channelOf(replayed);
    const { all, mine } = replayed.state.positions[id]!;
    const log = replayed.state.messages.logs[id]!;
    const rows = timeline(log.spans.at(-1)!.messages, [], replayed.state.positions[id], { me: replayed.me, timeZone: 'UTC' });
    expect(rows.flatMap((row) => (row.type === 'message' ? [row.mark] : []))).toEqual(['read', undefined]);
    expect(all.read).toBe(log.have);
    expect(mine).toEqual({ delivered: log.have, read: log.have });
    expect(told.unread).toBe(0);
    expect(unreadOf(replayed.state.channels.byId[id], log, mine, replayed.me)).toEqual({ messages: 0, mentions: 0 });
  });

  test('talk: the mention counts until it is read', () => {
    const replayed = replay(transcript('talk').filter((frame) => frame.ev !== 'positions'));
    const { state, me } = replayed;
    const channel = [...replayed.histories.keys()].at(-1)!;
    const log = state.messages.logs[channel]!;
    const calling = log.spans.at(-1)!.messages.find(({ mentions }) => mentions?.users?.includes(me))!;
    expect(unreadOf(state.channels.byId[channel], log, { delivered: 0, read: 0 }, me)).toEqual({ messages: 2, mentions: 1 });
    expect(unreadOf(state.channels.byId[channel], log, { delivered: 0, read: calling.seq }, me)).toEqual({ messages: 0, mentions: 0 });
  });

  test('resume: what was missed is there, and where too much was, the log begins anew', () => {
    const { state, histories } = replay(transcript('resume'));
    const here = [...histories.keys()][0]!;
    const [there] = Object.keys(state.messages.logs).filter((channel) => channel !== here);
    const words = state.messages.logs[here]!.spans.flatMap(({ messages }) => messages.map(({ body }) => body));
    expect(words).toEqual([{ text: 'before' }, { text: 'while Ana was away' }]);
    expect(state.messages.logs[there!]!.have).toBe(1102);
    expect(state.messages.logs[there!]!.spans.at(-1)!.to).toBe(1102);
  });

  test('membership: the group has its new name, its members, and the other one is gone', () => {
    const { state } = replay(transcript('membership'));
    const [channel, ...others] = Object.values(state.channels.byId);
    expect(others).toEqual([]);
    expect(channel).toMatchObject({ title: 'The Rialto', description: 'Where merchants most do congregate', memberCount: 2, role: 'owner', isPinned: true, isArchived: false });
    expect(channel!.mutedUntil).toBeGreaterThan(Date.now());
    expect(state.people.members[channel!.id]!.list.map(({ role }) => role).sort()).toEqual(['admin', 'owner']);
  });

  test('people: who went is away', () => {
    const { state } = replay(transcript('people'));
    const [watched] = Object.values(state.presence.byUser);
    expect(watched).toMatchObject({ isOnline: false });
    expect(watched!.lastSeen).toBeGreaterThan(0);
    expect(state.people.blocked).toEqual([]);
    expect(state.settings.account?.typing).toBe('nobody');
  });

  test('errors: each has its code', () => {
    expect(replay(transcript('errors')).refusals).toEqual([
      'channel.unknown',
      'message.empty',
      'channel.role_too_low',
      'command.invalid',
      'auth.refresh_refused',
      'command.unknown',
      'command.invalid',
    ]);
  });

  test('drain: the notice says when to come back', () => {
    expect(transcript('drain').find(({ ev }) => ev === 'notice')).toEqual({ ev: 'notice', data: { kind: 'drain', reconnect_after_ms: 1000 } });
  });
});

describe('the shapes', () => {
  const contract = JSON.parse(readFileSync(new URL('../../../../contract/schema/rialto.v1.json', import.meta.url), 'utf8')) as object;
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(contract, 'rialto');

  /** Every checked value of the recordings, with its shape and its place in the contract. */
  const values = NAMES.flatMap((name) => {
    const commands = new Map<number, string>();
    return transcript(name).flatMap((frame) => {
      if (frame.cmd !== undefined) commands.set(frame.id, frame.cmd);
      if (frame.ev !== undefined) return [{ pointer: `/events/${frame.ev}/data`, shape: eventShapes[frame.ev as 'entry'] as Shape<unknown>, value: frame.data }];
      if (frame.re === undefined || frame.ok === undefined) return [];
      const command = commands.get(frame.re)!;
      return [{ pointer: `/commands/${command}/result`, shape: resultShapes[command as 'sync'] as Shape<unknown>, value: frame.ok }];
    });
  });

  const fits = (shape: Shape<unknown>, value: unknown) => {
    try {
      shape(value);
      return true;
    } catch (misfit) {
      if (!(misfit instanceof Misfit)) throw misfit;
      return false;
    }
  };
  const judges = new Map<string, ReturnType<typeof ajv.compile>>();
  const isValid = (pointer: string, value: unknown) => {
    const judge = judges.get(pointer) ?? ajv.compile({ $ref: `rialto#${pointer}` });
    judges.set(pointer, judge);
    return judge(value);
  };

  test('take what the server says as it is', () => {
    expect(values.length).toBeGreaterThan(100);
    for (const { pointer, shape, value } of values) {
      expect(isValid(pointer, value), pointer).toBe(true);
      expect(shape(value)).toEqual(value);
    }
  });

  test('judge as the schema does, whatever is put somewhere in a value', () => {
    /** All places in a value. Words that tell forms apart are left: a new one is no mistake. */
    const placesIn = (value: unknown, path: (string | number)[] = []): (string | number)[][] =>
      typeof value !== 'object' || value === null
        ? [path]
        : [...(path.length > 0 ? [path] : []), ...Object.entries(value).filter(([key]) => key !== 'kind' && key !== 'change').flatMap(([key, it]) => placesIn(it, [...path, key]))];
    const wrong = fc.constantFrom<unknown>(undefined, null, true, -1, 0.5, 7, '', 'word', 'not-a-uuid', [], [1], {}, { text: 1 }, { text: 'x', more: 1 });
    fc.assert(
      fc.property(fc.constantFrom(...values), fc.nat(10_000), wrong, ({ pointer, shape, value }, dice, it) => {
        const places = placesIn(value);
        if (places.length === 0) return;
        const path = places[dice % places.length]!;
        if (path.length === 0) return;
        const changed = structuredClone(value) as Record<string, unknown>;
        const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, changed);
        if (it === undefined && Array.isArray(holder)) return;
        if (it === undefined) delete holder[path.at(-1)!];
        else holder[path.at(-1)!] = it;
        // `null` stands for absent here, wherever something may be absent; the contents of a message may have fields more.
        const hasMore = typeof it === 'object' && it !== null && 'more' in it;
        if (it === null || hasMore) return;
        expect(fits(shape, changed), `${pointer} ${path.join('.')} = ${JSON.stringify(it)}`).toBe(isValid(pointer, changed));
      }),
      { numRuns: 3000 },
    );
  });

  test('let a newer server say more: unknown kinds take their place and mean nothing', () => {
    const entry = (transcript('talk').find(({ ev }) => ev === 'entry') as { data: object }).data;
    expect(eventShapes.entry({ ...entry, kind: 'post', price: 220 })).toMatchObject({ kind: 'unknown', seq: (entry as { seq: number }).seq });
    expect(eventShapes.notice({ kind: 'maintenance' })).toEqual({ kind: 'unknown' });
  });
});
