// What a browser has: other tabs, a network that comes and goes, somebody who looks or does not.

import type { Surroundings, TabMessage, Tabs } from '../ports.ts';
import { singleTab } from './single.ts';

/**
 * Tabs that know of each other by Web Locks and a BroadcastChannel. Web Locks need a secure context (https, or
 * localhost); elsewhere each tab is by itself.
 */
export function browserTabs(name = 'rialto'): Tabs {
  const alone = singleTab();
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name);
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  return {
    exclusively: <T>(lock: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
      locks ? (locks.request(lock, signal ? { signal } : {}, work) as Promise<T>) : alone.exclusively(lock, work, signal),
    tell: (message) => channel?.postMessage(message),
    listen(listener) {
      const hear = ({ data }: MessageEvent<TabMessage>) => listener(data);
      channel?.addEventListener('message', hear);
      return () => channel?.removeEventListener('message', hear);
    },
    close: () => channel?.close(),
  };
}

export const browserSurroundings: Surroundings = {
  listen(listener) {
    const on = (target: EventTarget, event: string, tell: () => void) => {
      target.addEventListener(event, tell);
      return () => target.removeEventListener(event, tell);
    };
    const stops = [
      on(window, 'online', () => listener('online')),
      on(window, 'offline', () => listener('offline')),
      on(document, 'visibilitychange', () => listener(document.visibilityState === 'visible' ? 'visible' : 'hidden')),
      // A page that is loaded again lives on until its successor answers: time enough to keep what came a moment ago. After `pagehide` there is none.
      on(window, 'beforeunload', () => listener('hidden')),
      // Not every browser tells the ones before a page is closed or put away.
      on(window, 'pagehide', () => listener('hidden')),
    ];
    return () => stops.forEach((stop) => stop());
  },
};
