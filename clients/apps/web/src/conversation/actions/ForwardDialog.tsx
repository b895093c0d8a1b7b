// Chooses where a message is sent on to.

import { makeSelectChannelRows, type MessageRow } from '@rialto/core';
import { useId, useMemo, useState } from 'react';

import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { Avatar } from '../../ui/Avatar.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { rightsIn } from '../rights.ts';
import { useTalk } from '../talk.ts';
import { useWords } from '../words/words.ts';
import styles from './Dialogs.module.css';

export function ForwardDialog({ row, onClose }: { row: MessageRow; onClose: () => void }) {
  const t = useWords();
  const id = useId();
  const { messages } = useRialto();
  const { channel: from } = useTalk();
  const [wish, setWish] = useState('');
  const [now] = useState(Date.now);
  const selectRows = useMemo(makeSelectChannelRows, []);
  const rows = useRialtoState((state) => selectRows(state, now));
  const byId = useRialtoState((state) => state.channels.byId);
  const found = rows.filter((it) => rightsIn(byId[it.id], false).write && it.title.toLocaleLowerCase().includes(wish.trim().toLocaleLowerCase()));
  const send = (to: string, title: string) => {
    messages.forward(to, from, row.seq!);
    onClose();
    toast(t('done.forwarded', { title }));
  };
  return (
    <Dialog title={t('forward.title')} onClose={onClose}>
      <label className="hidden-visually" htmlFor={id}>
        {t('forward.find')}
      </label>
      <input id={id} className={styles.find} type="search" placeholder={t('forward.find')} value={wish} onChange={(event) => setWish(event.target.value)} autoComplete="off" dir="auto" />
      {found.length === 0 && <p className={styles.said}>{t('forward.none')}</p>}
      <ul className={styles.list}>
        {found.map(({ id: to, title, peer }) => (
          <li key={to}>
            <button type="button" onClick={() => send(to, title)}>
              <Avatar id={peer ?? to} name={title} size={32} />
              <bdi>{title}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
