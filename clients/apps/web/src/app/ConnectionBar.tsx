// A thin bar that says how it stands with the connection. A short loss is nobody's business.

import { selectWaitingCount, type Connection } from '@rialto/core';
import { useEffect, useState } from 'react';

import { faultText } from '../i18n/faults.ts';
import type { Translate } from '../i18n/language.ts';
import { useT, type TextKey } from '../i18n/texts.ts';
import { announce } from '../ui/announce.tsx';
import { Icon } from '../ui/Icon.tsx';
import { useRialtoState } from './rialto.tsx';
import styles from './ConnectionBar.module.css';

const SILENT_MS = 2000;

export function ConnectionBar() {
  const t = useT();
  const connection = useRialtoState((state) => state.connection);
  const waiting = useRialtoState(selectWaitingCount);
  const isLive = connection.phase === 'live';
  const isLate = useLate(!isLive, SILENT_MS);
  const isShown = connection.phase === 'refused' || (isLate && !isLive);
  const text = isShown ? [stateText(t, connection), ...(waiting > 0 ? [t('connection.waiting', { count: waiting })] : [])].join(' · ') : '';
  const kind = isShown ? connection.phase : undefined;
  useEffect(() => {
    if (!kind) return undefined;
    announce(text);
    return () => announce(t('connection.back'));
    // Told when it begins and when it ends, not with each attempt and each message.
  }, [kind !== undefined]);
  if (!isShown) return null;
  return (
    <section className={styles.bar} aria-label={t('connection.name')} data-refused={connection.phase === 'refused' || undefined}>
      <Icon name="info" size={16} />
      <span>{text}</span>
      {connection.phase === 'refused' && (
        <button type="button" onClick={() => location.reload()}>
          {t('connection.reload')}
        </button>
      )}
    </section>
  );
}

function stateText(t: Translate<TextKey>, connection: Connection): string {
  switch (connection.phase) {
    case 'offline':
      return t('connection.offline');
    case 'refused':
      return faultText(t, connection.fault);
    case 'live':
    case 'idle':
    case 'connecting':
    case 'renewing':
    case 'waiting':
      // It goes on trying all the same: what a browser knows of the network is a hint.
      return t(navigator.onLine ? 'connection.connecting' : 'connection.offline');
  }
}

/** Whether it has been so for a while. */
function useLate(isSo: boolean, afterMs: number): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!isSo) {
      setLate(false);
      return undefined;
    }
    const timer = setTimeout(() => setLate(true), afterMs);
    return () => clearTimeout(timer);
  }, [isSo, afterMs]);
  return isLate;
}
