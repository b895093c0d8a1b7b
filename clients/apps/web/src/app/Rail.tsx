import { useT } from '../i18n/texts.ts';
import type { Route } from './route.ts';
import { Link } from './router.tsx';
import styles from './Rail.module.css';

export function Rail({ route }: { route: Route }) {
  const t = useT();
  const isSettings = route.page === 'settings';
  return (
    <nav className={styles.rail} aria-label={t('rail.name')}>
      <Link to={{ page: 'channels' }} aria-current={isSettings ? undefined : 'page'}>
        {t('rail.chats')}
      </Link>
      <Link to={{ page: 'settings' }} aria-current={isSettings ? 'page' : undefined}>
        {t('rail.settings')}
      </Link>
    </nav>
  );
}
