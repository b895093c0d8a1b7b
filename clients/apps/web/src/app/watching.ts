// Whose presence is of interest. Several views say so; the server is told of all of them at once.

import { useEffect } from 'react';

import { useRialto } from './rialto.tsx';

const wanted = new Map<symbol, readonly string[]>();

/** As many as a server watches by default. */
const AT_ONCE = 100;

/** As long as the view is there, it is known whether these people are online. */
export function useWatching(users: readonly string[]): void {
  const rialto = useRialto();
  // In an order of their own: who moves up in a list is watched as before.
  const key = users.slice(0, AT_ONCE).sort().join(' ');
  useEffect(() => {
    const view = Symbol('view');
    const tell = () => {
      // The newest view first: the server watches only so many.
      const union = [...new Set([...wanted.values()].reverse().flat())];
      const { watched } = rialto.store.getState().presence;
      if (union.length !== watched.length || union.some((user, at) => user !== watched[at])) rialto.people.watch(union);
    };
    wanted.set(view, key === '' ? [] : key.split(' '));
    tell();
    return () => {
      wanted.delete(view);
      tell();
    };
  }, [rialto, key]);
}
