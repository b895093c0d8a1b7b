// Parts of the application that are files of their own, and when they are fetched.

import { routeNow } from './router.tsx';

export const loadConversation = () => import('../conversation/Conversation.tsx');

/** Fetches what the address will need beside the rest; and otherwise when there is nothing else to do. */
export function fetchAhead(): void {
  const load = () => void loadConversation().catch(() => {});
  if (routeNow().page === 'channel') load();
  else setTimeout(load, 2000);
}
