// The rows of one stretch, of which only those near the window are in the document.
//
// Three things move the window: somebody scrolls; rows come at the upper end, and then it stays on what one reads; or it
// stands at the end, and then it stays there, whatever grows or shrinks.

import type { MessageRow, Page, Seq, TimelineRow } from '@rialto/core';
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type Ref } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';

import { useNow } from '../../app/clock.ts';
import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { actionsOn } from '../actions/actions.ts';
import { Message } from '../message/Message.tsx';
import { useTalk } from '../talk.ts';
import { useWords } from '../words/words.ts';
import { arrivedAfter, isPrepended } from './changes.ts';
import { FloatingDay, type FloatingDayHandle } from './FloatingDay.tsx';
import { nameOfDay } from './day.ts';
import { useGestures } from './gestures.ts';
import type { Target } from './opening.ts';
import { leave } from './places.ts';
import styles from './MessageList.module.css';

export interface RowsHandle {
  /** Shows a message of this stretch; says whether it is in it. */
  reveal(seq: Seq): boolean;
  toEnd(): void;
  focus(): void;
}

interface RowsProps {
  rows: TimelineRow[];
  target: Target;
  around: Seq | undefined;
  older: Page | undefined;
  newer: Page | undefined;
  zone: string;
  onEnd: (isAtEnd: boolean) => void;
  ref: Ref<RowsHandle>;
}

/** With fewer rows than this beyond the window, more are read. */
const AHEAD = 25;
/** Nearer than this to the end is at the end. */
const END_PX = 8;
/** What stands above the line of what is new stays in sight a little. */
const NEW_ROOM_PX = 64;
const POINTED_OUT_MS = 1500;
/** Two frames: rows are measured in the first. */
const SETTLING_MS = 150;

