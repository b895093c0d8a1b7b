import { lazy, Suspense, useEffect } from 'react';

import { Announcer } from '../ui/announce.tsx';
import { Boundary } from './Boundary.tsx';
import { door, shell } from './parts.ts';
import { useRialtoState } from './rialto.tsx';

/** It has nothing to offer before the page has been used for a while. */
const UpdateOffer = lazy(() => import('../worker/UpdateOffer.tsx').then(({ UpdateOffer: offer }) => ({ default: offer })));

const PREPARE_AFTER_MS = 1000;

export function App() {
  const { phase, user } = useRialtoState((state) => state.session);
  useEffect(() => {
    if (phase !== 'signedOut') return undefined;
    // What comes next is fetched while somebody types their name.
    const timer = setTimeout(() => void shell.load().catch(() => {}), PREPARE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [phase]);
  return (
    <>
      {/* Another account is another application: nothing of the one before stays open. */}
      <Boundary>
        <Suspense>{phase === 'signedIn' ? <shell.Component key={user} /> : phase === 'signedOut' ? <door.Component /> : null}</Suspense>
      </Boundary>
      <Announcer />
      <Suspense>
        <UpdateOffer />
      </Suspense>
    </>
  );
}
