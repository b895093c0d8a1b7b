// Unread messages, derived from positions and never counted up, so that they cannot drift.

import type { Folded, UserId } from '../protocol/generated.ts';
import type { Channel } from '../store/channels.ts';
import { isCalling, placeOf } from '../store/fold.ts';
import { tailOf, type Log } from '../store/log.ts';
import type { Position } from '../store/positions.ts';

export interface Unread {
  messages: number;
  /** Those of them that call one. */
  mentions: number;
}

const NONE: Unread = { messages: 0, mentions: 0 };

/** Beyond this many, show "999+": the server tells a bound from there on. */
export const UNREAD_SHOWN = 999;

export function unreadOf(channel: Channel | undefined, log: Log | undefined, mine: Position | undefined, me: UserId | undefined): Unread {
  if (!channel) return NONE;
  const read = Math.max(mine?.read ?? 0, channel.told.read);
  const tail = log && tailOf(log);
  // Where the messages themselves are here, they are counted.
  if (tail && tail.from <= read + 1 && tail.to >= channel.told.head) return count(tail.messages, read, me);
  // Elsewhere the server counted up to a place, and we go on from there. If one has read on since, but not so far,
  // its count is a bound from above until it is asked again.
  const after = tail ? count(tail.messages, Math.max(read, channel.told.head), me) : NONE;
  if (read >= channel.told.head) return after;
  return { messages: channel.told.unread + after.messages, mentions: channel.told.mentions + after.mentions };
}

/** Has one read beyond what the server counted from, without the messages being here to count? Then ask it again. */
export function isBound(channel: Channel, log: Log | undefined, mine: Position | undefined): boolean {
  const read = mine?.read ?? 0;
  const tail = log && tailOf(log);
  return channel.told.unread > 0 && read > channel.told.read && read < channel.told.head && !(tail && tail.from <= read + 1);
}

function count(messages: readonly Folded[], after: number, me: UserId | undefined): Unread {
  const unread = messages.slice(placeOf(messages, after + 1)).filter(({ sender, deleted }) => sender !== me && !deleted);
  return { messages: unread.length, mentions: unread.filter((message) => isCalling(message, me)).length };
}
