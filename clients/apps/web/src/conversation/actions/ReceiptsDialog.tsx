// How far a message has come with each member: "read by 3 of 7", their names and since when.

import type { MessageRow, UserId } from '@rialto/core';
import { useEffect, useState } from 'react';

import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { dateAndTime } from '../../i18n/time.ts';
import { Avatar } from '../../ui/Avatar.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { useName } from '../message/Name.tsx';
import { useTalk } from '../talk.ts';
import { useReason } from '../words/faults.ts';
import { useWords } from '../words/words.ts';
import styles from './Dialogs.module.css';

interface Receipt {
  user: UserId;
  delivered_at?: number;
  read_at?: number;
}

export function ReceiptsDialog({ row, onClose }: { row: MessageRow; onClose: () => void }) {
  const t = useWords();
  const reason = useReason();
  const { receipts, fault } = useReceipts(row.seq!);
  const read = receipts?.filter(({ read_at }) => read_at !== undefined) ?? [];
  const delivered = receipts?.filter(({ read_at, delivered_at }) => read_at === undefined && delivered_at !== undefined) ?? [];
  const others = receipts?.filter(({ read_at, delivered_at }) => read_at === undefined && delivered_at === undefined) ?? [];
  return (
    <Dialog title={t('receipts.title')} onClose={onClose}>
      <p className={styles.said}>{t('receipts.sentAt', { when: dateAndTime(row.at) })}</p>
      {fault && <p role="alert">{reason(fault)}</p>}
      {receipts && (
        <>
          <p role="status">
            <strong>{t('receipts.readBy', { count: read.length, total: receipts.length })}</strong>
          </p>
          <People title={t('receipts.read')} people={read.map(({ user, read_at }) => ({ user, at: read_at }))} />
          <People title={t('receipts.delivered')} people={delivered.map(({ user, delivered_at }) => ({ user, at: delivered_at }))} />
          <People title={t('receipts.notYet')} people={others.map(({ user }) => ({ user }))} />
        </>
      )}
    </Dialog>
  );
}

function People({ title, people }: { title: string; people: { user: UserId; at?: number | undefined }[] }) {
  if (people.length === 0) return null;
  return (
    <section>
      <h3 className={styles.heading}>{title}</h3>
      <ul className={styles.list}>
        {people.map(({ user, at }) => (
          <Person key={user} user={user} at={at} />
        ))}
      </ul>
    </section>
  );
}

function Person({ user, at }: { user: UserId; at: number | undefined }) {
  const name = useName(user);
  return (
    <li className={styles.person}>
      <Avatar id={user} name={name} size={32} />
      <bdi>{name}</bdi>
      {at !== undefined && (
        <time dateTime={new Date(at).toISOString()}>
          <bdi>{dateAndTime(at)}</bdi>
        </time>
      )}
    </li>
  );
}

/** All of them, page by page; and anew when somebody read on. */
function useReceipts(seq: number): { receipts?: Receipt[]; fault?: { code: string } } {
  const rialto = useRialto();
  const { channel } = useTalk();
  const all = useRialtoState((state) => state.positions[channel]);
  const [found, setFound] = useState<{ receipts?: Receipt[]; fault?: { code: string } }>({});
  useEffect(() => {
    let isOver = false;
    const read = async () => {
      const receipts: Receipt[] = [];
      let after: UserId | undefined;
      do {
        const page = await rialto.messages.receipts(channel, seq, after);
        receipts.push(...page.members);
        after = page.next;
      } while (after !== undefined && !isOver);
      const unknown = receipts.map(({ user }) => user).filter((user) => !rialto.store.getState().people.profiles[user]);
      if (unknown.length > 0) rialto.people.load(unknown.slice(0, 100)).catch(() => {});
      if (!isOver) setFound({ receipts });
    };
    read().catch((error: { code?: string }) => isOver || setFound((before) => ({ ...before, fault: { code: error.code ?? '' } })));
    return () => {
      isOver = true;
    };
  }, [rialto, channel, seq, all]);
  return found;
}
