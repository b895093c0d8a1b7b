// What one may do in a channel. The server decides; this is for not offering what it would refuse.

import type { Channel } from '@rialto/core';

export interface Rights {
  write: boolean;
  react: boolean;
  pin: boolean;
  deleteOthers: boolean;
  mentionAll: boolean;
  /** Why one may not write. */
  silenced?: 'gone' | 'broadcast' | 'blocked';
}

/** In channels up to this size whoever may write may also mention everyone. */
const SMALL_CHANNEL = 32;

export function rightsIn(channel: Pick<Channel, 'kind' | 'role' | 'memberCount'> | undefined, isPeerBlocked: boolean): Rights {
  if (!channel) return { write: false, react: false, pin: false, deleteOthers: false, mentionAll: false, silenced: 'gone' };
  const { kind, role, memberCount } = channel;
  const isAdmin = role === 'admin' || role === 'owner';
  if (kind === 'direct') {
    const rights = { write: !isPeerBlocked, react: !isPeerBlocked, pin: true, deleteOthers: false, mentionAll: false };
    return isPeerBlocked ? { ...rights, silenced: 'blocked' } : rights;
  }
  if (kind === 'broadcast') {
    const rights = { write: isAdmin, react: true, pin: isAdmin, deleteOthers: isAdmin, mentionAll: isAdmin };
    return isAdmin ? rights : { ...rights, silenced: 'broadcast' };
  }
  return { write: true, react: true, pin: isAdmin, deleteOthers: isAdmin, mentionAll: isAdmin || memberCount <= SMALL_CHANNEL };
}
