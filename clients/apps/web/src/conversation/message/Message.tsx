// One message.

import type { MessageRow } from '@rialto/core';
import { memo, useLayoutEffect, useRef, useState } from 'react';

import { dateAndTime, timeOfDay } from '../../i18n/time.ts';
import { Avatar, hueOf } from '../../ui/Avatar.tsx';
import { useRialtoState } from '../../app/rialto.tsx';
import { selectMessage } from '@rialto/core';
import { textOf } from '../actions/actions.ts';
import { DeleteIcon, MoreIcon, PinIcon, ReplyIcon, RetryIcon, SmileIcon } from '../icons.tsx';
import { useTalk } from '../talk.ts';
import { emojiOnly } from '../text/spans.ts';
import { useReason } from '../words/faults.ts';
import { useWords } from '../words/words.ts';
import { Body } from './Body.tsx';
import { Mark, useMark } from './Mark.tsx';
import { Name, useName } from './Name.tsx';
import { Quote } from './Quote.tsx';
import { Reactions } from './Reactions.tsx';
import styles from './Message.module.css';

interface MessageProps {
  row: MessageRow;
  /** It has the list's one tab stop: what is in it can be reached. */
  isActive: boolean;
  /** Somebody jumped to it. */
  isPointedOut: boolean;
}

export const Message = memo(
  function Message({ row, isActive, isPointedOut }: MessageProps) {
    const t = useWords();
    const talk = useTalk();
    const { kind, rights, sight, fresh } = talk;
    const ref = useRef<HTMLDivElement>(null);
    const [isFresh] = useState(() => fresh.has(row.key));
    const mark = useMark(row.mark);
    const name = useName(row.sender);
    const { seq, isMine, isDeleted, key } = row;

    useLayoutEffect(() => (seq === undefined || isMine ? undefined : sight.watch(ref.current!, seq)), [sight, seq, isMine]);

    const isGroup = kind !== 'direct';
    const text = textOf(row);
    const id = (part: string) => `${part}-${key}`;
    const act = (action: Parameters<typeof talk.act>[0]) => talk.act(action, row, ref.current!);
    return (
      <div
        ref={ref}
        role="listitem"
        className={styles.message}
        tabIndex={isActive ? 0 : -1}
        aria-labelledby={`${id('who')} ${id('what')} ${id('when')}${mark ? ` ${id('mark')}` : ''}`}
        data-message={key}
        data-seq={seq}
        data-mark={mark}
        data-mine={isMine || undefined}
        data-first={row.isFirst || undefined}
        data-last={row.isLast || undefined}
        data-fresh={isFresh || undefined}
        data-pointed-out={isPointedOut || undefined}
      >
        {isGroup && !isMine && <div className={styles.avatar}>{row.isFirst && <Avatar id={row.sender} name={name} size={32} />}</div>}
        <div className={styles.column}>
          <div className={styles.bubble} data-bubble data-bare={(text !== undefined && emojiOnly(text) > 0 && emojiOnly(text) <= 3 && row.replyTo === undefined && !isDeleted) || undefined}>
            <div id={id('who')} className={isGroup && !isMine && row.isFirst ? styles.author : 'hidden-visually'} data-author={hueOf(row.sender)}>
              {isMine ? t('you') : <bdi>{name}</bdi>}
            </div>
            {row.forwardedFrom && (
              <div className={styles.aside}>
                {t('message.forwarded')} <Name user={row.forwardedFrom} />
              </div>
            )}
            {row.replyTo !== undefined && !isDeleted && (
              <Quote channel={talk.channel} seq={row.replyTo} onOpen={() => talk.jumpTo(row.replyTo!)} isReachable={isActive} />
            )}
            <div className={styles.line}>
              <div id={id('what')} className={styles.said}>
                {row.body ? (
                  <Body body={row.body} mentions={row.mentions} isReachable={isActive} />
                ) : row.forwarding ? (
                  <Forwarding {...row.forwarding} isReachable={isActive} />
                ) : (
                  <em className={styles.deleted}>{t('message.deleted')}</em>
                )}
              </div>
              <div className={styles.meta}>
                {row.isPinned && (
                  <span title={t('message.pinned')}>
                    <PinIcon size={12} />
                    <span className="hidden-visually">{t('message.pinned')}</span>
                  </span>
                )}
                {row.editedAt !== undefined && <span title={dateAndTime(row.editedAt)}>{t('message.edited')}</span>}
                <time id={id('when')} dateTime={new Date(row.at).toISOString()} title={dateAndTime(row.at)}>
                  <bdi>{timeOfDay(row.at)}</bdi>
                </time>
                {mark && (
                  <Mark id={id('mark')} mark={mark} isReachable={isActive} onOpen={isGroup && seq !== undefined && !isDeleted ? () => act('info') : undefined} />
                )}
              </div>
            </div>
          </div>
          {mark === 'failed' && <Failure row={row} isReachable={isActive} />}
          {row.reactions.length > 0 && <Reactions row={row} isReachable={isActive} />}
        </div>
        {(seq !== undefined || mark === 'failed' || text !== undefined) && (
          <div className={styles.tools}>
            {seq !== undefined && !isDeleted && rights.react && (
              <Tool label={t('action.react')} isReachable={isActive} isQuick onClick={() => act('react')}>
                <SmileIcon />
              </Tool>
            )}
            {seq !== undefined && !isDeleted && rights.write && (
              <Tool label={t('action.reply')} isReachable={isActive} isQuick onClick={() => act('reply')}>
                <ReplyIcon />
              </Tool>
            )}
            <Tool label={t('action.more')} isReachable={isActive} hasMenu onClick={(button) => talk.openMenu(row, button)}>
              <MoreIcon />
            </Tool>
          </div>
        )}
      </div>
    );
  },
  (one, other) => one.isActive === other.isActive && one.isPointedOut === other.isPointedOut && isSame(one.row, other.row),
);

