// A new build of the client is ready. It is offered, and waits as long as its user likes.

import { useEffect, useState } from 'react';

import { defineCatalogue, useCatalogue } from '../i18n/language.ts';
import { keepOffline, type TakeUpdate } from './updates.ts';
import english from './en.ts';
import styles from './UpdateOffer.module.css';

const texts = defineCatalogue(english, {
  de: () => import('./de.ts'),
  pt: () => import('./pt.ts'),
  ar: () => import('./ar.ts'),
});

export function UpdateOffer() {
  const t = useCatalogue(texts);
  const [update, setUpdate] = useState<{ take: TakeUpdate }>();
  useEffect(() => keepOffline((take) => setUpdate({ take })), []);
  return (
    <div role="status" className={styles.place}>
      {update && (
        <div className={styles.offer}>
          <span>{t('update.ready')}</span>
          <button type="button" onClick={update.take}>
            {t('update.take')}
          </button>
          <button type="button" onClick={() => setUpdate(undefined)}>
            {t('update.later')}
          </button>
        </div>
      )}
    </div>
  );
}
