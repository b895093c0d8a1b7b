// What happens without being looked at, told to screen readers: one polite region, and what comes together is told together.

import { useEffect, useState } from 'react';

const GATHER_MS = 500;

let waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let tell: (text: string) => void = () => {};

/** Says it soon, with what else is to be said then. */
export function announce(text: string): void {
  waiting.push(text);
  timer ??= setTimeout(() => {
    // A flood is a number to a listener; its newest words are what matters.
    tell([...new Set(waiting)].slice(-3).join('. '));
    waiting = [];
    timer = undefined;
  }, GATHER_MS);
}

/** The one live region. */
export function Announcer() {
  const [text, setText] = useState({ words: '', turn: 0 });
  useEffect(() => {
    tell = (words) => setText((before) => ({ words, turn: before.turn + 1 }));
    return () => {
      tell = () => {};
    };
  }, []);
  return (
    <div className="hidden-visually" role="status" aria-live="polite">
      {/* The same words twice are two announcements. */}
      <span key={text.turn}>{text.words}</span>
    </div>
  );
}
