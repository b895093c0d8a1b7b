// The one client of this page, and how components reach it.

import { browserSurroundings, browserTabs, createClient, type Rialto, type State, type Storage } from '@rialto/core';
import { createContext, use, useRef, useSyncExternalStore, type ReactNode } from 'react';

import { thisDevice } from './device.ts';
import { lazyTransport } from './transport.ts';

const Context = createContext<Rialto | undefined>(undefined);

/** `shown` is when the page shows something: connecting waits for that, as what was kept needs no connection. */
export function createWebClient(storage: Storage, shown: Promise<void>): Rialto {
  return createClient({
    transport: lazyTransport(() => Promise.all([import('@rialto/core/socketio'), shown]).then(([{ socketIo }]) => socketIo())),
    storage,
    tabs: browserTabs(),
    surroundings: browserSurroundings,
    client: { name: `Rialto Web (${thisDevice(navigator.userAgent)})`, version: '0.1' },
    onFault: (what, error) => console.error(what, error),
  });
}

export function RialtoProvider({ rialto, children }: { rialto: Rialto; children: ReactNode }) {
  return <Context value={rialto}>{children}</Context>;
}

export function useRialto(): Rialto {
  const rialto = use(Context);
  if (!rialto) throw new Error('useRialto is for components within a RialtoProvider');
  return rialto;
}

/**
 * A part of the state; the component is drawn again when that part is another one. `isSame` says what counts as the same, for parts that are
 * made anew each time they are asked for.
 */
export function useRialtoState<T>(select: (state: State) => T, isSame: (one: T, other: T) => boolean = Object.is): T {
  const { store } = useRialto();
  const last = useRef<{ state: State; select: (state: State) => T; part: T }>(undefined);
  const read = (): T => {
    const state = store.getState();
    const known = last.current;
    // React asks several times of one state, and must be given the same answer.
    if (known && known.state === state && known.select === select) return known.part;
    const part = select(state);
    const kept = known && isSame(known.part, part) ? known.part : part;
    last.current = { state, select, part: kept };
    return kept;
  };
  return useSyncExternalStore(store.subscribe, read);
}

/** The same things in the same order, or the same fields. */
export function isShallowlySame<T extends object>(one: T, other: T): boolean {
  const names = Object.keys(one) as (keyof T)[];
  return names.length === Object.keys(other).length && names.every((name) => Object.is(one[name], other[name]));
}
