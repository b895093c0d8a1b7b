// Parts of the application that are files of their own, and when they are fetched.

import type { Rialto } from '@rialto/core';

import { part, type Loadable } from './part.ts';
import { routeNow } from './router.tsx';

// Who signs in needs no shell yet, and who is signed in no door.
export const door = part(() => import('../accounts/SignIn.tsx').then(({ SignIn }) => SignIn));
export const shell = part(() => import('./Shell.tsx').then(({ Shell }) => Shell));
export const conversation = part(() => import('../conversation/Conversation.tsx').then(({ Conversation }) => Conversation));
export const details = part(() => import('../channels/Details.tsx').then(({ Details }) => Details));
export const help = part(() => import('./Help.tsx').then(({ Help }) => Help));
export const join = part(() => import('../channels/Join.tsx').then(({ Join }) => Join));
export const newConversation = part(() => import('../channels/NewConversation.tsx').then(({ NewConversation }) => NewConversation));
export const settings = part(() => import('../settings/Settings.tsx').then(({ Settings }) => Settings));
export const settingsNav = part(() => import('../settings/Settings.tsx').then(({ SettingsNav }) => SettingsNav));
export const switcher = part(() => import('../channels/Switcher.tsx').then(({ Switcher }) => Switcher));

/** What can be opened from the shell, most wanted first: opened at once, and without a connection too. */
const WANTED_LATER = [conversation, details, switcher, newConversation, settings, settingsNav, help, join];

/** Whether somebody was signed in here last time: read by public/look.js, which has the browser fetch what comes first. */
const SIGNED_IN = 'rialto.signedIn';

/** Resolves when what the page shows first is here, or cannot be had. */
export async function loadFirst(rialto: Rialto): Promise<void> {
  const isSignedIn = rialto.store.getState().session.phase === 'signedIn';
  const first = isSignedIn ? [shell, ...(routeNow().page === 'channel' ? [conversation] : [])] : [door];
  await Promise.allSettled(first.map(({ load }) => load()));
}

/** Remembers who comes back, and fetches what may be wanted later when there is nothing else to do. */
export function fetchAhead(rialto: Rialto): void {
  let before: string | undefined;
  const follow = () => {
    const { phase } = rialto.store.getState().session;
    if (phase === before) return;
    before = phase;
    try {
      if (phase === 'signedIn') localStorage.setItem(SIGNED_IN, 'yes');
      else localStorage.removeItem(SIGNED_IN);
    } catch {
      // Without storage the parts are fetched when the client has found out by itself.
    }
  };
  follow();
  rialto.store.subscribe(follow);
  setTimeout(() => void loadOneByOne(WANTED_LATER), LATER_MS);
}

async function loadOneByOne(parts: readonly Loadable[]): Promise<void> {
  for (const { load } of parts) await load().catch(() => {});
}

const LATER_MS = 2000;
