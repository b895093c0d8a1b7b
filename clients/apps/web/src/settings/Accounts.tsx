// Several accounts on one device: which there are, another one, and going on as somebody else.

import { useState } from 'react';

import { SignInForms } from '../accounts/SignIn.tsx';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { navigate } from '../app/router.tsx';
import { tryTo } from '../channels/actions.ts';
import { useT } from '../i18n/texts.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import styles from './Settings.module.css';

export function Accounts() {
  const t = useT();
  const rialto = useRialto();
  const accounts = useRialtoState((state) => state.session.accounts);
  const me = useRialtoState((state) => state.session.user);
  const [isAdding, setAdding] = useState(false);
  const home = () => navigate({ page: 'channels' });
  return (
    <section className={styles.part}>
      <p>{t('accounts.what')}</p>
      <ul className={styles.rows}>
        {accounts.map(({ user, displayName, username }) => {
          const name = displayName ?? username ?? t('person.unnamed');
          return (
            <li key={user}>
              <Avatar id={user} name={name} size={40} />
              <div>
                <bdi>{name}</bdi>
                <small>{username ? <bdi>@{username}</bdi> : t('profile.anonymous')}</small>
              </div>
              {user === me ? (
                <span>{t('accounts.current')}</span>
              ) : (
                <Button onClick={() => tryTo(rialto.accounts.choose(user).then(home))} aria-label={t('accounts.chooseOf', { name })}>
                  {t('accounts.choose')}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <Button icon="add" onClick={() => setAdding(true)}>
        {t('accounts.add')}
      </Button>
      {isAdding && (
        <Dialog title={t('accounts.add')} onClose={() => setAdding(false)}>
          <SignInForms onDone={home} />
        </Dialog>
      )}
    </section>
  );
}
