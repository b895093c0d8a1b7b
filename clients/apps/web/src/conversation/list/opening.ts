// Where a conversation opens. Pure functions over the state.

import { unreadOf, type ChannelId, type Log, type Seq, type State } from '@rialto/core';

import type { Place } from './places.ts';

/** What the list shows first, once it has rows. */
export type Target =
  | { to: 'end' }
  /** The line above what is new. */
  | { to: 'new' }
  /** A message, which is then pointed out. */
  | { to: 'message'; seq: Seq }
  /** Where somebody was before. */
  | { to: 'place'; place: Place };

/** A stretch of the conversation, and where in it to begin. Another `turn` begins anew. */
export interface View {
  around?: Seq;
  target: Target;
  turn: number;
}

export interface Opening {
  view: View;
  /** The line goes after this place, and stays there until one leaves. */
  newAfter?: Seq;
}

/** An address that names a message comes first, then what is unread, then the place that was left. */
export function openingOf(state: State, channel: ChannelId, at: Seq | undefined, left: Place | undefined): Opening {
  const log = state.messages.logs[channel];
  const read = Math.max(state.positions[channel]?.mine.read ?? 0, state.channels.byId[channel]?.told.read ?? 0);
  const isUnread = unreadOf(state.channels.byId[channel], log, state.positions[channel]?.mine, state.session.user).messages > 0;
  const newAfter = isUnread ? { newAfter: read } : {};
  if (at !== undefined) return { view: { around: at, target: { to: 'message', seq: at }, turn: 0 }, ...newAfter };
  if (isUnread) {
    // The first of them may lie before what was read of the channel's end.
    const isBefore = log !== undefined && read < log.have && !isInTail(log, read + 1);
    return { view: { ...(isBefore && { around: read + 1 }), target: { to: 'new' }, turn: 0 }, ...newAfter };
  }
  if (left) return { view: { ...(left.around !== undefined && { around: left.around }), target: { to: 'place', place: left }, turn: 0 } };
  return { view: { target: { to: 'end' }, turn: 0 } };
}

/** So much of what is before and after a place makes it worth opening there. */
const NEIGHBOURHOOD = 8;

/** Is this place here, and what stands around it? A message may have been read by itself, because another one quotes it. */
export function isCovered(log: Log | undefined, seq: Seq, since: Seq): boolean {
  if (!log) return false;
  const from = Math.max(1, since, seq - NEIGHBOURHOOD);
  const to = Math.min(log.have, seq + NEIGHBOURHOOD);
  return log.spans.some((span) => span.from <= Math.min(from, seq) && Math.max(to, seq) <= span.to);
}

function isInTail(log: Log, seq: Seq): boolean {
  const tail = log.spans.at(-1);
  return tail !== undefined && tail.to >= log.have && tail.from <= seq;
}
