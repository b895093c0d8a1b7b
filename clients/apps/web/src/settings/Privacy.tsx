// Who sees what of one, on all of one's devices; and whom one blocks.

import { selectProfile, type Audience, type Settings } from '@rialto/core';
import { useEffect } from 'react';

import { tryTo } from '../channels/actions.ts';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/Field.tsx';
import styles from './Settings.module.css';

const ABOUT = ['presence', 'last_seen', 'typing'] as const satisfies readonly (keyof Settings)[];
/** What the server takes when nothing was set. */
const UNSET: Audience = 'contacts';

export function Privacy() {
  const t = useT();
  const rialto = useRialto();
  const account = useRialtoState((state) => state.settings.account);
  const options = (['contacts', 'nobody'] as const).map((value) => ({ value, label: t(`privacy.${value}`) }));
  return (
    <>
      <section className={styles.part}>
        {account ? (
          ABOUT.map((about) => (
            <Select
              key={about}
              label={t(`privacy.${about}`)}
              value={account[about] ?? UNSET}
              options={options}
              // The server replaces all of them at once.
              onChoose={(chosen) => tryTo(rialto.accounts.setSettings({ ...account, [about]: chosen }))}
            />
          ))
        ) : (
          <p>{t('settings.offline')}</p>
        )}
      </section>
      <Blocked />
    </>
  );
}

function Blocked() {
  const t = useT();
  const rialto = useRialto();
  const blocked = useRialtoState((state) => state.people.blocked);
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  useEffect(() => {
    if (isLive) rialto.people.listBlocked().catch(() => {});
  }, [isLive, rialto]);
  return (
    <section className={styles.part}>
      <h2>{t('block.list')}</h2>
      {!blocked ? (
        <p>{isLive ? '' : t('settings.offline')}</p>
      ) : blocked.length === 0 ? (
        <p>{t('block.none')}</p>
      ) : (
        <ul className={styles.rows}>
          {blocked.map((user) => (
            <BlockedRow key={user} user={user} />
          ))}
        </ul>
      )}
    </section>
  );
}

function BlockedRow({ user }: { user: string }) {
  const t = useT();
  const rialto = useRialto();
  const profile = useRialtoState((state) => selectProfile(state, user));
  useEffect(() => {
    if (!profile) rialto.people.load([user]).catch(() => {});
  }, [profile, user, rialto]);
  const name = profile?.display_name ?? t('person.unnamed');
  return (
    <li>
      <Avatar id={user} name={name} size={36} />
      <bdi>{name}</bdi>
      <Button onClick={() => tryTo(rialto.people.block(user, false))} aria-label={t('block.endOf', { name })}>
        {t('block.end')}
      </Button>
    </li>
  );
}
