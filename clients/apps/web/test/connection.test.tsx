import { actions } from '@rialto/core';
import { act, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { ConnectionBar } from '../src/app/ConnectionBar.tsx';
import { makeRoom, show } from '../src/conversation/test/room.tsx';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What the bar says of a connection that waits for its next attempt, and has for a while. */
function said(isOnline: boolean): string {
  vi.useFakeTimers();
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isOnline);
  const rialto = makeRoom();
  act(() => void rialto.store.dispatch(actions.connectionChanged({ phase: 'waiting', attempt: 1, afterMs: 1000 })));
  show(rialto, <ConnectionBar />);
  act(() => void vi.advanceTimersByTime(60_000));
  return screen.getByRole('region', { name: 'Connection' }).textContent;
}

test('a lost connection is sought again', () => expect(said(true)).toBe('Connecting…'));

test('without a network it is said that there is none', () => expect(said(false)).toBe('No network'));
