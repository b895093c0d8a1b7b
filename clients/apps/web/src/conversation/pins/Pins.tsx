// What is pinned, above the messages: the newest in a line, a click goes there and on to the one before.

import type { Folded } from '@rialto/core';
import { useEffect, useState } from 'react';

import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { PinIcon } from '../icons.tsx';
import { useSummary } from '../message/Body.tsx';
import { useTalk } from '../talk.ts';
import { useWords } from '../words/words.ts';
import styles from './Pins.module.css';

export function Pins() {
  const t = useWords();
  const { jumpTo } = useTalk();
  const summary = useSummary();
  const pins = usePins();
  const [turn, setTurn] = useState(0);
  if (pins.length === 0) return null;
  const place = turn % pins.length;
  const shown = pins[pins.length - 1 - place]!;
  return (
    <button
      type="button"
      className={styles.pins}
      aria-label={t('pins.open', { at: pins.length - place, count: pins.length, text: summary(shown.body) })}
      onClick={() => {
        jumpTo(shown.seq);
        setTurn(place + 1);
      }}
    >
      <PinIcon size={16} />
      <span className={styles.title}>{t('pins.title', { at: pins.length - place, count: pins.length })}</span>
      <span className={styles.text} dir="auto">
        {summary(shown.body)}
      </span>
    </button>
  );
}

/** They are asked for, and asked for anew whenever something becomes of one. */
function usePins(): Folded[] {
  const rialto = useRialto();
  const { channel } = useTalk();
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const [pins, setPins] = useState<Folded[]>([]);
  useEffect(() => {
    if (!isLive) return undefined;
    let isOver = false;
    const ask = () =>
      rialto
        .ask('channel.pins', { channel })
        .then(({ messages }) => isOver || setPins([...messages].sort((one, other) => one.seq - other.seq)))
        .catch(() => {});
    void ask();
    const stop = rialto.on('entry', (entry) => {
      if (entry.channel === channel && (entry.kind === 'pin' || entry.kind === 'edit' || entry.kind === 'delete')) void ask();
    });
    return () => {
      isOver = true;
      stop();
    };
  }, [rialto, channel, isLive]);
  return pins;
}
