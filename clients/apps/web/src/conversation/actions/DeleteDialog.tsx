import type { MessageRow } from '@rialto/core';

import { useRialto } from '../../app/rialto.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { useSummary } from '../message/Body.tsx';
import { useTalk } from '../talk.ts';
import { useReason } from '../words/faults.ts';
import { useWords } from '../words/words.ts';
import { isDeletableForAll } from './actions.ts';
import styles from './Dialogs.module.css';

/** Asks for whom: what is deleted for everyone does not come back. */
export function DeleteDialog({ row, onClose }: { row: MessageRow; onClose: () => void }) {
  const t = useWords();
  const reason = useReason();
  const { messages } = useRialto();
  const { channel, rights } = useTalk();
  const summary = useSummary();
  const remove = (work: Promise<void>) => {
    onClose();
    work.then(
      () => toast(t('done.deleted')),
      (error: { code?: string }) => toast(reason({ code: error.code ?? '' })),
    );
  };
  return (
    <Dialog title={t('delete.title')} onClose={onClose}>
      <p className={styles.said} dir="auto">
        {summary(row.body)}
      </p>
      <DialogActions>
        <Button onClick={onClose}>{t('delete.cancel')}</Button>
        <Button onClick={() => remove(messages.deleteForMe(channel, row.seq!))}>{t('delete.forMe')}</Button>
        {isDeletableForAll(row, rights) && (
          <Button look="danger" onClick={() => remove(messages.deleteForAll(channel, row.seq!))}>
            {t('delete.forAll')}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
