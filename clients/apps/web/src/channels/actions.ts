// What one can do with a channel for oneself: in the row's menu, and in the details.

import type { ChannelRow, Rialto } from '@rialto/core';
import { useMemo } from 'react';

import { faultText } from '../i18n/faults.ts';
import { texts } from '../i18n/texts.ts';
import { useLanguage } from '../i18n/language.ts';
import type { MenuItem } from '../ui/Menu.tsx';
import { toast } from '../ui/toast.tsx';

/** Does it, and says in passing when it could not be done. */
export function tryTo(work: Promise<unknown>): void {
  work.catch((error: { code?: string }) => toast(faultText(texts.t, { code: error.code ?? 'client.fault' })));
}

/** Everything in a channel is read. */
export function readAll(rialto: Rialto, channel: string): void {
  const { channels, messages } = rialto.store.getState();
  const head = Math.max(channels.byId[channel]?.told.head ?? 0, messages.logs[channel]?.have ?? 0);
  if (head > 0) rialto.messages.see(channel, head);
}

export function useChannelActions(rialto: Rialto, { id, unread, isMuted, isPinned, isArchived }: ChannelRow): MenuItem[] {
  const language = useLanguage();
  const isUnread = unread.messages > 0;
  return useMemo(() => {
    const { t } = texts;
    const { channels } = rialto;
    return [
      ...(isUnread ? [{ label: t('action.readAll'), icon: 'check' as const, onSelect: () => readAll(rialto, id) }] : []),
      { label: t(isPinned ? 'action.unpin' : 'action.pin'), icon: 'pin', onSelect: () => tryTo(channels.pin(id, !isPinned)) },
      { label: t(isMuted ? 'action.unmute' : 'action.mute'), icon: isMuted ? 'bell' : 'bellOff', onSelect: () => tryTo(channels.mute(id, !isMuted)) },
      { label: t(isArchived ? 'action.unarchive' : 'action.archive'), icon: 'archive', onSelect: () => tryTo(channels.archive(id, !isArchived)) },
    ];
  }, [rialto, id, isUnread, isMuted, isPinned, isArchived, language]);
}
