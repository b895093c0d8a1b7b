// Brings people in: by their names, or by a link for whoever has it.

import type { ChannelId, Profile } from '@rialto/core';
import { useState } from 'react';

import { useRialto } from '../app/rialto.tsx';
import { addressOf } from '../app/route.ts';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Button } from '../ui/Button.tsx';
import { CopyField } from '../ui/CopyField.tsx';
import { Dialog, DialogActions } from '../ui/Dialog.tsx';
import { FormError, Select } from '../ui/Field.tsx';
import { toast } from '../ui/toast.tsx';
import { PeoplePicker } from './PeoplePicker.tsx';
import styles from './Details.module.css';

const HOUR_MS = 60 * 60 * 1000;
const LIVES = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, ever: undefined } as const;
const USES = { one: 1, ten: 10, hundred: 100, any: undefined } as const;

export default function Invite({ channel, onClose }: { channel: ChannelId; onClose: () => void }) {
  const t = useT();
  const rialto = useRialto();
  const [people, setPeople] = useState<Profile[]>([]);
  const [life, setLife] = useState<keyof typeof LIVES>('week');
  const [uses, setUses] = useState<keyof typeof USES>('any');
  const [link, setLink] = useState<string>();
  const adding = useAttempt();
  const linking = useAttempt();

  const add = async () => {
    await rialto.channels.invite(channel, people.map(({ id }) => id));
    toast(t('invite.done', { count: people.length }));
    onClose();
  };
  const make = async () => {
    const expires = LIVES[life];
    const times = USES[uses];
    const invite = await rialto.channels.inviteByLink(channel, { ...(expires !== undefined && { expires_in_ms: expires }), ...(times !== undefined && { uses: times }) });
    setLink(new URL(addressOf({ page: 'join', invite }), location.origin).href);
  };
  return (
    <Dialog title={t('details.invite')} onClose={onClose}>
      <section className={styles.form}>
        <h3>{t('invite.byName')}</h3>
        <PeoplePicker chosen={people} onChange={setPeople} />
        <FormError text={adding.errors.form} />
        <DialogActions>
          <Button look="primary" isBusy={adding.isBusy} disabled={people.length === 0} onClick={() => void adding.attempt(add)}>
            {t('invite.add', { count: people.length })}
          </Button>
        </DialogActions>
      </section>
      <hr className={styles.rule} />
      <section className={styles.form}>
        <h3>{t('invite.byLink')}</h3>
        <Select label={t('invite.life')} value={life} onChoose={setLife} options={(['hour', 'day', 'week', 'ever'] as const).map((value) => ({ value, label: t(`invite.life.${value}`) }))} />
        <Select
          label={t('invite.uses')}
          value={uses}
          onChoose={setUses}
          options={(['one', 'ten', 'hundred', 'any'] as const).map((value) => ({ value, label: USES[value] === undefined ? t('invite.uses.any') : t('invite.uses.times', { count: USES[value] }) }))}
        />
        <FormError text={linking.errors.form} />
        {link && <CopyField label={t('invite.link')} value={link} />}
        <DialogActions>
          <Button icon="link" isBusy={linking.isBusy} onClick={() => void linking.attempt(make)}>
            {t('invite.make')}
          </Button>
        </DialogActions>
      </section>
    </Dialog>
  );
}
