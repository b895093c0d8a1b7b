// Who is typing, in a line that is always there, so that nothing moves when somebody begins.

import { makeSelectTyping } from '@rialto/core';
import { useMemo } from 'react';

import { isShallowlySame, useRialtoState } from '../../app/rialto.tsx';
import { useTalk } from '../talk.ts';
import { useWords } from '../words/words.ts';
import styles from './TypingLine.module.css';

export function TypingLine() {
  const { channel } = useTalk();
  const text = useTyping(channel);
  return (
    <div className={styles.typing} data-typing={text !== undefined || undefined}>
      {text}
    </div>
  );
}

/** What to say of those who type; nothing when nobody does. */
export function useTyping(channel: string): string | undefined {
  const t = useWords();
  const selectTyping = useMemo(makeSelectTyping, []);
  const names = useRialtoState((state) => selectTyping(state, channel).map((user) => state.people.profiles[user]?.display_name ?? ''), isShallowlySame);
  if (names.length === 0) return undefined;
  const [one = '', other = ''] = names.map((name) => name || t('somebody'));
  if (names.length === 1) return t('typing.one', { name: one });
  return names.length === 2 ? t('typing.two', { one, other }) : t('typing.many', { count: names.length });
}
