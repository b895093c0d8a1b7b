// A native modal dialog: the browser keeps the focus within, and Esc ends it.

import { useEffect, useId, useLayoutEffect, useRef, type ReactNode } from 'react';

import { useT } from '../i18n/texts.ts';
import { IconButton } from './Button.tsx';
import styles from './Dialog.module.css';

export interface DialogProps {
  title: string;
  onClose: () => void;
  /** It is not over before a choice was made: no Esc, no click beside it. */
  isFirm?: boolean;
  /** At the top: what is in it grows and shrinks, and shall not move. */
  isHigh?: boolean;
  children: ReactNode;
}

export function Dialog({ title, onClose, isFirm = false, isHigh = false, children }: DialogProps) {
  const t = useT();
  const id = useId();
  const ref = useReturnOfFocus();
  const close = isFirm ? () => {} : onClose;
  return (
    <dialog
      ref={ref}
      className={`${styles.dialog} ${isHigh ? styles.high : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        // Some fields within have a `cancel` of their own.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') {
          event.preventDefault();
          close();
        }
      }}
    >
      <div className={styles.inside}>
        <header className={styles.header}>
          <h2 id={id}>{title}</h2>
          {!isFirm && <IconButton icon="close" label={t('dialog.close')} onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** The buttons at its end. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <footer className={styles.actions}>{children}</footer>;
}

/** Where one writes at once. */
const FIRST_FIELD = 'input:not([type=radio], [type=checkbox], [readonly]), textarea';

/** Opens as a modal; when it goes, the focus goes back to where it was. */
function useReturnOfFocus() {
  const ref = useRef<HTMLDialogElement>(null);
  const opener = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const dialog = ref.current!;
    opener.current ??= document.activeElement;
    dialog.showModal();
    // The browser would begin at the button that closes it. On a phone a field brings up the keys, which cover what one was to read first.
    if (matchMedia('(hover: hover)').matches) dialog.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    return () => dialog.close();
  }, []);
  useEffect(
    () => () => {
      // The browser gives it back itself, unless the opener is gone with what the dialog did.
      if (document.activeElement !== document.body && document.activeElement !== null) return;
      const to = opener.current instanceof HTMLElement && opener.current.isConnected ? opener.current : document.querySelector<HTMLElement>('#main');
      to?.focus();
    },
    [],
  );
  return ref;
}
