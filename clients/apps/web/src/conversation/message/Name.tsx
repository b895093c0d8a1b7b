import { selectName, type UserId } from '@rialto/core';

import { useRialtoState } from '../../app/rialto.tsx';
import { useWords } from '../words/words.ts';

/** What to call somebody; as long as they are not known: somebody. */
export function useName(user: UserId): string {
  const t = useWords();
  return useRialtoState((state) => selectName(state, user)) || t('somebody');
}

export function Name({ user }: { user: UserId }) {
  return <bdi>{useName(user)}</bdi>;
}
