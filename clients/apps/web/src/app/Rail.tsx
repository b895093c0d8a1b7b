import { selectAccount } from '@rialto/core';
import type { ReactNode } from 'react';

import { useTotalUnread } from '../channels/rows.ts';
import { useT } from '../i18n/texts.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { useRialtoState } from './rialto.tsx';
import type { Route } from './route.ts';
import { Link } from './router.tsx';
import styles from './Rail.module.css';

export function Rail({ route, onHelp }: { route: Route; onHelp: () => void }) {
  const t = useT();
  const account = useRialtoState(selectAccount);
  const { channels } = useTotalUnread();
  const section = route.page === 'settings' ? (route.section === 'profile' ? 'me' : 'settings') : 'chats';
  const name = account?.displayName ?? account?.username ?? '';
  return (
    <nav className={styles.rail} aria-label={t('rail.name')}>
      <Stop to={{ page: 'channels' }} icon="chats" label={t('rail.chats')} isHere={section === 'chats'}>
        {channels > 0 && (
          <>
            <span className={styles.dot} aria-hidden="true" />
            <span className="hidden-visually">{t('rail.unread', { count: channels })}</span>
          </>
        )}
      </Stop>
      <Stop to={{ page: 'settings' }} icon="settings" label={t('rail.settings')} isHere={section === 'settings'} />
      <button type="button" className={styles.stop} onClick={onHelp} data-help aria-keyshortcuts="?">
        <Icon name="help" size={24} />
        <span>{t('rail.help')}</span>
      </button>
      <Link to={{ page: 'settings', section: 'profile' }} className={styles.stop} aria-current={section === 'me' ? 'page' : undefined}>
        <Avatar id={account?.user ?? ''} name={name} size={32} />
        <span className={styles.me}>{t('rail.me')}</span>
      </Link>
    </nav>
  );
}

function Stop({ to, icon, label, isHere, children }: { to: Route; icon: IconName; label: string; isHere: boolean; children?: ReactNode }) {
  return (
    <Link to={to} className={styles.stop} aria-current={isHere ? 'page' : undefined}>
      <Icon name={icon} size={24} />
      <span>{label}</span>
      {children}
    </Link>
  );
}
