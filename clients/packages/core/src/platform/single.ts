// A program by itself: no other tabs, always online, always looking.

import type { Surroundings, Tabs } from '../ports.ts';

/** Work of one name runs one after the other, in the order in which it was wanted. */
export function singleTab(): Tabs {
  const turns = new Map<string, Promise<unknown>>();
  return {
    exclusively(name, work, signal) {
      const before = turns.get(name) ?? Promise.resolve();
      const turn = before.then(() => {
        signal?.throwIfAborted();
        return work();
      });
      turns.set(name, turn.catch(() => {}));
      return turn;
    },
    tell: () => {},
    listen: () => () => {},
    close: () => {},
  };
}

export const steadySurroundings: Surroundings = {
  isOnline: () => true,
  isVisible: () => true,
  listen: () => () => {},
};
