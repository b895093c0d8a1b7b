// What the parts of one open conversation share.

import type { ChannelId, ChannelKind, MessageRow, Seq } from '@rialto/core';
import { createContext, use } from 'react';

import type { Action } from './actions/actions.ts';
import type { Sight } from './list/sight.ts';
import type { Rights } from './rights.ts';

export interface Talk {
  channel: ChannelId;
  kind: ChannelKind;
  rights: Rights;
  sight: Sight;
  /** Messages that have just arrived, by their keys. */
  fresh: Set<string>;
  act(action: Action, row: MessageRow, from: HTMLElement): void;
  /** Offers everything that can be done with a message, at a place of the window or beside an element. */
  openMenu(row: MessageRow, from: HTMLElement, at?: { x: number; y: number }): void;
  react(row: MessageRow, emoji: string, isOn: boolean): void;
  jumpTo(seq: Seq): void;
}

const Context = createContext<Talk | undefined>(undefined);

export const TalkProvider = Context;

export function useTalk(): Talk {
  const talk = use(Context);
  if (!talk) throw new Error('useTalk is for components within a conversation');
  return talk;
}
