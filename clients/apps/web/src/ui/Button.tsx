import type { ComponentProps } from 'react';

import { Icon, type IconName } from './Icon.tsx';
import styles from './Button.module.css';

export interface ButtonProps extends ComponentProps<'button'> {
  look?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  /** What it began is still going on. */
  isBusy?: boolean;
}

export function Button({ look = 'plain', icon, isBusy = false, children, className = '', type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`${styles.button} ${styles[look]} ${className}`}
      // Not `disabled`: that would lose the focus of who pressed it.
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'aria-label'> {
  /** Its name, and its tooltip. */
  label: string;
  icon: IconName;
  tipAt?: 'start' | 'end';
}

export function IconButton({ label, icon, className = '', type = 'button', tipAt, ...rest }: IconButtonProps) {
  return (
    <button {...rest} type={type} className={`${styles.icon} ${className}`} aria-label={label} data-tip={label} data-tip-at={tipAt}>
      <Icon name={icon} />
    </button>
  );
}
