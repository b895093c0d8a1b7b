// What the last visit left. It is the first thing that the page asks for (see main.tsx): the browser reads it while the rest of the client
// is still being compiled.

import { indexedDbStorage } from '@rialto/core/indexeddb';

export const storage = indexedDbStorage('rialto', { isAhead: true });
