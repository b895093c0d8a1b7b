// What people see of a message of their own.

import type { Folded } from '../protocol/generated.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Places } from '../store/positions.ts';

/**
 * `sending`: on this device, and safe there · `received`: the server has it · `stored`: it is on the server's disk ·
 * `delivered`, `read`: to and by every member. `failed`: the server refused it. A mark never goes back.
 */
export type Mark = 'failed' | 'sending' | 'received' | 'stored' | 'delivered' | 'read';

export function markOfOutgoing({ state }: Outgoing): Mark {
  switch (state) {
    case 'waiting':
      return 'sending';
    case 'received':
      return 'received';
    case 'failed':
      return 'failed';
  }
}

export function markOf(message: Pick<Folded, 'seq'>, places: Places | undefined): Mark {
  if (!places) return 'stored';
  if (places.all.read >= message.seq) return 'read';
  if (places.all.delivered >= message.seq) return 'delivered';
  return 'stored';
}
