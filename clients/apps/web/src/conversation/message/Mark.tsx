// How far a message of one's own has come, as a sign with a name.

import type { Mark as MarkName } from '@rialto/core';
import { useRef } from 'react';

import { ClockIcon, FailedIcon, GroundedTickIcon, TickIcon, TicksIcon } from '../icons.tsx';
import { useWords } from '../words/words.ts';
import styles from './Mark.module.css';

const RANKS: Record<MarkName, number> = { failed: -1, sending: 0, received: 1, stored: 2, delivered: 3, read: 4 };

const ICONS = { failed: FailedIcon, sending: ClockIcon, received: TickIcon, stored: GroundedTickIcon, delivered: TicksIcon, read: TicksIcon };

/** The mark to show after another one: it never goes back, but for a failure and a new try after it. */
export function nextMark(shown: MarkName | undefined, told: MarkName): MarkName {
  if (shown === undefined || shown === 'failed' || told === 'failed') return told;
  return RANKS[told] > RANKS[shown] ? told : shown;
}

/** What was shown of a message stays, in whatever order the news of it come. */
export function useMark(told: MarkName | undefined): MarkName | undefined {
  const shown = useRef<MarkName>(undefined);
  if (told !== undefined) shown.current = nextMark(shown.current, told);
  return told && shown.current;
}

interface MarkProps {
  id: string;
  mark: MarkName;
  /** Opens who received and read it. */
  onOpen?: (() => void) | undefined;
  isReachable: boolean;
}

export function Mark({ id, mark, onOpen, isReachable }: MarkProps) {
  const t = useWords();
  const Icon = ICONS[mark];
  const label = t(`mark.${mark}`);
  const inside = (
    <>
      <Icon size={14} />
      <span className="hidden-visually">{label}</span>
    </>
  );
  if (!onOpen) {
    return (
      <span id={id} className={styles.mark} data-state={mark} title={label}>
        {inside}
      </span>
    );
  }
  return (
    <button id={id} type="button" className={styles.mark} data-state={mark} title={t('mark.open', { mark: label })} onClick={onOpen} tabIndex={isReachable ? 0 : -1}>
      {inside}
    </button>
  );
}
