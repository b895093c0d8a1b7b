// The panes: rail, list, what is open, details of it.

import { useT } from '../i18n/texts.ts';
import { ChannelList } from '../channels/ChannelList.tsx';
import { ChannelPane } from '../channels/ChannelPane.tsx';
import { Rail } from './Rail.tsx';
import { useRoute } from './router.tsx';
import { SkipLink } from './SkipLink.tsx';
import styles from './Shell.module.css';

export function Shell() {
  const route = useRoute();
  return (
    <>
      <SkipLink />
      <div className={styles.shell} data-open={route.page}>
        <Rail route={route} />
        <ChannelList route={route} />
        <main className={styles.main} id="main" tabIndex={-1}>
          {route.page === 'channel' ? <ChannelPane key={route.channel} {...route} /> : <Nothing />}
        </main>
      </div>
    </>
  );
}

function Nothing() {
  const t = useT();
  return (
    <div className={styles.nothing}>
      <h1>{t('main.choose')}</h1>
    </div>
  );
}
