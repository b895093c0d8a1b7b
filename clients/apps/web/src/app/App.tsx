import { lazy, Suspense, useEffect } from 'react';

import { Announcer } from '../ui/announce.tsx';
import { UpdateOffer } from '../worker/UpdateOffer.tsx';
import { followMessages } from './notifications.ts';
import { useRialto, useRialtoState } from './rialto.tsx';

// Who signs in needs no shell yet, and who is signed in no door.
const loadShell = () => import('./Shell.tsx');
const Shell = lazy(() => loadShell().then(({ Shell: shell }) => ({ default: shell })));
const SignIn = lazy(() => import('../accounts/SignIn.tsx').then(({ SignIn: page }) => ({ default: page })));

const PREPARE_AFTER_MS = 1000;

export function App() {
  const rialto = useRialto();
  const { phase, user } = useRialtoState((state) => state.session);
  useEffect(() => followMessages(rialto), [rialto]);
  useEffect(() => {
    if (phase !== 'signedOut') return undefined;
    // What comes next is fetched while somebody types their name.
    const timer = setTimeout(() => void loadShell().catch(() => {}), PREPARE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [phase]);
  return (
    <>
      {/* Another account is another application: nothing of the one before stays open. */}
      <Suspense>{phase === 'signedIn' ? <Shell key={user} /> : phase === 'signedOut' ? <SignIn /> : null}</Suspense>
      <Announcer />
      <UpdateOffer />
    </>
  );
}
