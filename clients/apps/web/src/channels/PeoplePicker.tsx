// People are found by their exact user name: nobody can be found by guessing around.

import { RialtoError, type Profile } from '@rialto/core';
import { useState, type KeyboardEvent } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { UsernameField } from '../ui/UsernameField.tsx';
import { announce } from '../ui/announce.tsx';
import styles from './PeoplePicker.module.css';

export function PeoplePicker({ chosen, onChange }: { chosen: readonly Profile[]; onChange: (chosen: Profile[]) => void }) {
  const t = useT();
  const rialto = useRialto();
  const me = useRialtoState((state) => state.session.user);
  const [username, setUsername] = useState('');
  const { attempt, isBusy, errors } = useAttempt({ 'user.unknown': 'username', 'user.oneself': 'username' });
  const add = () =>
    attempt(async () => {
      const found = await rialto.people.find(plainName(username));
      if (found.id === me) throw new RialtoError('user.oneself', 'one is a member anyway');
      if (!chosen.some(({ id }) => id === found.id)) onChange([...chosen, found]);
      announce(t('people.added', { name: found.display_name }));
      setUsername('');
    });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      if (username.trim()) void add();
    }
    if (event.key === 'Backspace' && username === '' && chosen.length > 0) onChange(chosen.slice(0, -1));
  };
  return (
    <div className={styles.picker}>
      {chosen.length > 0 && (
        <ul className={styles.chosen} aria-label={t('people.chosen')}>
          {chosen.map((person) => (
            <li key={person.id}>
              <Avatar id={person.id} name={person.display_name} size={24} />
              <bdi>{person.display_name}</bdi>
              <IconButton icon="close" label={t('people.remove', { name: person.display_name })} onClick={() => onChange(chosen.filter(({ id }) => id !== person.id))} />
            </li>
          ))}
        </ul>
      )}
      <div className={styles.add}>
        <UsernameField
          label={t('people.add')}
          hint={t('people.exact')}
          name="person"
          value={username}
          onChange={(event) => setUsername(event.target.value)}
          onKeyDown={onKeyDown}
          error={errors.username ?? errors.form}
        />
        <Button icon="add" isBusy={isBusy} onClick={() => username.trim() && void add()}>
          {t('people.addOne')}
        </Button>
      </div>
    </div>
  );
}

/** `@ana` is what people write of `ana`. */
export const plainName = (typed: string): string => typed.trim().replace(/^@/, '');
