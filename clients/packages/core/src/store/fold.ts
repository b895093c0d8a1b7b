// What entries do to messages: an edit, a deletion, a reaction, a pin. Every change may come twice.

import { createNextState, current, isDraft } from '@reduxjs/toolkit';

import type { Entry, Folded, Seq } from '../protocol/generated.ts';

/** The server names so many people who reacted; the rest it counts. */
const NAMED_REACTORS = 10;

export type Change = Extract<Entry, { kind: 'edit' | 'delete' | 'reaction' | 'pin' }>;

export function isChange(entry: Entry): entry is Change {
  return entry.kind === 'edit' || entry.kind === 'delete' || entry.kind === 'reaction' || entry.kind === 'pin';
}

/** The message of an entry, to which nothing has happened yet. */
export function freshMessage(entry: Extract<Entry, { kind: 'message' }>): Folded {
  const { kind: _, ...message } = entry;
  return message.body ? message : { ...message, deleted: true };
}

/** What a change makes of its message. The message itself stays as it was: in a reducer it may be part of the state, and not a draft of it. */
export function changed(message: Folded, change: Change, me: string | undefined): Folded {
  return createNextState(isDraft(message) ? current(message) : message, (draft) => applyChange(draft, change, me));
}

function applyChange(message: Folded, change: Change, me: string | undefined): void {
  if (message.deleted) return;
  switch (change.kind) {
    case 'edit':
      // An edit of a message that was deleted afterwards has no body; its deletion follows.
      if (change.body) message.body = change.body;
      if (change.mentions) message.mentions = change.mentions;
      else delete message.mentions;
      message.edited_at = change.at;
      return;
    case 'delete': {
      delete message.body;
      delete message.mentions;
      delete message.forwarded_from;
      delete message.reactions;
      delete message.pinned;
      message.deleted = true;
      return;
    }
    case 'reaction':
      applyReaction(message, change, me);
      return;
    case 'pin':
      if (change.on) message.pinned = true;
      else delete message.pinned;
      return;
  }
}

function applyReaction(message: Folded, { emoji, on, sender }: Extract<Change, { kind: 'reaction' }>, me: string | undefined): void {
  let reaction = message.reactions?.find((it) => it.emoji === emoji);
  if (!reaction) {
    if (!on) return;
    reaction = { emoji, count: 0, users: [] };
    message.reactions = [...(message.reactions ?? []), reaction].sort((one, other) => (one.emoji < other.emoji ? -1 : 1));
  }
  const isNamed = reaction.users.includes(sender);
  const areAllNamed = reaction.count === reaction.users.length;
  // Of one's own reaction we always know whether it counts already; of others only while all are named.
  const isCounted = isNamed || (sender === me && reaction.mine === true) || (!areAllNamed && !on);
  if (on && !isCounted) {
    reaction.count += 1;
    if (reaction.users.length < NAMED_REACTORS) reaction.users = [...reaction.users, sender].sort();
  }
  if (!on && isCounted) {
    reaction.count -= 1;
    reaction.users = reaction.users.filter((user) => user !== sender);
  }
  if (sender === me) {
    if (on) reaction.mine = true;
    else delete reaction.mine;
  }
  if (reaction.count > 0) return;
  const others = message.reactions?.filter((it) => it !== reaction) ?? [];
  if (others.length > 0) message.reactions = others;
  else delete message.reactions;
}

/** Does this message call the user? */
export function isCalling(message: Folded, user: string | undefined): boolean {
  return !!message.mentions && (message.mentions.all === true || (user !== undefined && !!message.mentions.users?.includes(user)));
}

/** Where a message with this seq stands in an ascending list, or would stand. */
export function placeOf(messages: readonly { seq: Seq }[], seq: Seq): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
