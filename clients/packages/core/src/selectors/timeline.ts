// A channel's messages as they are shown: days, groups of one author, the line above what is new, one's own on their
// way at the end. Pure functions; the time zone is given.

import type { Content, Folded, Mentions, Seq, UserId } from '../protocol/generated.ts';
import type { Fault } from '../errors.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Places } from '../store/positions.ts';
import { dayOf } from './day.ts';
import { markOf, markOfOutgoing, type Mark } from './marks.ts';

export type TimelineRow =
  /** `day` is a date like `2026-11-21`. */
  | { type: 'day'; key: string; day: string }
  /** What follows is new. */
  | { type: 'new'; key: string }
  | MessageRow;

export interface MessageRow {
  type: 'message';
  /** Stays the same from composing on, through being stored. */
  key: string;
  /** Absent until it is stored. */
  seq?: Seq;
  clientId?: string;
  sender: UserId;
  at: number;
  body?: Content;
  mentions?: Mentions;
  replyTo?: Seq;
  /** Who wrote it first. */
  forwardedFrom?: UserId;
  /** A forward on its way: what it will say stands there. */
  forwarding?: { from: string; target: Seq };
  reactions: NonNullable<Folded['reactions']>;
  isMine: boolean;
  isDeleted: boolean;
  isPinned: boolean;
  editedAt?: number;
  /** Of one's own. */
  mark?: Mark;
  /** Why it failed. */
  fault?: Fault;
  /** The first of a group of one author, and the last. */
  isFirst: boolean;
  isLast: boolean;
}

export interface TimelineOptions {
  me: UserId | undefined;
  /** An IANA time zone, like `Europe/Paris`. */
  timeZone: string;
  /** The line goes above the first message of somebody else after this place. */
  newAfter?: Seq;
}

/** Messages of one author within this time are one group. */
const GROUP_MS = 5 * 60 * 1000;

/** Rows that were made before, by their messages: most of a long channel is what it was a moment ago. */
export type KeptRows = WeakMap<Folded, MessageRow>;

export function timeline(
  messages: readonly Folded[],
  outgoing: readonly Outgoing[],
  places: Places | undefined,
  options: TimelineOptions,
  kept: KeptRows = new WeakMap(),
): TimelineRow[] {
  const rows: TimelineRow[] = [];
  let last: { row: MessageRow; message?: Folded; place: number; isFirst: boolean } | undefined;
  let day: string | undefined;
  let isNewShown = options.newAfter === undefined;
  /** What a row is in its group is known when the next one is. */
  const settle = (isLast: boolean) => {
    if (!last || (last.row.isFirst === last.isFirst && last.row.isLast === isLast)) return;
    const row = { ...last.row, isFirst: last.isFirst, isLast };
    rows[last.place] = row;
    if (last.message) kept.set(last.message, row);
  };
  const add = (row: MessageRow, message?: Folded) => {
    // One's own on their way follow all that is stored, whatever this device's clock says.
    const today = row.seq === undefined && last ? maxDay(day, dayOf(row.at, options.timeZone)) : dayOf(row.at, options.timeZone);
    const isOtherDay = today !== day;
    const isNew = !isNewShown && !row.isMine && row.seq !== undefined && row.seq > options.newAfter!;
    const isFirst = isOtherDay || isNew || !last || last.row.sender !== row.sender || row.at - last.row.at > GROUP_MS;
    settle(isFirst);
    if (isOtherDay) rows.push({ type: 'day', key: `day ${today} ${row.key}`, day: today });
    if (isNew) {
      rows.push({ type: 'new', key: 'new' });
      isNewShown = true;
    }
    last = { row, place: rows.length, isFirst, ...(message && { message }) };
    rows.push(row);
    day = today;
  };
  for (const message of messages) add(keptRow(message, places, options.me, kept), message);
  for (const message of outgoing) add(rowOfOutgoing(message));
  settle(true);
  return rows;
}

/** The row as it was, unless it says something else now. */
function keptRow(message: Folded, places: Places | undefined, me: UserId | undefined, kept: KeptRows): MessageRow {
  const known = kept.get(message);
  const isMine = message.sender === me;
  if (known && known.isMine === isMine && (!isMine || known.mark === markOf(message, places))) return known;
  const row = rowOf(message, places, me);
  kept.set(message, row);
  return row;
}

const maxDay = (one: string | undefined, other: string): string => (one !== undefined && one > other ? one : other);

function rowOf(message: Folded, places: Places | undefined, me: UserId | undefined): MessageRow {
  const { seq, sender, at, body, mentions, reply_to, forwarded_from, edited_at, client_id, reactions } = message;
  const isMine = sender === me;
  return {
    type: 'message',
    key: isMine && client_id ? client_id : String(seq),
    seq,
    sender,
    at,
    ...(client_id && { clientId: client_id }),
    ...(body && { body }),
    ...(mentions && { mentions }),
    ...(reply_to !== undefined && { replyTo: reply_to }),
    ...(forwarded_from && { forwardedFrom: forwarded_from }),
    ...(edited_at !== undefined && { editedAt: edited_at }),
    ...(isMine && { mark: markOf(message, places) }),
    reactions: reactions ?? [],
    isMine,
    isDeleted: message.deleted === true,
    isPinned: message.pinned === true,
    isFirst: false,
    isLast: false,
  };
}

function rowOfOutgoing(message: Outgoing): MessageRow {
  const { clientId, sender, composedAt, what, fault } = message;
  return {
    type: 'message',
    key: clientId,
    clientId,
    sender,
    at: composedAt,
    ...('body' in what
      ? { body: what.body, ...(what.mentions && { mentions: what.mentions }), ...(what.replyTo !== undefined && { replyTo: what.replyTo }) }
      : { forwarding: what }),
    mark: markOfOutgoing(message),
    ...(fault && { fault }),
    reactions: [],
    isMine: true,
    isDeleted: false,
    isPinned: false,
    isFirst: false,
    isLast: false,
  };
}
