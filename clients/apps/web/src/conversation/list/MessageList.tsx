// The messages of a channel: which stretch of them is shown, where it opens, and the line above what is new.

import { makeSelectTimeline, makeSelectUnread, type Seq, type State } from '@rialto/core';
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';

import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { toast } from '../../ui/toast.tsx';
import { DownIcon } from '../icons.tsx';
import { useTalk } from '../talk.ts';
import { useWords } from '../words/words.ts';
import { timeZone } from './day.ts';
import { isCovered, openingOf, type View } from './opening.ts';
import { placeIn } from './places.ts';
import { Rows, type RowsHandle } from './Rows.tsx';
import { isLooking, onLook } from './sight.ts';
import styles from './MessageList.module.css';

export interface MessageListHandle {
  /** Shows a message, wherever in the log it stands. */
  jumpTo(seq: Seq): void;
  toLatest(): void;
  focus(): void;
}

/** So long a stretch may be on its way before something else is shown instead. */
const PATIENCE_MS = 4000;

export function MessageList({ at, ref }: { at?: Seq | undefined; ref: Ref<MessageListHandle> }) {
  const t = useWords();
  const rialto = useRialto();
  const { channel } = useTalk();
  const rows = useRef<RowsHandle>(null);
  const [opening] = useState(() => openingOf(rialto.store.getState(), channel, at, placeIn(channel)));
  const [view, setView] = useState<View>(opening.view);
  const [newAfter, setNewAfter] = useState(opening.newAfter);
  const [isAtEnd, setAtEnd] = useState(opening.view.target.to === 'end');
  /** A message that somebody wants to see, and that is still to be read. */
  const [wanted, setWanted] = useState<Seq>();

  const selectTimeline = useMemo(makeSelectTimeline, []);
  const [zone] = useState(timeZone);
  const { around } = view;
  const timeline = useRialtoState((state) =>
    selectTimeline(state, { channel, timeZone: zone, ...(around !== undefined && { around }), ...(newAfter !== undefined && { newAfter }) }),
  );
  const selectUnread = useMemo(makeSelectUnread, []);
  const unread = useRialtoState((state) => selectUnread(state, channel).messages);
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const isThere = (state: State, seq: Seq) => isCovered(state.messages.logs[channel], seq, state.channels.byId[channel]?.since ?? 1);
  const isWantedHere = useRialtoState((state) => wanted !== undefined && isThere(state, wanted));
  const isAroundHere = useRialtoState((state) => around === undefined || isThere(state, around));
  const isHere = timeline.isHere && isAroundHere;

  // The stretch that one opens at, or another tab's history that was dropped, is read.
  useEffect(() => {
    if (isHere) return undefined;
    if (around !== undefined) rialto.messages.want(channel, { around });
    // Better the end of it than nothing, when there is no connection or no such place.
    const timer = setTimeout(() => around !== undefined && setView(({ turn }) => ({ target: { to: 'end' }, turn: turn + 1 })), isLive ? PATIENCE_MS : PATIENCE_MS / 2);
    return () => clearTimeout(timer);
  }, [rialto, channel, around, isHere, isLive]);

  useEffect(() => {
    if (wanted === undefined) return undefined;
    if (isWantedHere) {
      setWanted(undefined);
      setView(({ turn }) => ({ around: wanted, target: { to: 'message', seq: wanted }, turn: turn + 1 }));
      return undefined;
    }
    rialto.messages.want(channel, { around: wanted });
    const timer = setTimeout(() => {
      setWanted(undefined);
      toast(t('list.notFound'));
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [rialto, channel, wanted, isWantedHere, t]);

  // Who comes back to the window finds a line above what came meanwhile.
  useEffect(() => {
    const mine = () => rialto.store.getState().positions[channel]?.mine.read;
    let leftAt = isLooking() ? undefined : mine();
    const stopLooking = onLook(() => (leftAt = isLooking() ? undefined : (leftAt ?? mine())));
    const stopHearing = rialto.on('message', ({ channel: where, isMine, message }) => {
      if (where === channel && !isMine && leftAt !== undefined && message.seq > leftAt) setNewAfter((before) => before ?? leftAt);
    });
    return () => {
      stopLooking();
      stopHearing();
    };
  }, [rialto, channel]);

  const jumpTo = (seq: Seq) => {
    if (!rows.current?.reveal(seq)) setWanted(seq);
  };
  const toLatest = () => {
    setWanted(undefined);
    if (!timeline.hasNewer && isHere) rows.current?.toEnd();
    else setView(({ turn }) => ({ target: { to: 'end' }, turn: turn + 1 }));
  };
  useImperativeHandle(ref, () => ({ jumpTo, toLatest, focus: () => rows.current?.focus() }));

  // The address names another message of the same channel.
  const [shownAt, setShownAt] = useState(at);
  useEffect(() => {
    if (at === shownAt) return;
    setShownAt(at);
    if (at !== undefined) jumpTo(at);
  });

  return (
    <div className={styles.place}>
      {isHere ? (
        <Rows
          key={view.turn}
          ref={rows}
          rows={timeline.rows}
          target={view.target}
          around={around}
          older={timeline.older}
          newer={timeline.newer}
          zone={zone}
          onEnd={setAtEnd}
        />
      ) : (
        <Waiting />
      )}
      {(timeline.isLoadingOlder || wanted !== undefined) && isHere && <div className={styles.loading} role="presentation" />}
      {timeline.hasNewer && isHere ? (
        <div className={styles.older}>
          <span>{t('list.older')}</span>
          <button type="button" onClick={toLatest}>
            {t('list.toLatest')}
            {unread > 0 && <span className={styles.count}>{t('list.unread', { count: unread })}</span>}
          </button>
        </div>
      ) : (
        !isAtEnd &&
        timeline.rows.length > 0 && (
          <button type="button" className={styles.down} onClick={toLatest} aria-label={unread > 0 ? t('list.downUnread', { count: unread }) : t('list.down')} title={t('list.down')}>
            <DownIcon />
            {unread > 0 && <span className={styles.badge}>{unread > 999 ? '999+' : unread}</span>}
          </button>
        )
      )}
    </div>
  );
}

/** Nothing for a moment, then shapes of messages. */
function Waiting() {
  const t = useWords();
  return (
    <div className={styles.waiting} id="messages" tabIndex={-1} aria-busy="true" role="list" aria-label={t('list.name')}>
      {[60, 40, 75, 30, 50].map((width) => (
        <div key={width} role="presentation" style={{ inlineSize: `${width}%` }} />
      ))}
    </div>
  );
}
