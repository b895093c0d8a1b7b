// People or emoji that fit what is being typed, above the field.

import type { Profile } from '@rialto/core';
import { useEffect, useMemo, useState } from 'react';

import { announce } from '../../ui/announce.tsx';
import { Avatar } from '../../ui/Avatar.tsx';
import { findEmoji, loadEmoji, type Emoji } from '../emoji/emoji.ts';
import { EVERYONE } from '../text/spans.ts';
import { useWords } from '../words/words.ts';
import { handleOf, peopleFor, type Completing } from './completion.ts';
import styles from './Composer.module.css';

export interface Suggestion {
  key: string;
  /** What takes the place of what was typed. */
  insert: string;
  name: string;
  detail?: string;
  user?: string;
}

export interface SuggestionsState {
  list: Suggestion[];
  /** The one that Enter takes. */
  at: number;
  /** Goes on by a key; says whether it was one for that. */
  step(key: string): boolean;
}

const AT_MOST = 8;
const NOTHING: Suggestion[] = [];

export function useSuggestions(completing: Completing | undefined, people: readonly Profile[], isAllPossible: boolean): SuggestionsState {
  const t = useWords();
  const [emoji, setEmoji] = useState<Emoji[][]>();
  const kind = completing?.kind;
  const wish = completing?.wish ?? '';
  useEffect(() => {
    if (kind !== 'emoji') return;
    // Without them one writes without them.
    loadEmoji().then(setEmoji, () => {});
  }, [kind]);
  const list = useMemo((): Suggestion[] => {
    if (kind === 'emoji') return emoji ? findEmoji(emoji, wish, AT_MOST).map(({ sign, name }) => ({ key: sign, insert: sign, name: `${sign} ${name}` })) : NOTHING;
    if (kind !== 'mention') return NOTHING;
    const found = peopleFor(wish, people, AT_MOST).map((profile): Suggestion => ({
      key: profile.id,
      insert: handleOf(profile),
      name: profile.display_name,
      ...(profile.username && { detail: `@${profile.username}` }),
      user: profile.id,
    }));
    const everyone = { key: EVERYONE, insert: `@${EVERYONE}`, name: t('composer.everyone'), detail: `@${EVERYONE}` };
    // Who is written out needs no choosing any more.
    if (found.length === 1 && found[0]!.insert === `@${wish}`) return NOTHING;
    return isAllPossible && EVERYONE.startsWith(wish.toLowerCase()) ? [...found, everyone] : found;
  }, [kind, wish, people, emoji, isAllPossible, t]);

  const [place, setPlace] = useState<{ list: Suggestion[]; at: number }>({ list, at: 0 });
  const at = place.list === list ? place.at : 0;
  const { length } = list;
  useEffect(() => {
    if (length > 0) announce(t('composer.suggestions', { count: length }));
  }, [length, t]);
  return {
    list,
    at,
    step(key) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (by === undefined || length === 0) return false;
      setPlace({ list, at: (at + by + length) % length });
      return true;
    },
  };
}

export function Suggestions({ id, suggestions: { list, at }, onChoose }: { id: string; suggestions: SuggestionsState; onChoose: (at: number) => void }) {
  const t = useWords();
  return (
    <ul id={id} className={styles.suggestions} role="listbox" aria-label={t('composer.suggested')}>
      {list.map(({ key, name, detail, user }, place) => (
        <li
          key={key}
          id={`${id}-${place}`}
          role="option"
          aria-selected={place === at}
          // The field keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(place)}
        >
          {user !== undefined && <Avatar id={user} name={name} size={24} />}
          <bdi>{name}</bdi>
          {detail && <span className={styles.detail}>{detail}</span>}
        </li>
      ))}
    </ul>
  );
}
