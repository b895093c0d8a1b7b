// The rows of the channel list: the list shows them, and shortcuts, title and switcher go by them.

import { makeSelectChannelRows, makeSelectTotalUnread, type ChannelRow, type State } from '@rialto/core';

import { nowKept, useNow } from '../app/clock.ts';
import { useRialtoState } from '../app/rialto.tsx';

const selectRows = makeSelectChannelRows();
const selectTotal = makeSelectTotalUnread();

export const rowsOf = (state: State): ChannelRow[] => selectRows(state, nowKept());

export function useRows(): ChannelRow[] {
  const now = useNow();
  return useRialtoState((state) => selectRows(state, now));
}

export function useTotalUnread() {
  const now = useNow();
  return useRialtoState((state) => selectTotal(selectRows(state, now)));
}

export type Filter = 'all' | 'unread' | 'groups' | 'archived';

/** What the list shows. The open channel stays, so that it does not vanish while it is being read. */
export function filterRows(rows: readonly ChannelRow[], filter: Filter, query: string, open: string | undefined): ChannelRow[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    // Who looks for something looks everywhere.
    if (words.length > 0) return words.every((word) => plain(row.title).includes(word));
    switch (filter) {
      case 'all':
        return !row.isArchived;
      case 'unread':
        return !row.isArchived && (row.unread.messages > 0 || row.id === open);
      case 'groups':
        return !row.isArchived && row.kind !== 'direct';
      case 'archived':
        return row.isArchived;
    }
  });
}

/** The row to go to from the open one: the next or the one before, of all or of the unread. */
export function neighbour(rows: readonly ChannelRow[], open: string | undefined, step: 1 | -1, isUnreadOnly: boolean): ChannelRow | undefined {
  const shown = rows.filter((row) => !row.isArchived || row.id === open);
  const at = shown.findIndex(({ id }) => id === open);
  const count = shown.length;
  for (let distance = 1; distance <= count; distance += 1) {
    const from = at === -1 && step === -1 ? 0 : at;
    const row = shown[(((from + step * distance) % count) + count) % count]!;
    if (row.id !== open && (!isUnreadOnly || row.unread.messages > 0)) return row;
  }
  return undefined;
}

/** Without accents and capitals: who searches types neither. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
