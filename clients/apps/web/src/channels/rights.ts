// What a role permits, as the server decides it (`allow` in the domain crate): views offer nothing that it would refuse.

import type { ChannelKind, Role } from '@rialto/core';

export type Right = 'write' | 'invite' | 'remove' | 'changeRole' | 'update' | 'delete' | 'leave';

const POWER: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

export const outranks = (one: Role, other: Role): boolean => POWER[one] > POWER[other];

export function may(right: Right, { kind, role }: { kind: ChannelKind; role: Role }): boolean {
  const lowest = lowestRole(right, kind);
  return lowest !== undefined && POWER[role] >= POWER[lowest];
}

/** Nobody may it where there is none. */
function lowestRole(right: Right, kind: ChannelKind): Role | undefined {
  if (kind === 'direct') return right === 'write' ? 'member' : undefined;
  switch (right) {
    case 'leave':
      return 'member';
    case 'write':
    case 'invite':
      return kind === 'group' ? 'member' : 'admin';
    case 'remove':
    case 'update':
      return 'admin';
    case 'changeRole':
    case 'delete':
      return 'owner';
  }
}
