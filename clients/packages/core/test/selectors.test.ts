import { produce } from 'immer';
import { describe, expect, test } from 'vitest';

import { dayOf, makeSelectChannelRows, makeSelectTimeline, makeSelectTotalUnread, makeSelectTyping, timeline, type TimelineRow } from '../src/index.ts';
import type { ChannelView, Folded, Ready } from '../src/protocol/generated.ts';
import {
  accountChosen,
  draftChanged,
  entryArrived,
  messageComposed,
  messageKept,
  messageReceived,
  messagesSeen,
  positionsMoved,
  readied,
  typingFaded,
  typingHeard,
} from '../src/store/actions.ts';
import { reduce, type State } from '../src/store/store.ts';
import { id, Messenger } from './support/messenger.ts';

const [ANA, BO] = [id(1), id(2)];
const [HERE, THERE] = [id(11), id(12)];
const MINUTE = 60_000;
/** 2026-03-29, when clocks in Paris go from 02:00 to 03:00. */
const SPRING = Date.UTC(2026, 2, 29);

const said = (seq: number, at: number, sender = BO, more: Partial<Folded> = {}): Folded => ({ channel: HERE, seq, at, sender, n: seq, body: { text: `${seq}` }, ...more });
const shown = (rows: TimelineRow[]) =>
  rows.map((row) => (row.type === 'day' ? row.day : row.type === 'new' ? 'new' : `${row.seq ?? row.clientId}${row.isFirst ? ' first' : ''}${row.isLast ? ' last' : ''}`));

describe('the day of a moment', () => {
  test('depends on where one is', () => {
    const at = Date.UTC(2026, 10, 21, 23, 30);
    expect([dayOf(at, 'UTC'), dayOf(at, 'Europe/Paris'), dayOf(at, 'America/New_York'), dayOf(at, 'Asia/Kathmandu')]).toEqual(['2026-11-21', '2026-11-22', '2026-11-21', '2026-11-22']);
  });

  test('ends at midnight, to the minute, and on days that are shorter', () => {
    const midnight = SPRING - 60 * MINUTE;
    expect([dayOf(midnight - 1, 'Europe/Paris'), dayOf(midnight, 'Europe/Paris')]).toEqual(['2026-03-28', '2026-03-29']);
    const next = SPRING + 22 * 60 * MINUTE;
    expect([dayOf(next - 1, 'Europe/Paris'), dayOf(next, 'Europe/Paris')]).toEqual(['2026-03-29', '2026-03-30']);
  });
});

describe('a timeline', () => {
  const options = { me: ANA, timeZone: 'UTC' };

  test('groups what one author wrote within five minutes', () => {
    const messages = [said(1, SPRING), said(2, SPRING + MINUTE), said(3, SPRING + 2 * MINUTE, ANA), said(4, SPRING + 8 * MINUTE, ANA), said(5, SPRING + 9 * MINUTE)];
    expect(shown(timeline(messages, [], undefined, options))).toEqual(['2026-03-29', '1 first', '2 last', '3 first last', '4 first last', '5 first last']);
  });

  test('begins a new day and a new group at midnight', () => {
    const midnight = SPRING + 24 * 60 * MINUTE;
    expect(shown(timeline([said(1, midnight - 1000), said(2, midnight)], [], undefined, options))).toEqual(['2026-03-29', '1 first last', '2026-03-30', '2 first last'].map((it) => it));
    expect(shown(timeline([said(1, midnight - 1000), said(2, midnight)], [], undefined, { ...options, timeZone: 'Europe/Paris' }))).toEqual(['2026-03-30', '1 first', '2 last']);
  });

  test('has one line above the first message of somebody else that is new', () => {
    const messages = [said(1, SPRING), said(2, SPRING, ANA), said(3, SPRING, ANA), said(4, SPRING), said(5, SPRING)];
    expect(shown(timeline(messages, [], undefined, { ...options, newAfter: 2 }))).toEqual(['2026-03-29', '1 first last', '2 first', '3 last', 'new', '4 first', '5 last']);
    expect(shown(timeline(messages, [], undefined, { ...options, newAfter: 5 }))).not.toContain('new');
  });

  test('ends with what is on its way, whatever the clock of this device says', () => {
    const outgoing = { clientId: 'c1', channel: HERE, sender: ANA, composedAt: SPRING - 100 * 60 * MINUTE, what: { body: { text: 'now' } }, state: 'waiting' as const };
    const rows = timeline([said(1, SPRING)], [outgoing], undefined, options);
    expect(shown(rows)).toEqual(['2026-03-29', '1 first last', 'c1 first last']);
    expect(rows.at(-1)).toMatchObject({ key: 'c1', mark: 'sending', isMine: true });
  });
});

