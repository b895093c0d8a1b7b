import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import '@rialto/tokens/tokens.css';
import './app/base.css';
import { App } from './app/App.tsx';
import { followLook } from './app/look.ts';
import { fetchAhead } from './app/parts.ts';
import { createWebClient, RialtoProvider } from './app/rialto.tsx';

async function main(): Promise<void> {
  fetchAhead();
  const rialto = createWebClient();
  await rialto.start();
  await followLook(rialto);
  createRoot(document.querySelector('#app')!).render(
    <StrictMode>
      <RialtoProvider rialto={rialto}>
        <App />
      </RialtoProvider>
    </StrictMode>,
  );
}

void main();