export function Rows({ rows, target, around, older, newer, zone, onEnd, ref }: RowsProps) {
  const t = useWords();
  const rialto = useRialto();
  const talk = useTalk();
  const letters = useRialtoState((state) => state.settings.preferences.letterShortcuts);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const floating = useRef<FloatingDayHandle>(null);
  const before = useRef<TimelineRow[]>(rows);
  const offset = useRef(0);
  const sticks = useRef(target.to === 'end');
  const settled = useRef(false);
  /** The message that has the tab stop, by its key. */
  const [active, setActive] = useState<string>();
  const isFocusWanted = useRef(false);
  const [pointedOut, setPointedOut] = useState<string>();

  const isShift = isPrepended(before.current, rows);
  for (const key of arrivedAfter(before.current, rows)) talk.fresh.add(key);

  // ── the end ──

  const pin = useCallback(() => {
    const element = scroller.current;
    if (element && sticks.current) element.scrollTop = element.scrollHeight;
  }, []);

  useLayoutEffect(() => {
    const arrived = arrivedAfter(before.current, rows);
    const last = rows.at(-1);
    // One's own words are always looked at.
    if (arrived.length > 0 && last?.type === 'message' && last.isMine && last.seq === undefined) sticks.current = true;
    before.current = rows;
    if (arrived.length === 0) return;
    setTimeout(() => arrived.forEach((key) => talk.fresh.delete(key)), POINTED_OUT_MS);
  }, [rows, talk]);

  // The observer is called between layout and painting: the window moves in the frame in which the rows grew, and the
  // browser need not lay them out a second time to be asked for their height.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(pin);
    observer.observe(scroller.current!);
    observer.observe(content.current!);
    return () => observer.disconnect();
  }, [pin]);

  useLayoutEffect(() => talk.sight.begin(scroller.current!), [talk.sight]);

  // ── where it opens, and where one leaves it ──

  useLayoutEffect(() => {
    const index = indexOf(rows, target);
    if (index >= 0) {
      const isMessage = target.to === 'message';
      list.current!.scrollToIndex(index, { align: isMessage ? 'center' : 'start', offset: target.to === 'place' ? target.place.above : target.to === 'new' ? -NEW_ROOM_PX : 0 });
      if (isMessage && rows[index]!.type === 'message') setPointedOut(rows[index]!.key);
    } else {
      sticks.current = true;
      pin();
    }
    const timer = setTimeout(() => {
      settled.current = true;
      // What fits into the window as a whole is at its end, and is never scrolled there.
      if (!newer && restBelow(scroller.current!) <= END_PX) sticks.current = true;
      look();
    }, SETTLING_MS);
    return () => clearTimeout(timer);
    // Only at the beginning: from then on it is scrolled.
  }, []);

  useEffect(() => {
    if (pointedOut === undefined) return undefined;
    const timer = setTimeout(() => setPointedOut(undefined), POINTED_OUT_MS);
    return () => clearTimeout(timer);
  }, [pointedOut]);

  useLayoutEffect(() => {
    const { channel } = talk;
    return () => {
      const at = list.current;
      if (!at || !settled.current) return;
      const index = at.findItemIndex(offset.current);
      const row = before.current[index];
      leave(channel, sticks.current || !row ? undefined : { key: row.key, above: offset.current - at.getItemOffset(index), ...(around !== undefined && { around }) });
    };
  }, [talk, around]);

  // ── scrolling ──

  /** Asks for more where the window comes near an end, and tells whether it is at the end. */
  const look = () => {
    const at = list.current;
    const element = scroller.current;
    if (!at || !element || !settled.current) return;
    const first = at.findItemIndex(at.scrollOffset);
    const last = at.findItemIndex(at.scrollOffset + at.viewportSize);
    if (older && first < AHEAD) rialto.messages.want(talk.channel, older);
    if (newer && last > rows.length - AHEAD) rialto.messages.want(talk.channel, newer);
    onEnd(!newer && sticks.current);
  };
  useEffect(look, [rows, older, newer]);

  const scrolled = (to: number) => {
    const rest = restBelow(scroller.current!);
    const isUp = to < offset.current - 1;
    offset.current = to;
    // What grows below moves the end away, not the window from the end: only who goes up leaves it.
    if (rest <= END_PX) sticks.current = !newer;
    else if (isUp && settled.current) sticks.current = false;
    look();
    if (settled.current && !sticks.current) floating.current?.show(dayAt(rows, list.current!.findItemIndex(to)));
  };

  // ── focus ──

  const place = active === undefined ? -1 : rows.findIndex(({ key }) => key === active);

  const focusOn = (index: number) => {
    isFocusWanted.current = true;
    setActive(rows[index]!.key);
  };
  useLayoutEffect(() => {
    if (!isFocusWanted.current || place < 0) return;
    isFocusWanted.current = false;
    elementOf(scroller.current!, active!)?.focus({ preventScroll: true });
    list.current!.scrollToIndex(place, { align: 'nearest' });
  }, [active, place]);

  /** The lowest message in the window. */
  const lowest = (): number => {
    const at = list.current!;
    const last = Math.min(rows.length - 1, at.findItemIndex(at.scrollOffset + at.viewportSize - 1));
    return stepFrom(rows, last + 1, -1) ?? -1;
  };

  useImperativeHandle(ref, () => ({
    reveal(seq) {
      const index = rows.findIndex((row) => row.type === 'message' && row.seq === seq);
      if (index < 0) return false;
      sticks.current = false;
      list.current!.scrollToIndex(index, { align: 'center' });
      setPointedOut(rows[index]!.key);
      focusOn(index);
      return true;
    },
    toEnd() {
      sticks.current = true;
      // The list may still be on its way to where it opened, and would go on there: a newer wish of the same kind ends that.
      if (rows.length > 0) list.current!.scrollToIndex(rows.length - 1, { align: 'end' });
      pin();
      onEnd(true);
    },
    focus: () => scroller.current?.focus(),
  }));

  const rowOf = (element: EventTarget | null): MessageRow | undefined => {
    const key = element instanceof Element ? element.closest<HTMLElement>('[data-message]')?.dataset.message : undefined;
    return key === undefined ? undefined : (rows.find((row) => row.key === key) as MessageRow | undefined);
  };

  const keyed = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = rowOf(event.target);
    if (!row || !(event.target instanceof HTMLElement)) return;
    const element = event.target.closest<HTMLElement>('[data-message]')!;
    const isOnRow = event.target === element;
    const index = rows.indexOf(row);
    const go = (to: number | undefined) => {
      event.preventDefault();
      if (to !== undefined) focusOn(to);
    };
    if (event.key === 'Escape') {
      event.preventDefault();
      if (isOnRow) scroller.current!.closest('section')?.querySelector('textarea')?.focus();
      else element.focus();
      return;
    }
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      event.preventDefault();
      return talk.openMenu(row, element);
    }
    if (!isOnRow) return;
    switch (event.key) {
      case 'ArrowUp':
        return event.altKey ? undefined : go(stepFrom(rows, index, -1));
      case 'ArrowDown':
        return event.altKey ? undefined : go(stepFrom(rows, index, 1));
      case 'Home':
        return go(stepFrom(rows, -1, 1));
      case 'End':
        return go(stepFrom(rows, rows.length, -1));
      case 'Enter':
        event.preventDefault();
        return talk.openMenu(row, element);
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = actionsOn(row, talk.rights);
    const wish = event.key === 'Delete' ? (row.mark === 'failed' ? 'discard' : 'delete') : letters ? ({ r: 'reply', e: 'react' } as const)[event.key.toLowerCase()] : undefined;
    if (!wish || !actions.includes(wish)) return;
    event.preventDefault();
    talk.act(wish, row, element);
  };

  const openMenu = (event: MouseEvent) => {
    const row = rowOf(event.target);
    // Links and chosen text have a menu of the browser's own.
    if (!row || (event.target as Element).closest('a') || getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    const element = elementOf(scroller.current!, row.key)!;
    element.focus({ preventScroll: true });
    talk.openMenu(row, element, { x: event.clientX, y: event.clientY });
  };

  const gestures = useGestures({
    onSwipe: (element) => {
      const row = rowOf(element);
      if (row && actionsOn(row, talk.rights).includes('reply')) talk.act('reply', row, element);
    },
    onHold: (element, at) => {
      const row = rowOf(element);
      if (row) talk.openMenu(row, element, at);
    },
  });

  return (
    <>
      <div
        ref={scroller}
        id="messages"
        className={styles.scroller}
        // Without a message it is no list: one that has no items is a riddle to screen readers.
        role={rows.length > 0 ? 'list' : 'group'}
        aria-label={t('list.name')}
        aria-live="off"
        tabIndex={active === undefined ? 0 : -1}
        onKeyDown={keyed}
        onContextMenu={openMenu}
        onFocus={(event) => {
          // The tab stop of the whole list is the message that one sees last.
          if (event.target === event.currentTarget && lowest() >= 0) return focusOn(lowest());
          const row = rowOf(event.target);
          if (row && row.key !== active) setActive(row.key);
        }}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget) && document.hasFocus()) setActive(undefined);
        }}
        {...gestures}
      >
        {rows.length === 0 && (
          <p className={styles.empty}>
            {t('list.empty')}
          </p>
        )}
        <div ref={content} className={styles.content} role="presentation">
          <Virtualizer
            ref={list}
            scrollRef={scroller}
            data={rows}
            shift={isShift}
            bufferSize={400}
            keepMounted={place < 0 ? [] : [place]}
            onScroll={scrolled}
            onResize={pin}
          >
            {(row) => {
              switch (row.type) {
                case 'message':
                  return <Message key={row.key} row={row} isActive={row.key === active} isPointedOut={row.key === pointedOut} />;
                case 'day':
                  return <Day key={row.key} day={row.day} zone={zone} />;
                case 'new':
                  return (
                    <div key={row.key} role="listitem" className={styles.new} data-new>
                      <span>{t('list.new')}</span>
                    </div>
                  );
              }
            }}
          </Virtualizer>
        </div>
      </div>
      <FloatingDay ref={floating} zone={zone} />
    </>
  );
}

