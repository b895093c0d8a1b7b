// The door: sign in, make an account, start at once without one, or come back with a recovery key.

import { useRef, useState, type ReactNode } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { faultText } from '../i18n/faults.ts';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { Field, FormError, PasswordField } from '../ui/Field.tsx';
import { UsernameField } from '../ui/UsernameField.tsx';
import { LanguageSelect } from './LanguageSelect.tsx';
import { keepRecoveryKey } from './recovery.ts';
import styles from './SignIn.module.css';

type Way = 'signIn' | 'register' | 'instant' | 'recovery';

export function SignIn() {
  const t = useT();
  const fault = useRialtoState((state) => state.session.fault);
  return (
    <main className={styles.page} id="main" tabIndex={-1}>
      <div className={styles.card}>
        <img src="/icon.svg" alt="" width={56} height={56} className={styles.logo} />
        <h1>{t('app.name')}</h1>
        {fault && <FormError text={faultText(t, fault)} />}
        <KnownAccounts />
        <SignInForms />
        <LanguageSelect />
      </div>
    </main>
  );
}

/** Forms without a page around them, to add another account as well. */
export function SignInForms({ onDone }: { onDone?: () => void }) {
  const t = useT();
  const [way, setWay] = useState<Way>('signIn');
  const ref = useRef<HTMLDivElement>(null);
  const choose = (next: Way) => {
    setWay(next);
    // The button is gone; the new form begins at its first field.
    requestAnimationFrame(() => ref.current?.querySelector('input')?.focus());
  };
  const others = (['signIn', 'register', 'instant', 'recovery'] as const).filter((it) => it !== way);
  const done = onDone ?? (() => {});
  return (
    <div ref={ref} className={styles.forms}>
      {way === 'signIn' && <PasswordForm onDone={done} />}
      {way === 'register' && <RegisterForm onDone={done} />}
      {way === 'instant' && <InstantForm onDone={done} />}
      {way === 'recovery' && <RecoveryForm onDone={done} />}
      <div className={styles.ways}>
        {others.map((other) => (
          <Button key={other} look="quiet" onClick={() => choose(other)}>
            {t(`signIn.way.${other}`)}
          </Button>
        ))}
      </div>
    </div>
  );
}

interface FormProps {
  onDone: () => void;
}

function Form({ title, action, attempt, work, children }: { title: string; action: string; attempt: ReturnType<typeof useAttempt>; work: () => Promise<unknown>; children: ReactNode }) {
  return (
    <form className={styles.form} onSubmit={attempt.submit(work)} aria-label={title} noValidate>
      <h2>{title}</h2>
      {children}
      <FormError text={attempt.errors.form} />
      <Button type="submit" look="primary" isBusy={attempt.isBusy}>
        {action}
      </Button>
    </form>
  );
}

function PasswordForm({ onDone }: FormProps) {
  const t = useT();
  const rialto = useRialto();
  const attempt = useAttempt({ 'auth.wrong_credentials': 'password', 'account.username_invalid': 'username' });
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Form title={t('signIn.way.signIn')} action={t('signIn.way.signIn')} attempt={attempt} work={() => rialto.accounts.logIn({ username: username.trim(), password }).then(onDone)}>
      <UsernameField autoComplete="username" required value={username} onChange={(event) => setUsername(event.target.value)} error={attempt.errors.username} />
      <PasswordField label={t('field.password')} name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} error={attempt.errors.password} />
    </Form>
  );
}

function RegisterForm({ onDone }: FormProps) {
  const t = useT();
  const rialto = useRialto();
  const attempt = useAttempt({
    'account.username_taken': 'username',
    'account.username_invalid': 'username',
    'account.password_invalid': 'password',
    'account.display_name_invalid': 'displayName',
  });
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const register = async () => {
    const name = displayName.trim();
    await rialto.accounts.register({ username: username.trim(), password, ...(name && { displayName: name }) });
    onDone();
  };
  return (
    <Form title={t('signIn.way.register')} action={t('signIn.way.register')} attempt={attempt} work={register}>
      <UsernameField
        hint={t('field.username.hint')}
        autoComplete="username"
        required
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={attempt.errors.username}
      />
      <Field label={t('field.displayName')} hint={t('field.displayName.hint')} name="displayName" autoComplete="name" value={displayName} onChange={(event) => setDisplayName(event.target.value)} error={attempt.errors.displayName} />
      <PasswordField
        label={t('field.password')}
        hint={t('field.password.hint')}
        name="password"
        autoComplete="new-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={attempt.errors.password}
      />
    </Form>
  );
}

function InstantForm({ onDone }: FormProps) {
  const t = useT();
  const rialto = useRialto();
  const attempt = useAttempt({ 'account.display_name_invalid': 'displayName' });
  const [displayName, setDisplayName] = useState('');
  return (
    <Form title={t('signIn.way.instant')} action={t('signIn.start')} attempt={attempt} work={() => rialto.accounts.registerInstantly(displayName.trim() || undefined).then(onDone)}>
      <p>{t('signIn.instant.hint')}</p>
      <Field label={t('field.displayName')} name="displayName" autoComplete="name" value={displayName} onChange={(event) => setDisplayName(event.target.value)} error={attempt.errors.displayName} />
    </Form>
  );
}

function RecoveryForm({ onDone }: FormProps) {
  const t = useT();
  const rialto = useRialto();
  const attempt = useAttempt({ 'auth.wrong_credentials': 'recoveryKey' });
  const [recoveryKey, setRecoveryKey] = useState('');
  const logIn = async () => {
    const { user } = await rialto.accounts.logIn({ recoveryKey: recoveryKey.trim() });
    // Who has typed it has it.
    keepRecoveryKey(user);
    onDone();
  };
  return (
    <Form title={t('signIn.way.recovery')} action={t('signIn.way.signIn')} attempt={attempt} work={logIn}>
      <PasswordField
        label={t('field.recoveryKey')}
        name="recoveryKey"
        autoComplete="off"
        required
        value={recoveryKey}
        onChange={(event) => setRecoveryKey(event.target.value)}
        error={attempt.errors.recoveryKey && t('signIn.recovery.wrong')}
      />
    </Form>
  );
}

/** Who is still logged in on this device. */
function KnownAccounts() {
  const t = useT();
  const rialto = useRialto();
  const accounts = useRialtoState((state) => state.session.accounts);
  const { attempt, errors } = useAttempt();
  if (accounts.length === 0) return null;
  return (
    <section aria-label={t('signIn.known')} className={styles.known}>
      {accounts.map(({ user, displayName, username }) => (
        <Button key={user} onClick={() => void attempt(() => rialto.accounts.choose(user))}>
          <Avatar id={user} name={displayName ?? username ?? ''} size={28} />
          <bdi>{displayName ?? username ?? t('person.unnamed')}</bdi>
        </Button>
      ))}
      <FormError text={errors.form} />
    </section>
  );
}
