import { render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Boundary } from '../src/app/Boundary.tsx';

// React tells of what it could not draw, also where somebody took care of it.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

function Missing(): never {
  throw new TypeError('Failed to fetch dynamically imported module');
}

test('what cannot be drawn is told, and the rest stays', () => {
  render(
    <>
      <p>The list</p>
      <Boundary>
        <Missing />
      </Boundary>
    </>,
  );
  expect(screen.getByRole('alert').textContent).toContain('What you wrote is kept on this device');
  expect(screen.getByRole('button', { name: 'Load again' })).toBeDefined();
  expect(screen.getByText('The list')).toBeDefined();
});

test('something else is tried', () => {
  const { rerender } = render(
    <Boundary of="/settings">
      <Missing />
    </Boundary>,
  );
  rerender(<Boundary of="/c/1">A conversation</Boundary>);
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getByText('A conversation')).toBeDefined();
});
