// The key that opens an account without a name elsewhere: shown until its owner has kept it.

import { selectAccount } from '@rialto/core';
import { useState } from 'react';

import { useRialtoState } from '../app/rialto.tsx';
import { useT } from '../i18n/texts.ts';
import { Button } from '../ui/Button.tsx';
import { CopyField } from '../ui/CopyField.tsx';
import { Dialog, DialogActions } from '../ui/Dialog.tsx';
import { isRecoveryKeyKept, keepRecoveryKey } from './recovery.ts';

export function RecoveryKeyNotice() {
  const account = useRialtoState(selectAccount);
  const [, setKept] = useState('');
  const t = useT();
  if (!account?.recoveryKey || account.username || isRecoveryKeyKept(account.user)) return null;
  const keep = () => {
    keepRecoveryKey(account.user);
    setKept(account.user);
  };
  return (
    <Dialog title={t('recovery.title')} onClose={keep} isFirm>
      <p>{t('recovery.why')}</p>
      <CopyField label={t('field.recoveryKey')} value={account.recoveryKey} />
      <DialogActions>
        <Button look="primary" onClick={keep}>
          {t('recovery.kept')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
