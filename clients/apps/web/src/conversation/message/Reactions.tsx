// What others (and oneself) set on a message.

import type { MessageRow, UserId } from '@rialto/core';

import { isShallowlySame, useRialtoState } from '../../app/rialto.tsx';
import { number } from '../../i18n/message.ts';
import { languageNow } from '../../i18n/language.ts';
import { together } from '../../i18n/time.ts';
import { useTalk } from '../talk.ts';
import { useWords } from '../words/words.ts';
import styles from './Reactions.module.css';

type Reaction = MessageRow['reactions'][number];

export function Reactions({ row, isReachable }: { row: MessageRow; isReachable: boolean }) {
  const { react, rights } = useTalk();
  return (
    <div className={styles.reactions}>
      {row.reactions.map((reaction) => (
        <OneReaction
          key={reaction.emoji}
          reaction={reaction}
          isReachable={isReachable}
          onToggle={rights.react ? () => react(row, reaction.emoji, !reaction.mine) : undefined}
        />
      ))}
    </div>
  );
}

function OneReaction({ reaction, onToggle, isReachable }: { reaction: Reaction; onToggle: (() => void) | undefined; isReachable: boolean }) {
  const t = useWords();
  const who = useWho(reaction);
  const label = t('reaction.by', { emoji: reaction.emoji, who });
  return (
    <button
      type="button"
      className={styles.reaction}
      aria-pressed={reaction.mine === true}
      aria-label={label}
      title={who}
      disabled={!onToggle}
      onClick={onToggle}
      tabIndex={isReachable ? 0 : -1}
    >
      <span aria-hidden="true">{reaction.emoji}</span> {number(languageNow(), reaction.count)}
    </button>
  );
}

function useWho({ users, count, mine }: Reaction): string {
  const t = useWords();
  const me = useRialtoState((state) => state.session.user);
  const names = useRialtoState((state) => users.filter((user: UserId) => user !== me).map((user) => state.people.profiles[user]?.display_name ?? ''), isShallowlySame);
  const known = names.filter((name) => name !== '');
  const listed = [...(mine ? [t('you')] : []), ...known];
  const others = count - listed.length;
  return together(others > 0 ? [...listed, t('reaction.others', { count: others })] : listed);
}
