// The list of one's channels: found by filter and words, walked by arrow keys, one stop of the Tab key.

import { useCallback, useDeferredValue, useMemo, useRef, useState, type KeyboardEvent } from 'react';

import { useRialtoState } from '../app/rialto.tsx';
import type { Route } from '../app/route.ts';
import { useWatching } from '../app/watching.ts';
import { useT } from '../i18n/texts.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { ChannelRow } from './ChannelRow.tsx';
import { filterRows, useRows, type Filter } from './rows.ts';
import styles from './ChannelList.module.css';

export function ChannelList({ route, onNew, onSwitch }: { route: Route; onNew: () => void; onSwitch: () => void }) {
  const t = useT();
  const rows = useRows();
  const isKnown = useRialtoState((state) => state.channels.isComplete || state.session.isCacheLoaded);
  const [filter, setFilter] = useState<Filter>('all');
  const [query, setQuery] = useState('');
  const words = useDeferredValue(query);
  const open = route.page === 'channel' ? route.channel : undefined;
  const hasArchived = rows.some(({ isArchived }) => isArchived);
  const chosen = filter === 'archived' && !hasArchived ? 'all' : filter;
  const shown = useMemo(() => filterRows(rows, chosen, words, open), [rows, chosen, words, open]);
  useWatching(rows.flatMap(({ peer }) => peer ?? []));

  const filters: Filter[] = ['all', 'unread', 'groups', ...(hasArchived ? (['archived'] as const) : [])];
  return (
    <nav className={styles.list} aria-label={t('list.name')}>
      <div className={styles.top}>
        <div className={styles.search}>
          <Icon name="search" size={18} />
          <input
            type="search"
            aria-label={t('list.search')}
            placeholder={t('list.search.short')}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setQuery('');
              if (event.key === 'ArrowDown') {
                event.preventDefault();
                event.currentTarget.closest('nav')?.querySelector<HTMLElement>('a[data-channel]')?.focus();
              }
            }}
          />
          <button type="button" className={styles.switch} onClick={onSwitch} aria-label={t('list.switch')} aria-keyshortcuts="Control+K Meta+K">
            <kbd>{isApple ? '⌘K' : 'Ctrl K'}</kbd>
          </button>
        </div>
        <IconButton icon="add" label={t('list.new')} onClick={onNew} />
      </div>
      <div className={styles.filters} role="group" aria-label={t('list.filters')}>
        {filters.map((it) => (
          <button key={it} type="button" aria-pressed={it === chosen} onClick={() => setFilter(it)}>
            {t(`list.filter.${it}`)}
          </button>
        ))}
      </div>
      {shown.length > 0 ? (
        <Rows shown={shown} open={open} />
      ) : isKnown ? (
        <div className={styles.none}>
          <p>{words || rows.length > 0 ? t('list.noMatch') : t('list.none')}</p>
          {rows.length === 0 && !words && (
            <Button look="primary" icon="add" onClick={onNew}>
              {t('list.new')}
            </Button>
          )}
        </div>
      ) : (
        <div className={styles.skeleton} aria-hidden="true" />
      )}
    </nav>
  );
}

const isApple = /mac|iphone|ipad/i.test(navigator.userAgent);

function Rows({ shown, open }: { shown: ReturnType<typeof filterRows>; open: string | undefined }) {
  const list = useRef<HTMLUListElement>(null);
  const [focused, setFocused] = useState<string>();
  // One stop: where the focus was last, else the open channel, else the first.
  const stop = [focused, open].find((id) => id !== undefined && shown.some((row) => row.id === id)) ?? shown[0]?.id;
  const move = useCallback((event: KeyboardEvent<HTMLElement>) => {
    // With Alt, arrows go through the channels themselves; see shortcuts.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const links = [...list.current!.querySelectorAll<HTMLElement>('a[data-channel]')];
    const at = links.indexOf(event.currentTarget);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1, PageDown: Math.min(at + 8, links.length - 1), PageUp: Math.max(at - 8, 0) }[event.key];
    if (to === undefined || !links[to]) return;
    event.preventDefault();
    links[to].focus();
  }, []);
  return (
    <ul ref={list} className={styles.rows}>
      {shown.map((row) => (
        <ChannelRow key={row.id} row={row} isOpen={row.id === open} isStop={row.id === stop} onKeyDown={move} onFocus={setFocused} />
      ))}
    </ul>
  );
}
