import type { ComponentProps } from 'react';

import styles from './Centred.module.css';

/** A few words, and what can be done, in the middle of a pane that has nothing else to show. */
export function Centred({ className = '', ...rest }: ComponentProps<'div'>) {
  return <div {...rest} className={`${styles.centred} ${className}`} />;
}