/** Rows are made anew with each change of the conversation; most of them say the same as before. */
function isSame(one: MessageRow, other: MessageRow): boolean {
  if (one === other) return true;
  const names = Object.keys(one) as (keyof MessageRow)[];
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name] || (name === 'reactions' && one.reactions.length + other.reactions.length === 0));
}

interface ToolProps {
  label: string;
  isReachable: boolean;
  /** There is a key, a menu item or a gesture for it as well: narrow screens leave it out. */
  isQuick?: boolean;
  hasMenu?: boolean;
  onClick: (button: HTMLElement) => void;
  children: React.ReactNode;
}

function Tool({ label, isReachable, isQuick = false, hasMenu = false, onClick, children }: ToolProps) {
  return (
    <button
      type="button"
      className={styles.tool}
      aria-label={label}
      title={label}
      aria-haspopup={hasMenu ? 'menu' : undefined}
      tabIndex={isReachable ? 0 : -1}
      data-quick={isQuick || undefined}
      onClick={(event) => onClick(event.currentTarget)}
    >
      {children}
    </button>
  );
}

/** Why it was not sent, and what can be done. */
function Failure({ row, isReachable }: { row: MessageRow; isReachable: boolean }) {
  const t = useWords();
  const { act } = useTalk();
  const reason = useReason();
  const tabIndex = isReachable ? 0 : -1;
  return (
    <div className={styles.failure}>
      <span>{t('failure.notSent', { reason: reason(row.fault) })}</span>
      <button type="button" tabIndex={tabIndex} onClick={(event) => act('retry', row, event.currentTarget)}>
        <RetryIcon size={16} />
        {t('action.retry')}
      </button>
      <button type="button" tabIndex={tabIndex} onClick={(event) => act('discard', row, event.currentTarget)}>
        <DeleteIcon size={16} />
        {t('action.discard')}
      </button>
    </div>
  );
}

/** A forward on its way says what the message says that it forwards. */
function Forwarding({ from, target, isReachable }: { from: string; target: number; isReachable: boolean }) {
  const t = useWords();
  const message = useRialtoState((state) => selectMessage(state, from, target));
  return message?.body ? <Body body={message.body} isReachable={isReachable} /> : <em>{t('message.forwarding')}</em>;
}