/** Today is yesterday soon, whether anything happens or not. */
function Day({ day, zone }: { day: string; zone: string }) {
  // It is only to be asked anew each minute: what has just come may be of a day that begins now.
  useNow();
  return (
    <div role="listitem" className={styles.day} data-day={day}>
      <span>{nameOfDay(day, Date.now(), zone)}</span>
    </div>
  );
}

/** How much there is below the window. */
const restBelow = ({ scrollHeight, clientHeight, scrollTop }: Element): number => scrollHeight - clientHeight - scrollTop;

function elementOf(scroller: Element, key: string): HTMLElement | null {
  return scroller.querySelector<HTMLElement>(`[data-message="${CSS.escape(key)}"]`);
}

/** The next message from a place on, in one direction. */
function stepFrom(rows: readonly TimelineRow[], from: number, by: 1 | -1): number | undefined {
  for (let at = from + by; at >= 0 && at < rows.length; at += by) if (rows[at]!.type === 'message') return at;
  return undefined;
}

function dayAt(rows: readonly TimelineRow[], from: number): string | undefined {
  for (let at = Math.min(from, rows.length - 1); at >= 0; at -= 1) {
    const row = rows[at]!;
    if (row.type === 'day') return row.day;
  }
  return undefined;
}

/** Where to begin; nowhere means at the end. */
function indexOf(rows: readonly TimelineRow[], target: Target): number {
  switch (target.to) {
    case 'end':
      return -1;
    case 'new':
      return rows.findIndex(({ type }) => type === 'new');
    case 'place':
      return rows.findIndex(({ key }) => key === target.place.key);
    case 'message':
      // If it is gone, what came after it is the next best.
      return rows.findIndex((row) => row.type === 'message' && (row.seq === undefined || row.seq >= target.seq));
  }
}
