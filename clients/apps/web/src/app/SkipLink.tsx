import type { MouseEvent } from 'react';

import { useT } from '../i18n/texts.ts';
import styles from './SkipLink.module.css';

/** The first stop of the Tab key: past all the lists, to the messages (or to what else is open). */
export function SkipLink() {
  const t = useT();
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    (document.querySelector<HTMLElement>('#messages') ?? document.querySelector<HTMLElement>('#main'))?.focus();
  };
  return (
    <a className={styles.skip} href="#messages" onClick={skip}>
      {t('skip.messages')}
    </a>
  );
}
