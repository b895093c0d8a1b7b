import { selectPresence, UNREAD_SHOWN, type ChannelRow as Row, type Mark } from '@rialto/core';
import { memo, type KeyboardEvent } from 'react';

import { useNow } from '../app/clock.ts';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { Link } from '../app/router.tsx';
import { languageNow } from '../i18n/language.ts';
import { number } from '../i18n/message.ts';
import { useT } from '../i18n/texts.ts';
import { shortMoment } from '../i18n/time.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { useMenu } from '../ui/Menu.tsx';
import { useChannelActions } from './actions.ts';
import { LastLine } from './LastLine.tsx';
import styles from './ChannelRow.module.css';

export interface ChannelRowProps {
  row: Row;
  isOpen: boolean;
  /** It is the list's one stop of the Tab key. */
  isStop: boolean;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  onFocus: (id: string) => void;
}

export const ChannelRow = memo(function ChannelRow({ row, isOpen, isStop, onKeyDown, onFocus }: ChannelRowProps) {
  const t = useT();
  const now = useNow();
  const rialto = useRialto();
  const isOnline = useRialtoState((state) => row.peer !== undefined && selectPresence(state, row.peer)?.isOnline === true);
  const title = row.title || t('person.unnamed');
  const actions = useChannelActions(rialto, row);
  const { open, isOpen: isMenuOpen, menu } = useMenu(t('row.actionsOf', { title }), actions);
  const { messages, mentions } = row.unread;
  return (
    <li className={styles.row} data-open={isOpen || undefined}>
      <Link
        to={{ page: 'channel', channel: row.id }}
        className={styles.link}
        aria-current={isOpen ? 'page' : undefined}
        data-channel={row.id}
        tabIndex={isStop ? 0 : -1}
        onKeyDown={onKeyDown}
        onFocus={() => onFocus(row.id)}
        onContextMenu={open}
        draggable={false}
      >
        <Avatar id={row.peer ?? row.id} name={title} size={44} isOnline={isOnline} />
        <span className={styles.title}>
          {row.kind !== 'direct' && <Icon name={row.kind === 'group' ? 'group' : 'broadcast'} size={15} />}
          <bdi>{title}</bdi>
          {isOnline && <span className="hidden-visually">{t('presence.online')}</span>}
          {row.isMuted && <Flag icon="bellOff" label={t('row.muted')} />}
          {row.isArchived && <Flag icon="archive" label={t('row.archived')} />}
        </span>
        {row.line && (
          <span className={styles.moment}>
            {row.line.mark && <Ticks mark={row.line.mark} />}
            <time dateTime={new Date(row.line.at).toISOString()}>
              <bdi>{shortMoment(row.line.at, now)}</bdi>
            </time>
          </span>
        )}
        <span className={styles.below}>
          <LastLine row={row} isOpen={isOpen} />
          <span className={styles.badges}>
            {row.isPinned && messages === 0 && <Flag icon="pin" label={t('row.pinned')} />}
            {mentions > 0 && (
              <span className={styles.mention}>
                <span aria-hidden="true">@</span>
                <span className="hidden-visually">{t('row.mentions', { count: mentions })}</span>
              </span>
            )}
            {messages > 0 && (
              <span className={styles.unread} data-muted={row.isMuted || undefined}>
                <span aria-hidden="true">{messages > UNREAD_SHOWN ? `${number(languageNow(), UNREAD_SHOWN)}+` : number(languageNow(), messages)}</span>
                <span className="hidden-visually">{t('row.unread', { count: messages })}</span>
              </span>
            )}
          </span>
        </span>
      </Link>
      {/* The row's own key (or its context menu) does the same; this is for pointers. */}
      <IconButton className={styles.more ?? ''} icon="more" label={t('row.actionsOf', { title })} tabIndex={-1} aria-haspopup="menu" aria-expanded={isMenuOpen} onClick={open} />
      {menu}
    </li>
  );
});

function Flag({ icon, label }: { icon: 'bellOff' | 'archive' | 'pin'; label: string }) {
  return (
    <span className={styles.flag}>
      <Icon name={icon} size={15} />
      <span className="hidden-visually">{label}</span>
    </span>
  );
}

const TICKS: Record<Mark, string> = {
  failed: 'M9 3v7M9 13v.1',
  sending: 'M9 2a6 6 0 1 0 0 12A6 6 0 0 0 9 2zM9 5v3l2 1',
  received: 'M4 8l3 4 6-9',
  stored: 'M4 8l3 4 6-9M4 15h9',
  delivered: 'M1 8l3 4 6-9M8 11l1 1 6-9',
  read: 'M1 8l3 4 6-9M8 11l1 1 6-9',
};

/** How far a message of one's own has come. */
function Ticks({ mark }: { mark: Mark }) {
  const t = useT();
  return (
    <span className={styles.ticks} data-mark={mark}>
      <svg aria-hidden="true" width="16" height="16" viewBox="0 0 18 17" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round">
        <path d={TICKS[mark]} />
      </svg>
      <span className="hidden-visually">{t(`mark.${mark}`)}</span>
    </span>
  );
}
