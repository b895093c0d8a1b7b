// The order matters: the storage is asked before anything else of the client is so much as looked at.
import { storage } from './app/kept.ts';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import '@rialto/tokens/tokens.css';
import './app/base.css';
import { App } from './app/App.tsx';
import { followLook } from './app/look.ts';
import { painted } from './app/painted.ts';
import { fetchAhead, loadFirst } from './app/parts.ts';
import { followReplacement } from './app/replaced.ts';
import { createWebClient, RialtoProvider } from './app/rialto.tsx';

async function main(): Promise<void> {
  followReplacement();
  let show = () => {};
  const shown = new Promise<void>((resolve) => (show = resolve));
  const rialto = createWebClient(storage, shown);
  await rialto.start();
  await loadFirst(rialto);
  await followLook(rialto);
  createRoot(document.querySelector('#app')!).render(
    <StrictMode>
      <RialtoProvider rialto={rialto}>
        <App />
      </RialtoProvider>
    </StrictMode>,
  );
  void painted().then(show);
  fetchAhead(rialto);
}

void main();
