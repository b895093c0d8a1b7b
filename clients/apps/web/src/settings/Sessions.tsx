// Where one is logged in, and the end of that.

import { useEffect, useState } from 'react';

import { useNow } from '../app/clock.ts';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { ago } from '../i18n/time.ts';
import { Button } from '../ui/Button.tsx';
import { Confirm } from '../ui/Confirm.tsx';
import { Icon } from '../ui/Icon.tsx';
import styles from './Settings.module.css';

export function Sessions() {
  const t = useT();
  const rialto = useRialto();
  const now = useNow();
  const sessions = useRialtoState((state) => state.session.sessions);
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const [ending, setEnding] = useState<string>();
  useEffect(() => {
    if (isLive) rialto.accounts.listSessions().catch(() => {});
  }, [isLive, rialto]);
  if (!sessions) return <p>{isLive ? '' : t('settings.offline')}</p>;
  const done = () => setEnding(undefined);
  return (
    <section className={styles.part}>
      <p>{t('sessions.what')}</p>
      <ul className={styles.rows}>
        {[...sessions]
          .sort((one, other) => Number(other.current) - Number(one.current))
          .map(({ id, client, current, used_at }) => (
            <li key={id}>
              <Icon name="device" />
              <div>
                <bdi>{client || t('sessions.unnamed')}</bdi>
                <small>{current ? t('sessions.current') : t('sessions.used', { when: ago(used_at, now) })}</small>
              </div>
              {!current && (
                <Button onClick={() => setEnding(id)} aria-label={t('sessions.endOf', { name: client })}>
                  {t('sessions.end')}
                </Button>
              )}
            </li>
          ))}
      </ul>
      {sessions.length > 1 && (
        <Button look="danger" onClick={() => setEnding('others')}>
          {t('sessions.endOthers')}
        </Button>
      )}
      {ending !== undefined && (
        <Confirm
          title={ending === 'others' ? t('sessions.endOthers') : t('sessions.end')}
          text={t('sessions.end.what')}
          action={t('sessions.end')}
          work={() => (ending === 'others' ? rialto.accounts.revokeOtherSessions() : rialto.accounts.revokeSession(ending)).then(done)}
          onClose={done}
        />
      )}
    </section>
  );
}
