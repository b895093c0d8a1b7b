// The title of the page: what is open, and how much is unread.

import { selectTitle } from '@rialto/core';
import { useEffect, useRef } from 'react';

import { useTotalUnread } from '../channels/rows.ts';
import { useT } from '../i18n/texts.ts';
import { useRialtoState } from './rialto.tsx';
import { useRoute } from './router.tsx';

/** Messages come and are read many times a second; a number that changes so often is nothing that anybody reads. */
const AGAIN_AFTER_MS = 1000;

export function useDocumentTitle(): void {
  const t = useT();
  const route = useRoute();
  const { messages, mentions } = useTotalUnread();
  const title = useRialtoState((state) => (route.page === 'channel' ? selectTitle(state, route.channel) : ''));
  // A muted or archived channel counts only where it calls one.
  const unread = Math.max(messages, mentions);
  const page = route.page === 'settings' ? t('rail.settings') : title;
  const name = page ? `${page} · ${t('app.name')}` : t('app.name');
  const shown = useRef({ name: '', at: -Infinity });
  useEffect(() => {
    const isOtherPage = shown.current.name !== name;
    const show = () => {
      shown.current = { name, at: performance.now() };
      document.title = unread > 0 ? t('title.unread', { count: unread, name }) : name;
    };
    // In a task of its own: the browser tells the system, and what is to be painted need not wait for that.
    const timer = setTimeout(show, isOtherPage ? 0 : Math.max(0, shown.current.at + AGAIN_AFTER_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [unread, name, t]);
  useEffect(
    () => () => {
      document.title = t('app.name');
    },
    [t],
  );
}
