// The one client of this page, and how components reach it.

import { browserSurroundings, browserTabs, createClient, indexedDbStorage, type Rialto, type State } from '@rialto/core';
import { createContext, use, type ReactNode } from 'react';
import { Provider, useSelector, type TypedUseSelectorHook } from 'react-redux';

import { thisDevice } from './device.ts';
import { lazyTransport } from './transport.ts';

const Context = createContext<Rialto | undefined>(undefined);

export function createWebClient(): Rialto {
  return createClient({
    transport: lazyTransport(() => import('@rialto/core/socketio').then(({ socketIo }) => socketIo())),
    storage: indexedDbStorage(),
    tabs: browserTabs(),
    surroundings: browserSurroundings,
    client: { name: `Rialto Web (${thisDevice(navigator.userAgent)})`, version: '0.1' },
    onFault: (what, error) => console.error(what, error),
  });
}

export function RialtoProvider({ rialto, children }: { rialto: Rialto; children: ReactNode }) {
  return (
    <Context value={rialto}>
      <Provider store={rialto.store}>{children}</Provider>
    </Context>
  );
}

export function useRialto(): Rialto {
  const rialto = use(Context);
  if (!rialto) throw new Error('useRialto is for components within a RialtoProvider');
  return rialto;
}

/** A part of the state; the component is drawn again when that part is another one. */
export const useRialtoState: TypedUseSelectorHook<State> = useSelector;
