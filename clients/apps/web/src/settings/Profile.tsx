// Who one is: name shown, user name, password, recovery key, and the way out.

import { selectAccount, type Account } from '@rialto/core';
import { useState } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { navigate } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { Confirm } from '../ui/Confirm.tsx';
import { CopyField } from '../ui/CopyField.tsx';
import { Field, FormError, PasswordField } from '../ui/Field.tsx';
import { toast } from '../ui/toast.tsx';
import { UsernameField } from '../ui/UsernameField.tsx';
import styles from './Settings.module.css';

export function Profile() {
  const t = useT();
  const account = useRialtoState(selectAccount);
  if (!account) return null;
  const name = account.displayName ?? account.username ?? t('person.unnamed');
  return (
    <>
      <section className={styles.part}>
        <div className={styles.whoami}>
          <Avatar id={account.user} name={name} size={64} />
          <div>
            <bdi>{name}</bdi>
            <bdi>{account.username ? `@${account.username}` : t('profile.anonymous')}</bdi>
          </div>
        </div>
        <Rename account={account} />
      </section>
      {account.username ? (
        <Password />
      ) : (
        <>
          <Claim />
          {account.recoveryKey && (
            <section className={styles.part}>
              <h2>{t('recovery.title')}</h2>
              <p>{t('recovery.why')}</p>
              <RecoveryKey value={account.recoveryKey} />
            </section>
          )}
        </>
      )}
      <SignOut />
    </>
  );
}

function Rename({ account }: { account: Account }) {
  const t = useT();
  const rialto = useRialto();
  const [name, setName] = useState(account.displayName ?? '');
  const { submit, isBusy, errors } = useAttempt({ 'account.display_name_invalid': 'displayName' });
  return (
    <form className={styles.part} noValidate onSubmit={submit(() => rialto.accounts.rename(name.trim()).then(() => toast(t('settings.saved'))))}>
      <Field label={t('field.displayName')} name="displayName" autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} error={errors.displayName} />
      <FormError text={errors.form} />
      <Button type="submit" isBusy={isBusy}>
        {t('dialog.save')}
      </Button>
    </form>
  );
}

function Claim() {
  const t = useT();
  const rialto = useRialto();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { submit, isBusy, errors } = useAttempt({ 'account.username_taken': 'username', 'account.username_invalid': 'username', 'account.password_invalid': 'password' });
  return (
    <section className={styles.part}>
      <h2>{t('claim.title')}</h2>
      <p>{t('claim.why')}</p>
      <form className={styles.part} noValidate onSubmit={submit(() => rialto.accounts.claim(username.trim(), password).then(() => toast(t('settings.saved'))))}>
        <UsernameField hint={t('field.username.hint')} autoComplete="username" value={username} onChange={(event) => setUsername(event.target.value)} error={errors.username} />
        <PasswordField label={t('field.password')} hint={t('field.password.hint')} name="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} error={errors.password} />
        <FormError text={errors.form} />
        <Button type="submit" look="primary" isBusy={isBusy}>
          {t('claim.action')}
        </Button>
      </form>
    </section>
  );
}

function Password() {
  const t = useT();
  const rialto = useRialto();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const { submit, isBusy, errors } = useAttempt({ 'auth.wrong_credentials': 'old', 'account.password_invalid': 'new' });
  const change = async () => {
    await rialto.accounts.changePassword(old, next);
    setOld('');
    setNext('');
    toast(t('password.changed'));
  };
  return (
    <section className={styles.part}>
      <h2>{t('password.title')}</h2>
      <p>{t('password.what')}</p>
      <form className={styles.part} noValidate onSubmit={submit(change)}>
        <PasswordField label={t('password.old')} name="old" autoComplete="current-password" value={old} onChange={(event) => setOld(event.target.value)} error={errors.old} />
        <PasswordField label={t('password.new')} hint={t('field.password.hint')} name="new" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} error={errors.new} />
        <FormError text={errors.form} />
        <Button type="submit" isBusy={isBusy}>
          {t('password.change')}
        </Button>
      </form>
    </section>
  );
}

function RecoveryKey({ value }: { value: string }) {
  const t = useT();
  const [isShown, setShown] = useState(false);
  return isShown ? <CopyField label={t('field.recoveryKey')} value={value} /> : <Button onClick={() => setShown(true)}>{t('recovery.show')}</Button>;
}

function SignOut() {
  const t = useT();
  const rialto = useRialto();
  const account = useRialtoState(selectAccount);
  const unsent = useRialtoState((state) => state.outbox.length);
  const [isAsked, setAsked] = useState(false);
  // What is lost with it is told before: unsent messages, and an account that only this device opens.
  const lost = [
    ...(unsent > 0 ? [t('signOut.unsent', { count: unsent })] : []),
    ...(account && !account.username ? [t('signOut.anonymous')] : []),
    t('signOut.what'),
  ];
  const leave = async () => {
    await rialto.accounts.logOut();
    navigate({ page: 'channels' }, { replace: true });
  };
  return (
    <section className={styles.part}>
      <Button icon="leave" look="danger" onClick={() => setAsked(true)}>
        {t('signOut.action')}
      </Button>
      {isAsked && <Confirm title={t('signOut.sure')} text={lost.join(' ')} action={t('signOut.action')} work={leave} onClose={() => setAsked(false)} />}
    </section>
  );
}
