// Why one may not write here, in place of where one would.

import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { Button } from '../../ui/Button.tsx';
import { toast } from '../../ui/toast.tsx';
import { useTalk } from '../talk.ts';
import { useReason } from '../words/faults.ts';
import { useWords } from '../words/words.ts';
import styles from './Composer.module.css';

export function Silence() {
  const t = useWords();
  const reason = useReason();
  const { people } = useRialto();
  const { channel, rights } = useTalk();
  const peer = useRialtoState((state) => state.channels.byId[channel]?.peer);
  return (
    <div className={styles.silence}>
      <p>{t(`silence.${rights.silenced ?? 'gone'}`)}</p>
      {rights.silenced === 'blocked' && peer !== undefined && (
        <Button look="quiet" onClick={() => void people.block(peer, false).catch((error: { code?: string }) => toast(reason({ code: error.code ?? '' })))}>
          {t('silence.unblock')}
        </Button>
      )}
    </div>
  );
}