// ── the state as it grows ──

const view = (channel: string, more: Partial<ChannelView> = {}): ChannelView => ({
  id: channel,
  kind: 'group',
  title: channel,
  head: 0,
  active_at: SPRING,
  members: 2,
  role: 'member',
  since: 1,
  delivered: 0,
  read: 0,
  delivered_to_all: 0,
  read_by_all: 0,
  unread: 0,
  mentions: 0,
  ...more,
});

/** A state, as the server greeted with these channels. */
function greeted(...channels: ChannelView[]): State {
  const ready = { user: { id: ANA, display_name: 'Ana' }, device: id(81), session: id(80), epoch: 'one', features: [], server_time: 0, limits: {} as Ready['limits'], channels: { channels }, recent: {} };
  return [accountChosen({ user: ANA, device: id(81), session: id(80) }), readied({ ready, isOtherHistory: false, at: 0 })].reduce(reduce, undefined as never);
}

const happen = (state: State, ...actions: Parameters<typeof reduce>[1][]) => actions.reduce(reduce, state);

describe('rows of channels', () => {
  test('stand by pin and activity, and are the same objects while nothing changes in them', () => {
    const select = makeSelectChannelRows();
    const state = greeted(view(HERE, { active_at: SPRING + 1 }), view(THERE, { active_at: SPRING }), view(id(13), { pinned: true, active_at: 1 }));
    const rows = select(state, SPRING);
    expect(rows.map((row) => row.id)).toEqual([id(13), HERE, THERE]);
    const messenger = new Messenger();
    messenger.addChannel(THERE, ANA, BO);
    const later = select(happen(state, entryArrived({ entry: { ...messenger.text(THERE, BO, 'hello'), at: SPRING + 5 }, me: ANA })), SPRING);
    expect(later.map((row) => row.id)).toEqual([id(13), THERE, HERE]);
    expect(later[1]).toMatchObject({ unread: { messages: 1, mentions: 0 }, line: { sender: BO, message: { body: { text: 'hello' } } } });
    expect([later[0], later[2]]).toEqual([rows[0], rows[1]]);
    expect(later[0]).toBe(rows[0]);
    expect(later[2]).toBe(rows[1]);
  });

  test('show what is on its way, and its mark', () => {
    const select = makeSelectChannelRows();
    const message = { clientId: 'c1', channel: HERE, sender: ANA, composedAt: SPRING + 9, what: { body: { text: 'on its way' } } };
    let state = happen(greeted(view(HERE), view(THERE, { active_at: SPRING + 5 })), messageComposed(message));
    expect(select(state, 0)[0]).toMatchObject({ id: HERE, line: { mark: 'sending', outgoing: { clientId: 'c1' } } });
    state = happen(state, messageKept({ ...message, place: 1 }), messageReceived({ clientId: 'c1' }), draftChanged({ channel: HERE, draft: { text: 'more' } }));
    expect(select(state, 0)[0]).toMatchObject({ line: { mark: 'received' }, draft: 'more' });
  });

  test('count what is unread once, and leave out what is muted, but for what calls one', () => {
    const [select, selectTotal] = [makeSelectChannelRows(), makeSelectTotalUnread()];
    const state = greeted(view(HERE, { head: 3, unread: 3, mentions: 1 }), view(THERE, { head: 2, unread: 2, mentions: 1, muted_until: SPRING + 10 }), view(id(13), { head: 4, unread: 4, archived: true }));
    expect(selectTotal(select(state, SPRING))).toEqual({ messages: 3, mentions: 2, channels: 1 });
    // The mute is over.
    expect(selectTotal(select(state, SPRING + 11))).toEqual({ messages: 5, mentions: 2, channels: 2 });
  });

  test('count on from what the server counted, and down when one reads', () => {
    const select = makeSelectChannelRows();
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    for (let at = 0; at < 5; at += 1) messenger.text(HERE, BO, `${at}`);
    const unread = (state: State) => select(state, 0)[0]!.unread.messages;
    let state = greeted(view(HERE, { head: 5, unread: 5 }));
    expect(unread(state)).toBe(5);
    const [sixth, seventh] = [messenger.text(HERE, BO, 'six'), messenger.text(HERE, BO, 'seven')];
    state = happen(state, entryArrived({ entry: sixth, me: ANA }), entryArrived({ entry: seventh, me: ANA }), entryArrived({ entry: seventh, me: ANA }));
    expect(unread(state)).toBe(7);
    state = happen(state, messagesSeen({ channel: HERE, seq: 6 }));
    expect(unread(state)).toBe(1);
    // Who deletes it takes it back.
    expect(unread(happen(state, entryArrived({ entry: messenger.say(HERE, BO, { kind: 'delete', target: 7 }), me: ANA })))).toBe(0);
    expect(unread(happen(state, messagesSeen({ channel: HERE, seq: 7 })))).toBe(0);
  });
});

