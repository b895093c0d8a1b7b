// The date of what one scrolls through, above it; it goes a moment after the scrolling has stopped.

import { useEffect, useImperativeHandle, useState, type Ref } from 'react';

import { nameOfDay } from './day.ts';
import styles from './MessageList.module.css';

export interface FloatingDayHandle {
  show(day: string | undefined): void;
}

const SHOWN_MS = 1200;

export function FloatingDay({ zone, ref }: { zone: string; ref: Ref<FloatingDayHandle> }) {
  const [day, setDay] = useState<string>();
  const [turn, setTurn] = useState(0);
  useImperativeHandle(ref, () => ({
    show(next) {
      setDay(next);
      setTurn(Math.floor(performance.now() / 200));
    },
  }));
  useEffect(() => {
    if (day === undefined) return undefined;
    const timer = setTimeout(() => setDay(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [day, turn]);
  return (
    <div className={styles.floating} aria-hidden="true" data-shown={day !== undefined || undefined}>
      {day !== undefined && <span>{nameOfDay(day, Date.now(), zone)}</span>}
    </div>
  );
}
