// Which of one's own messages an action tells as stored.

import type { UnknownAction } from '@reduxjs/toolkit';

import type { Entry, Folded, Missed, UserId } from '../protocol/generated.ts';
import { entryArrived, pageRead, readied, synced } from './actions.ts';

/** The messages that an action tells, as entries or as they are now, also those that were told before. */
export function messagesIn(action: UnknownAction): (Entry | Folded)[] {
  if (entryArrived.match(action)) return action.payload.entry.kind === 'message' ? [action.payload.entry] : [];
  if (synced.match(action)) return entriesIn(action.payload.synced.channels);
  if (readied.match(action)) return [...entriesIn(action.payload.ready.missed?.channels ?? {}), ...Object.values(action.payload.ready.recent).flat()];
  if (pageRead.match(action)) return action.payload.messages;
  return [];
}

export function ownMessagesIn(action: UnknownAction, me: UserId | undefined): (Entry | Folded)[] {
  return messagesIn(action).filter(({ sender, client_id }) => sender === me && client_id !== undefined);
}

function entriesIn(channels: Record<string, Missed>): Entry[] {
  return Object.values(channels).flatMap((missed) => ('entries' in missed ? missed.entries.filter(({ kind }) => kind === 'message') : []));
}
