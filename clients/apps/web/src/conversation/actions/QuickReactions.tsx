// A few emoji to react with at once, and behind a button all of them.

import { useState, type KeyboardEvent } from 'react';

import type { MenuPlace } from '../../ui/Menu.tsx';
import { recentEmoji, rememberEmoji } from '../emoji/emoji.ts';
import { Floating } from '../emoji/Floating.tsx';
import { LazyEmojiPicker } from '../emoji/lazy.tsx';
import { SmileIcon } from '../icons.tsx';
import { useWords } from '../words/words.ts';
import styles from './QuickReactions.module.css';

const SHOWN = 6;

export function QuickReactions({ place, align, onPick, onClose }: { place: MenuPlace; align: 'start' | 'end'; onPick: (emoji: string) => void; onClose: () => void }) {
  const t = useWords();
  const [isAll, setAll] = useState(false);
  const [quick] = useState(() => recentEmoji().slice(0, SHOWN));
  const pick = (emoji: string) => {
    onClose();
    onPick(emoji);
  };
  return (
    <Floating label={t('action.react')} place={place} align={align} onClose={onClose}>
      {isAll ? (
        <LazyEmojiPicker onPick={pick} />
      ) : (
        <div className={styles.quick} onKeyDown={step}>
          {quick.map((emoji) => (
            <button
              key={emoji}
              type="button"
              aria-label={t('reaction.with', { emoji })}
              onClick={() => {
                rememberEmoji(emoji);
                pick(emoji);
              }}
            >
              {emoji}
            </button>
          ))}
          <button type="button" aria-label={t('reaction.more')} title={t('reaction.more')} onClick={() => setAll(true)}>
            <SmileIcon size={24} />
          </button>
        </div>
      )}
    </Floating>
  );
}

function step(event: KeyboardEvent<HTMLElement>): void {
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const forward = getComputedStyle(event.currentTarget).direction === 'rtl' ? -by : by;
  all[(all.indexOf(event.target as HTMLElement) + forward + all.length) % all.length]?.focus();
}
