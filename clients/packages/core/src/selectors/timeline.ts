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

export function timeline(messages: readonly Folded[], outgoing: readonly Outgoing[], places: Places | undefined, options: TimelineOptions): TimelineRow[] {
  const rows: TimelineRow[] = [];
  let last: MessageRow | undefined;
  let day: string | undefined;
  let isNewShown = options.newAfter === undefined;
  for (const row of [...messages.map((message) => rowOf(message, places, options.me)), ...outgoing.map(rowOfOutgoing)]) {
    // One's own on their way follow all that is stored, whatever this device's clock says.
    const today = row.seq === undefined && last ? maxDay(day, dayOf(row.at, options.timeZone)) : dayOf(row.at, options.timeZone);
    const isOtherDay = today !== day;
    if (isOtherDay) rows.push({ type: 'day', key: `day ${today} ${row.key}`, day: today });
    const isNew = !isNewShown && !row.isMine && row.seq !== undefined && row.seq > options.newAfter!;
    if (isNew) {
      rows.push({ type: 'new', key: 'new' });
      isNewShown = true;
    }
    row.isFirst = isOtherDay || isNew || !last || last.sender !== row.sender || row.at - last.at > GROUP_MS;
    if (last && row.isFirst) last.isLast = true;
    rows.push(row);
    last = row;
    day = today;
  }
  if (last) last.isLast = true;
  return rows;
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
