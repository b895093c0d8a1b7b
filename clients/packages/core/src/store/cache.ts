// What is kept of the state between two visits.

import type { Profile } from '../protocol/generated.ts';
import type { Channel } from './channels.ts';
import type { Span } from './log.ts';
import type { Places } from './positions.ts';

export interface CachedAccount {
  /** Which history the cache is of. */
  epoch: string;
  profiles: Profile[];
}

export interface CachedChannel {
  id: string;
  have: number;
  channel: Channel;
  /** The newest messages, up to `have`. */
  tail?: Span;
  places: Places;
}

/** So many of the newest messages of a channel are kept. */
export const CACHED_MESSAGES = 60;
