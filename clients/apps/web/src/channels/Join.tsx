// Where an invite leads. What it opens is told only to who joins.

import { useState } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { navigate } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';
import { useAttempt } from '../ui/attempt.ts';
import { Button } from '../ui/Button.tsx';
import { Centred } from '../ui/Centred.tsx';
import { FormError } from '../ui/Field.tsx';

export function Join({ invite }: { invite: string }) {
  const t = useT();
  const rialto = useRialto();
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const { attempt, isBusy, errors } = useAttempt();
  const [isLeft, setLeft] = useState(false);
  const join = async () => {
    const channel = await rialto.channels.join(invite);
    setLeft(true);
    navigate({ page: 'channel', channel }, { replace: true });
  };
  return (
    <Centred>
      <h1>{t('join.title')}</h1>
      <p>{t('join.what')}</p>
      <FormError text={errors.form} />
      <Button look="primary" isBusy={isBusy || !isLive || isLeft} onClick={() => void attempt(join)}>
        {t('join.action')}
      </Button>
      <Button look="quiet" onClick={() => navigate({ page: 'channels' }, { replace: true })}>
        {t('join.not')}
      </Button>
    </Centred>
  );
}
