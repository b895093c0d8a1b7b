// A word in passing: shown for a few seconds, and told to screen readers.

import { useEffect, useState } from 'react';

import { announce } from './announce.tsx';
import styles from './toast.module.css';

const SHOWN_MS = 5000;

let show: (text: string) => void = () => {};

export function toast(text: string): void {
  show(text);
  announce(text);
}

export function Toast() {
  const [text, setText] = useState<string>();
  useEffect(() => {
    show = setText;
    return () => {
      show = () => {};
    };
  }, []);
  useEffect(() => {
    if (text === undefined) return undefined;
    const timer = setTimeout(() => setText(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text === undefined ? null : (
    <div className={styles.toast} aria-hidden="true">
      {text}
    </div>
  );
}
