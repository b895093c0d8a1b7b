import { useAttempt } from './attempt.ts';
import { Button } from './Button.tsx';
import { Dialog, DialogActions } from './Dialog.tsx';
import { FormError } from './Field.tsx';
import { useT } from '../i18n/texts.ts';

/** Asks before what cannot be taken back. */
export function Confirm({ title, text, action, work, onClose }: { title: string; text: string; action: string; work: () => Promise<unknown>; onClose: () => void }) {
  const t = useT();
  const { attempt, isBusy, errors } = useAttempt();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <FormError text={errors.form} />
      <DialogActions>
        <Button onClick={onClose}>{t('dialog.cancel')}</Button>
        <Button look="danger" isBusy={isBusy} onClick={() => void attempt(work)}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
