// The title of the page: what is open, and how much is unread.

import { selectTitle } from '@rialto/core';
import { useEffect } from 'react';

import { useTotalUnread } from '../channels/rows.ts';
import { useT } from '../i18n/texts.ts';
import { useRialtoState } from './rialto.tsx';
import { useRoute } from './router.tsx';

export function useDocumentTitle(): void {
  const t = useT();
  const route = useRoute();
  const { messages, mentions } = useTotalUnread();
  const title = useRialtoState((state) => (route.page === 'channel' ? selectTitle(state, route.channel) : ''));
  // A muted or archived channel counts only where it calls one.
  const unread = Math.max(messages, mentions);
  const page = route.page === 'settings' ? t('rail.settings') : title;
  const name = page ? `${page} · ${t('app.name')}` : t('app.name');
  useEffect(() => {
    document.title = unread > 0 ? t('title.unread', { count: unread, name }) : name;
  }, [unread, name, t]);
  useEffect(
    () => () => {
      document.title = t('app.name');
    },
    [t],
  );
}
