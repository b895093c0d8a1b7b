// What was seen: a message that was at least half visible for half a second, in a window that somebody looks at.

import type { Seq } from '@rialto/core';

const LONG_ENOUGH_MS = 500;

/** Nobody looks at a hidden tab, nor at a window behind another one. */
export const isLooking = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/** Calls when somebody begins or ceases to look; what it gives back ends that. */
export function onLook(call: () => void): () => void {
  const events = [
    [document, 'visibilitychange'],
    [window, 'focus'],
    [window, 'blur'],
  ] as const;
  events.forEach(([target, event]) => target.addEventListener(event, call));
  return () => events.forEach(([target, event]) => target.removeEventListener(event, call));
}

export class Sight {
  #visible = new Map<Seq, ReturnType<typeof setTimeout> | undefined>();
  #observer: IntersectionObserver | undefined;
  #watched = new Map<Element, Seq>();
  #see: (seq: Seq) => void;

  constructor(see: (seq: Seq) => void) {
    this.#see = see;
  }

  /** Begins to look at a scrolled area; what it gives back ends that. */
  begin(root: Element): () => void {
    this.#observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#changed(entry)), { root, threshold: [0, 0.25, 0.5, 0.75, 1] });
    for (const element of this.#watched.keys()) this.#observer.observe(element);
    const stop = onLook(() => this.#look());
    return () => {
      stop();
      this.#observer?.disconnect();
      for (const timer of this.#visible.values()) clearTimeout(timer);
      this.#visible.clear();
    };
  }

  watch(element: Element, seq: Seq): () => void {
    this.#watched.set(element, seq);
    this.#observer?.observe(element);
    return () => {
      this.#watched.delete(element);
      this.#observer?.unobserve(element);
      this.#gone(seq);
    };
  }

  #changed({ target, isIntersecting, intersectionRatio, intersectionRect, rootBounds }: IntersectionObserverEntry): void {
    const seq = this.#watched.get(target);
    if (seq === undefined) return;
    // Of what is higher than the window, no half is ever visible at once; half a window of it is enough.
    const isHalf = isIntersecting && (intersectionRatio >= 0.5 || (rootBounds !== null && intersectionRect.height >= rootBounds.height / 2));
    if (!isHalf) this.#gone(seq);
    else if (!this.#visible.has(seq)) {
      this.#visible.set(seq, undefined);
      this.#look();
    }
  }

  #gone(seq: Seq): void {
    clearTimeout(this.#visible.get(seq));
    this.#visible.delete(seq);
  }

  /** Half a second counts from when somebody looks. */
  #look(): void {
    const isSomebody = isLooking();
    for (const [seq, timer] of this.#visible) {
      if (!isSomebody) {
        clearTimeout(timer);
        this.#visible.set(seq, undefined);
      } else if (timer === undefined) {
        this.#visible.set(
          seq,
          setTimeout(() => isLooking() && this.#see(seq), LONG_ENOUGH_MS),
        );
      }
    }
  }
}
