// All emoji, to be found by name or looked through by group.

import { use, useDeferredValue, useId, useRef, useState, type KeyboardEvent } from 'react';

import { useLanguage } from '../../i18n/language.ts';
import { useWords } from '../words/words.ts';
import { findEmoji, loadEmoji, RECENT_AT_MOST, recentEmoji, rememberEmoji, type Emoji } from './emoji.ts';
import styles from './EmojiPicker.module.css';

const GROUPS = ['faces', 'people', 'nature', 'food', 'places', 'activities', 'things', 'signs', 'flags'] as const;
const TABS = ['🕘', '😀', '👋', '🐻', '🍎', '🚗', '⚽', '💡', '🔣', '🏁'];
const FOUND_AT_MOST = 120;

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useWords();
  const id = useId();
  const groups = use(loadEmoji(useLanguage()));
  const [wish, setWish] = useState('');
  const [recent] = useState(recentEmoji);
  // A few that are used often leave most of the picker empty.
  const [tab, setTab] = useState(recent.length < RECENT_AT_MOST ? 1 : 0);
  const grid = useRef<HTMLDivElement>(null);
  const sought = useDeferredValue(wish);
  const isSearch = sought.trim() !== '';
  const shown: Emoji[] = isSearch ? findEmoji(groups, sought, FOUND_AT_MOST) : tab === 0 ? nameRecent(recent, groups) : (groups[tab - 1] ?? []);

  const pick = (sign: string) => {
    rememberEmoji(sign);
    onPick(sign);
  };
  return (
    <div className={styles.picker}>
      <input
        className={styles.search}
        type="search"
        value={wish}
        onChange={(event) => setWish(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            grid.current?.querySelector('button')?.focus();
          }
          if (event.key === 'Enter' && shown[0] && wish.trim() !== '') {
            event.preventDefault();
            pick(shown[0].sign);
          }
        }}
        placeholder={t('emoji.find')}
        aria-label={t('emoji.find')}
        aria-controls={id}
        autoComplete="off"
        dir="auto"
        autoFocus
      />
      {!isSearch && (
        <div className={styles.tabs} role="tablist" aria-label={t('emoji.groups')} onKeyDown={(event) => stepTab(event, tab, setTab)}>
          {TABS.map((sign, at) => {
            const name = at === 0 ? t('emoji.recent') : t(`emoji.${GROUPS[at - 1]!}`);
            return (
              <button key={sign} type="button" role="tab" aria-selected={at === tab} aria-controls={id} aria-label={name} title={name} tabIndex={at === tab ? 0 : -1} onClick={() => setTab(at)}>
                <span aria-hidden="true">{sign}</span>
              </button>
            );
          })}
        </div>
      )}
      <div ref={grid} id={id} className={styles.grid} role={isSearch ? 'group' : 'tabpanel'} aria-label={isSearch ? t('emoji.found') : tab === 0 ? t('emoji.recent') : t(`emoji.${GROUPS[tab - 1]!}`)} onKeyDown={stepGrid}>
        {shown.map(({ sign, name }, at) => (
          <button key={`${sign}${at}`} type="button" aria-label={name} title={name} tabIndex={at === 0 ? 0 : -1} onClick={() => pick(sign)}>
            {sign}
          </button>
        ))}
        {shown.length === 0 && <p>{t('emoji.none')}</p>}
      </div>
    </div>
  );
}

function nameRecent(signs: readonly string[], groups: readonly Emoji[][]): Emoji[] {
  const all = groups.flat();
  return signs.map((sign) => all.find((it) => it.sign === sign) ?? { sign, name: sign, words: [] });
}

const forward = (element: Element): 1 | -1 => (getComputedStyle(element).direction === 'rtl' ? -1 : 1);

function stepTab(event: KeyboardEvent<HTMLElement>, tab: number, setTab: (tab: number) => void): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  const to = (tab + by * forward(event.currentTarget) + TABS.length) % TABS.length;
  setTab(to);
  event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
}

/** One tab stop for the whole grid; arrows go through it as it is laid out. */
function stepGrid(event: KeyboardEvent<HTMLElement>): void {
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
  const at = all.indexOf(event.target as HTMLElement);
  if (at < 0) return;
  const top = all[0]!.offsetTop;
  const columns = Math.max(1, all.findIndex((button) => button.offsetTop > top));
  const steps: Record<string, number> = { ArrowRight: forward(event.currentTarget), ArrowLeft: -forward(event.currentTarget), ArrowDown: columns, ArrowUp: -columns, Home: -at, End: all.length - 1 - at };
  const by = steps[event.key];
  if (by === undefined) return;
  event.preventDefault();
  all[Math.max(0, Math.min(all.length - 1, at + by))]!.focus();
}
