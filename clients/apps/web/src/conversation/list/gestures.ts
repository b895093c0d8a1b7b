// What fingers do on messages: a swipe towards the reader's end answers, a long press offers everything else. For each
// of them there is a button as well.

import { useRef, type PointerEvent } from 'react';

const HOLD_MS = 450;
/** A finger is never quite still. */
const STILL_PX = 10;
const SWIPE_PX = 56;
const FARTHEST_PX = 72;

interface Touch {
  element: HTMLElement;
  x: number;
  y: number;
  isSwipe: boolean;
  timer: ReturnType<typeof setTimeout>;
}

interface Gestures {
  onSwipe: (message: HTMLElement) => void;
  onHold: (message: HTMLElement, at: { x: number; y: number }) => void;
}

export function useGestures({ onSwipe, onHold }: Gestures) {
  const touch = useRef<Touch>(undefined);

  const end = () => {
    const { current } = touch;
    touch.current = undefined;
    if (!current) return;
    clearTimeout(current.timer);
    current.element.style.transform = '';
  };
  /** How far along the reading direction. */
  const along = ({ element, x }: Touch, event: PointerEvent) => (event.clientX - x) * (getComputedStyle(element).direction === 'rtl' ? -1 : 1);

  return {
    onPointerDown(event: PointerEvent) {
      end();
      const element = (event.target as Element).closest<HTMLElement>('[data-message]');
      if (event.pointerType === 'mouse' || !event.isPrimary || !element || (event.target as Element).closest('button')) return;
      const at = { x: event.clientX, y: event.clientY };
      const timer = setTimeout(() => {
        end();
        onHold(element, at);
      }, HOLD_MS);
      touch.current = { element, ...at, isSwipe: false, timer };
    },
    onPointerMove(event: PointerEvent) {
      const { current } = touch;
      if (!current) return;
      const by = along(current, event);
      if (!current.isSwipe) {
        if (Math.abs(event.clientY - current.y) > STILL_PX || by < -STILL_PX) return end();
        if (by < STILL_PX) return;
        clearTimeout(current.timer);
        current.isSwipe = true;
      }
      const shift = Math.max(0, Math.min(by, FARTHEST_PX)) * (getComputedStyle(current.element).direction === 'rtl' ? -1 : 1);
      current.element.style.transform = `translateX(${shift}px)`;
    },
    onPointerUp(event: PointerEvent) {
      const { current } = touch;
      const isFar = current?.isSwipe === true && along(current, event) >= SWIPE_PX;
      end();
      if (current && isFar) onSwipe(current.element);
    },
    onPointerCancel: end,
  };
}
