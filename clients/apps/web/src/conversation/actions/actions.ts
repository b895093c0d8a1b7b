// What can be done with a message, in the order in which it is offered.

import type { MessageRow } from '@rialto/core';

import type { Rights } from '../rights.ts';

export type Action = 'retry' | 'discard' | 'reply' | 'react' | 'edit' | 'copy' | 'forward' | 'pin' | 'unpin' | 'info' | 'delete';

export function actionsOn(row: MessageRow, rights: Rights): Action[] {
  const text = textOf(row);
  if (row.mark === 'failed') return ['retry', ...(text ? (['copy'] as const) : []), 'discard'];
  // On its way there is nothing at the server yet that one could refer to.
  if (row.seq === undefined) return text ? ['copy'] : [];
  if (row.isDeleted) return ['delete'];
  const actions: [Action, boolean][] = [
    ['reply', rights.write],
    ['react', rights.react],
    ['edit', rights.write && row.isMine && text !== undefined && row.forwardedFrom === undefined],
    ['copy', text !== undefined],
    ['forward', true],
    [row.isPinned ? 'unpin' : 'pin', rights.pin],
    ['info', row.isMine],
    ['delete', true],
  ];
  return actions.flatMap(([action, isPossible]) => (isPossible ? action : []));
}

/** The text, if it is one. */
export function textOf({ body }: Pick<MessageRow, 'body'>): string | undefined {
  return body && 'text' in body ? body.text : undefined;
}

/** May it be deleted for everyone? For oneself it always may. */
export const isDeletableForAll = (row: MessageRow, rights: Rights): boolean => !row.isDeleted && (row.isMine || rights.deleteOthers);
