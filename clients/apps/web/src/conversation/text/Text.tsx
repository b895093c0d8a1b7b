// What somebody wrote, as text nodes: nothing of it is ever read as markup.

import type { Mentions } from '@rialto/core';
import { selectMe } from '@rialto/core';
import { memo, useMemo } from 'react';

import { isShallowlySame, useRialtoState } from '../../app/rialto.tsx';
import { emojiOnly, EVERYONE, spansOf, type Mentioned } from './spans.ts';
import styles from './Text.module.css';

const NOBODY: Mentioned[] = [];

export const Text = memo(function Text({ text, mentions, isReachable }: { text: string; mentions?: Mentions | undefined; isReachable: boolean }) {
  const me = useRialtoState(selectMe);
  const mentioned = useMentioned(mentions);
  const spans = useMemo(() => spansOf(text, mentioned), [text, mentioned]);
  const emoji = emojiOnly(text);
  return (
    <div className={styles.text} dir="auto" data-emoji={emoji > 0 && emoji <= 6 ? (emoji <= 3 ? 'few' : 'some') : undefined}>
      {spans.map((span, at) => {
        if (span.type === 'text') return span.text;
        if (span.type === 'mention') {
          const isMe = span.user === undefined || span.user === me;
          return (
            <bdi key={at} className={styles.mention} data-me={isMe || undefined}>
              {span.text}
            </bdi>
          );
        }
        return (
          <a
            key={at}
            href={span.href}
            target="_blank"
            rel="noopener noreferrer nofollow"
            dir="ltr"
            title={span.asciiHost}
            tabIndex={isReachable ? 0 : -1}
          >
            {span.text}
          </a>
        );
      })}
    </div>
  );
});

/** The people whom a message mentions, by their names of now. */
function useMentioned(mentions: Mentions | undefined): readonly Mentioned[] {
  const profiles = useRialtoState((state) => (mentions?.users ?? []).map((user) => state.people.profiles[user]), isShallowlySame);
  return useMemo(() => {
    if (!mentions) return NOBODY;
    const people = profiles.flatMap((profile): Mentioned[] => (profile ? [{ user: profile.id, names: [profile.username ?? '', profile.display_name] }] : []));
    return mentions.all ? [...people, { names: [EVERYONE] }] : people;
  }, [mentions, profiles]);
}
