// Why the server (or this device) did not do something, in words that help.

import type { Fault } from '@rialto/core';
import { useCallback } from 'react';

import { useWords, type WordKey } from './words.ts';

const KNOWN: Record<string, WordKey> = {
  'message.too_long': 'fault.tooLong',
  'message.empty': 'fault.empty',
  'message.deleted': 'fault.deleted',
  'message.unknown': 'fault.unknownMessage',
  'message.mention_all_denied': 'fault.mentionAll',
  'message.mentions_invalid': 'fault.mentions',
  'message.too_many_reactions': 'fault.reactions',
  'message.too_many_pins': 'fault.pins',
  'user.blocked': 'fault.blocked',
  'channel.role_too_low': 'fault.role',
  'channel.not_a_member': 'fault.gone',
  'channel.unknown': 'fault.gone',
  'client.offline': 'fault.offline',
  'client.outcome_unknown': 'fault.offline',
  'client.storage_failed': 'fault.storage',
  'limit.exceeded': 'fault.tooFast',
};

export function useReason(): (fault: Pick<Fault, 'code'> | undefined) => string {
  const t = useWords();
  return useCallback((fault) => t(KNOWN[fault?.code ?? ''] ?? 'fault.other'), [t]);
}
