import { Suspense } from 'react';

import { SignIn } from '../accounts/SignIn.tsx';
import { Announcer } from '../ui/announce.tsx';
import { UpdateOffer } from '../worker/UpdateOffer.tsx';
import { useRialtoState } from './rialto.tsx';
import { Shell } from './Shell.tsx';

export function App() {
  const phase = useRialtoState((state) => state.session.phase);
  return (
    <>
      <Suspense>{phase === 'signedIn' ? <Shell /> : phase === 'signedOut' ? <SignIn /> : null}</Suspense>
      <Announcer />
      <UpdateOffer />
    </>
  );
}
