import { RialtoError, type Profile } from '@rialto/core';
import { useState } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { navigate } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions } from '../ui/Dialog.tsx';
import { Choice, Field, FormError, TextArea } from '../ui/Field.tsx';
import { UsernameField } from '../ui/UsernameField.tsx';
import { PeoplePicker, plainName } from './PeoplePicker.tsx';
import styles from './Details.module.css';

type Kind = 'direct' | 'group' | 'broadcast';

export function NewConversation({ onClose }: { onClose: () => void }) {
  const t = useT();
  const rialto = useRialto();
  const me = useRialtoState((state) => state.session.user);
  const [kind, setKind] = useState<Kind>('direct');
  const [username, setUsername] = useState('');
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const [people, setPeople] = useState<Profile[]>([]);
  const { submit, isBusy, errors } = useAttempt({ 'user.unknown': 'username', 'user.oneself': 'username', 'channel.title_invalid': 'title' });

  const create = async () => {
    const channel = kind === 'direct' ? await direct() : await rialto.channels.create({ kind, title: title.trim(), ...(description.trim() && { description: description.trim() }), members: people.map(({ id }) => id) });
    onClose();
    navigate({ page: 'channel', channel });
  };
  const direct = async () => {
    const { id } = await rialto.people.find(plainName(username));
    if (id === me) throw new RialtoError('user.oneself', 'nobody talks to themselves here');
    return rialto.channels.direct(id);
  };
  return (
    <Dialog title={t('new.title')} onClose={onClose}>
      <form className={styles.form} onSubmit={submit(create)} noValidate>
        <Choice
          legend={t('new.kind')}
          value={kind}
          onChoose={setKind}
          options={[
            { value: 'direct', label: t('kind.direct'), hint: t('kind.direct.hint') },
            { value: 'group', label: t('kind.group'), hint: t('kind.group.hint') },
            { value: 'broadcast', label: t('kind.broadcast'), hint: t('kind.broadcast.hint') },
          ]}
        />
        {kind === 'direct' ? (
          <UsernameField hint={t('people.exact')} value={username} onChange={(event) => setUsername(event.target.value)} error={errors.username} />
        ) : (
          <>
            <Field label={t('field.title')} name="title" autoComplete="off" maxLength={128} value={title} onChange={(event) => setTitle(event.target.value)} error={errors.title} />
            <TextArea label={t('field.description')} value={description} onChange={(event) => setDescription(event.target.value)} />
            <PeoplePicker chosen={people} onChange={setPeople} />
          </>
        )}
        <FormError text={errors.form} />
        <DialogActions>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {kind === 'direct' ? t('new.open') : t('new.create', { count: people.length + 1 })}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