describe('a view of a channel', () => {
  test('keeps a message’s key from composing to being stored, and its mark never goes back', () => {
    const select = makeSelectTimeline();
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    const message = { clientId: id(900), channel: HERE, sender: ANA, composedAt: SPRING, what: { body: { text: 'mine' } } };
    const entry = messenger.say(HERE, ANA, { body: { text: 'mine' } }, id(900));
    const moved = (delivered: number, read: number) => positionsMoved({ moved: { channel: HERE, delivered, read }, me: ANA });
    const marks: unknown[] = [];
    let state = greeted(view(HERE));
    for (const action of [
      messageComposed(message),
      messageKept({ ...message, place: 1 }),
      messageReceived({ clientId: id(900) }),
      entryArrived({ entry, me: ANA }),
      // Late, and out of turn.
      messageReceived({ clientId: id(900) }),
      moved(1, 0),
      moved(1, 1),
      moved(0, 0),
      entryArrived({ entry, me: ANA }),
    ]) {
      state = happen(state, action);
      const rows = select(state, { channel: HERE, timeZone: 'UTC' }).rows.filter((row) => row.type === 'message');
      expect(rows.map(({ key }) => key)).toEqual([id(900)]);
      marks.push(rows[0]!.mark);
    }
    expect(marks).toEqual(['sending', 'sending', 'received', 'stored', 'stored', 'delivered', 'read', 'read', 'read']);
  });

  test('is the same object while nothing in it changes', () => {
    const select = makeSelectTimeline();
    const state = greeted(view(HERE), view(THERE));
    const before = select(state, { channel: HERE, timeZone: 'UTC' });
    const messenger = new Messenger();
    messenger.addChannel(THERE, ANA, BO);
    const after = happen(state, entryArrived({ entry: messenger.text(THERE, BO, 'elsewhere'), me: ANA }));
    expect(select(after, { channel: HERE, timeZone: 'UTC' })).toBe(before);
  });

  test('tells what is missing at its ends', () => {
    const select = makeSelectTimeline();
    const state = produce(greeted(view(HERE, { head: 100 })), (draft) => {
      draft.messages.logs[HERE]!.spans = [{ from: 20, to: 40, messages: [said(20, SPRING)] }, { from: 90, to: 100, messages: [said(95, SPRING)] }];
    });
    expect(select(state, { channel: HERE, timeZone: 'UTC' })).toMatchObject({ hasOlder: true, hasNewer: false, isLoading: false });
    expect(select(state, { channel: HERE, timeZone: 'UTC', around: 30 })).toMatchObject({ hasOlder: true, hasNewer: true });
  });

  test('shows who types until they stop or have sent it', () => {
    const select = makeSelectTyping();
    const messenger = new Messenger();
    messenger.addChannel(HERE, ANA, BO);
    const state = happen(greeted(view(HERE)), typingHeard({ channel: HERE, user: BO, until: 100 }), typingHeard({ channel: HERE, user: ANA, until: 100 }));
    expect(select(state, HERE)).toEqual([BO]);
    expect(select(happen(state, typingFaded({ now: 99 })), HERE)).toEqual([BO]);
    expect(select(happen(state, typingFaded({ now: 100 })), HERE)).toEqual([]);
    expect(select(happen(state, entryArrived({ entry: messenger.text(HERE, BO, 'done'), me: ANA })), HERE)).toEqual([]);
  });
});
