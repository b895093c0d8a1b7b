import { lazy, Suspense, useEffect } from 'react';

import { Announcer } from '../ui/announce.tsx';
import { UpdateOffer } from '../worker/UpdateOffer.tsx';
import { followMessages } from './notifications.ts';
import { useRialto, useRialtoState } from './rialto.tsx';
import { Shell } from './Shell.tsx';

const SignIn = lazy(() => import('../accounts/SignIn.tsx').then(({ SignIn: page }) => ({ default: page })));

export function App() {
  const rialto = useRialto();
  const { phase, user } = useRialtoState((state) => state.session);
  useEffect(() => followMessages(rialto), [rialto]);
  return (
    <>
      {/* Another account is another application: nothing of the one before stays open. */}
      <Suspense>{phase === 'signedIn' ? <Shell key={user} /> : phase === 'signedOut' ? <SignIn /> : null}</Suspense>
      <Announcer />
      <UpdateOffer />
    </>
  );
}
