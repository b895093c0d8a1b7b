import type { Mark as MarkName } from '@rialto/core';
import { render } from '@testing-library/react';
import { expect, test } from 'vitest';

import { Mark, nextMark, useMark } from './Mark.tsx';

const ORDER: MarkName[] = ['sending', 'received', 'stored', 'delivered', 'read'];

function permutations<T>(all: T[]): T[][] {
  return all.length < 2 ? [all] : all.flatMap((one, at) => permutations(all.filter((_, other) => other !== at)).map((rest) => [one, ...rest]));
}

test('in whatever order marks are told, none that is shown goes back', () => {
  for (const told of permutations(ORDER)) {
    let shown: MarkName | undefined;
    let before = -1;
    for (const mark of told) {
      shown = nextMark(shown, mark);
      expect(ORDER.indexOf(shown)).toBeGreaterThanOrEqual(before);
      before = ORDER.indexOf(shown);
    }
    expect(shown).toBe('read');
  }
});

test('a failure is shown, and so is the try after it', () => {
  expect(nextMark('received', 'failed')).toBe('failed');
  expect(nextMark('failed', 'sending')).toBe('sending');
});

function Own({ told }: { told: MarkName }) {
  const mark = useMark(told);
  return mark ? <Mark id="mark" mark={mark} isReachable={false} /> : null;
}

test('the shown mark keeps its name when an older one is told again', () => {
  const { rerender, getByTitle } = render(<Own told="sending" />);
  for (const told of ['received', 'delivered', 'stored', 'sending'] as const) rerender(<Own told={told} />);
  expect(getByTitle('Delivered to all').textContent).toBe('Delivered to all');
});

test('each mark has a name and a shape of its own, and not only a colour', () => {
  const shapes = ORDER.map((mark) => {
    const { container, unmount } = render(<Mark id="mark" mark={mark} isReachable={false} />);
    const { textContent } = container;
    const shape = container.querySelector('svg')!.innerHTML;
    unmount();
    return [textContent, shape];
  });
  expect(new Set(shapes.map(([name]) => name)).size).toBe(5);
  // Two ticks are two ticks; that they were read is said by the name as well.
  expect(new Set(shapes.map(([, shape]) => shape)).size).toBe(4);
});
