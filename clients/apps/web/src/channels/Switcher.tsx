// Goes to a channel, or to a person, by a few letters: a field, and a list that arrow keys walk while one types.

import type { ChannelId } from '@rialto/core';
import { useId, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';

import { useRialto } from '../app/rialto.tsx';
import { navigate } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FormError } from '../ui/Field.tsx';
import { Icon } from '../ui/Icon.tsx';
import { plainName } from './PeoplePicker.tsx';
import { filterRows, useRows } from './rows.ts';
import styles from './Switcher.module.css';

const SHOWN = 12;
const USERNAME = /^[a-z][a-z0-9._-]{2,31}$/i;

type Option = { key: string; avatar: string; name: string; hint?: string; icon?: 'person'; find: () => Promise<ChannelId> };

export function Switcher({ onClose }: { onClose: () => void }) {
  const t = useT();
  const rialto = useRialto();
  const rows = useRows();
  const id = useId();
  const { attempt, errors } = useAttempt();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);

  const unreadFirst = query ? rows : [...rows].sort((one, other) => Number(other.unread.messages > 0) - Number(one.unread.messages > 0));
  const found = filterRows(unreadFirst, 'all', query, undefined).slice(0, SHOWN);
  const username = plainName(query);
  const options: Option[] = [
    ...found.map((row) => ({
      key: row.id,
      avatar: row.peer ?? row.id,
      name: row.title || t('person.unnamed'),
      ...(row.unread.messages > 0 && { hint: t('row.unread', { count: row.unread.messages }) }),
      find: async () => row.id,
    })),
    ...(USERNAME.test(username)
      ? [
          {
            key: 'person',
            avatar: '',
            name: t('switcher.person', { name: `@${username}` }),
            icon: 'person' as const,
            find: async () => {
              const { id: user } = await rialto.people.find(username);
              return rialto.channels.direct(user);
            },
          },
        ]
      : []),
  ];
  const active = Math.min(at, options.length - 1);
  const choose = (option: Option | undefined) => {
    if (!option) return;
    void attempt(async () => {
      const channel = await option.find();
      // The field of the conversation takes the focus, which it cannot before the dialog has gone.
      flushSync(onClose);
      navigate({ page: 'channel', channel });
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length > 0) setAt((active + step + options.length) % options.length);
    else if (event.key === 'Enter') choose(options[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('switcher.title')} isHigh onClose={onClose}>
      <input
        className={styles.input}
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={options[active] ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        aria-label={t('switcher.label')}
        placeholder={t('switcher.label')}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <FormError text={errors.form} />
      <ul id={`${id}-list`} role="listbox" aria-label={t('switcher.found')} className={styles.list}>
        {options.map((option, index) => (
          <li key={option.key} id={`${id}-${index}`} role="option" aria-selected={index === active} onClick={() => choose(option)} onPointerMove={() => setAt(index)}>
            {option.icon ? <Icon name={option.icon} size={28} /> : <Avatar id={option.avatar} name={option.name} size={28} />}
            <bdi>{option.name}</bdi>
            {option.hint && <small>{option.hint}</small>}
          </li>
        ))}
      </ul>
      {options.length === 0 && <p className={styles.none}>{t('list.noMatch')}</p>}
    </Dialog>
  );
}
