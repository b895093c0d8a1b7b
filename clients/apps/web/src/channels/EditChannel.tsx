import { selectChannel, type ChannelId } from '@rialto/core';
import { useState } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions } from '../ui/Dialog.tsx';
import { Field, FormError, TextArea } from '../ui/Field.tsx';
import styles from './Details.module.css';

export default function EditChannel({ channel, onClose }: { channel: ChannelId; onClose: () => void }) {
  const t = useT();
  const rialto = useRialto();
  const known = useRialtoState((state) => selectChannel(state, channel));
  const [title, setTitle] = useState(known?.title ?? '');
  const [description, setDescription] = useState(known?.description ?? '');
  const { submit, isBusy, errors } = useAttempt({ 'channel.title_invalid': 'title' });
  return (
    <Dialog title={t('details.edit')} onClose={onClose}>
      <form className={styles.form} noValidate onSubmit={submit(() => rialto.channels.update(channel, { title: title.trim(), description: description.trim() }).then(onClose))}>
        <Field label={t('field.title')} name="title" autoComplete="off" maxLength={128} value={title} onChange={(event) => setTitle(event.target.value)} error={errors.title} />
        <TextArea label={t('field.description')} value={description} onChange={(event) => setDescription(event.target.value)} />
        <FormError text={errors.form} />
        <DialogActions>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('dialog.save')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
