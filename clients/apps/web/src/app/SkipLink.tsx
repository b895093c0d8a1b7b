import type { MouseEvent } from 'react';

import { useT } from '../i18n/texts.ts';
import styles from './SkipLink.module.css';

/** The first stop of the Tab key: past all the lists, to the messages, or to what else is open. */
export function SkipLink({ hasMessages }: { hasMessages: boolean }) {
  const t = useT();
  const target = hasMessages ? '#messages' : '#main';
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    document.querySelector<HTMLElement>(target)?.focus();
  };
  return (
    <a className={styles.skip} href={target} onClick={skip}>
      {t(hasMessages ? 'skip.messages' : 'skip.main')}
    </a>
  );
}
