// A small window in the top layer beside what opened it. Esc and clicks elsewhere close it, and the focus goes back.

import { useEffect, useLayoutEffect, useRef, type ReactNode } from 'react';

import type { MenuPlace } from '../../ui/Menu.tsx';
import styles from './Floating.module.css';

interface FloatingProps {
  label: string;
  /** What it opens beside, and which edge it shares with that. */
  place: MenuPlace;
  align?: 'start' | 'end';
  onClose: () => void;
  children: ReactNode;
}

const MARGIN_PX = 8;

export function Floating({ label, place, align = 'start', onClose, children }: FloatingProps) {
  const ref = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const element = ref.current!;
    opener.current ??= document.activeElement;
    element.showPopover?.();
    const put = () => {
      const { offsetWidth: width, offsetHeight: height } = element;
      const isRightToLeft = getComputedStyle(element).direction === 'rtl';
      const isAtLeft = (align === 'start') !== isRightToLeft;
      const left = isAtLeft ? place.left : place.right - width;
      const isRoomAbove = place.top - height - 4 >= MARGIN_PX;
      element.style.left = `${Math.max(MARGIN_PX, Math.min(left, innerWidth - width - MARGIN_PX))}px`;
      element.style.top = `${isRoomAbove ? place.top - height - 4 : Math.max(MARGIN_PX, Math.min(place.bottom + 4, innerHeight - height - MARGIN_PX))}px`;
    };
    const observer = new ResizeObserver(put);
    observer.observe(element);
    put();
    element.querySelector<HTMLElement>('input, button')?.focus();
    const toggled = (event: Event) => (event as ToggleEvent).newState === 'closed' && onClose();
    element.addEventListener('toggle', toggled);
    return () => {
      observer.disconnect();
      element.removeEventListener('toggle', toggled);
    };
    // It stays where it was opened.
  }, []);
  useEffect(
    () => () => {
      const isLost = document.activeElement === document.body || document.activeElement === null;
      if (isLost && opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
    },
    [],
  );
  return (
    <div
      ref={ref}
      popover="auto"
      role="dialog"
      aria-label={label}
      className={styles.floating}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') {
          event.preventDefault();
          onClose();
        }
      }}
    >
      {children}
    </div>
  );
}
