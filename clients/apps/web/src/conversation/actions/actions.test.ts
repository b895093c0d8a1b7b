import type { MessageRow } from '@rialto/core';
import { expect, test } from 'vitest';

import { rightsIn } from '../rights.ts';
import { actionsOn, isDeletableForAll } from './actions.ts';

const group = rightsIn({ kind: 'group', role: 'member', memberCount: 3 }, false);
const row = (more: Partial<MessageRow>): MessageRow => ({ type: 'message', key: 'k', seq: 1, sender: 'b', at: 1, body: { text: 'x' }, reactions: [], isMine: false, isDeleted: false, isPinned: false, isFirst: true, isLast: true, ...more });

test('what others wrote can be answered, but not edited', () => {
  expect(actionsOn(row({}), group)).toEqual(['reply', 'react', 'copy', 'forward', 'delete']);
  expect(actionsOn(row({ isMine: true, mark: 'stored' }), group)).toEqual(['reply', 'react', 'edit', 'copy', 'forward', 'info', 'delete']);
});

test('what failed can be tried again, and what is on its way be waited for', () => {
  expect(actionsOn(row({ seq: undefined as never, isMine: true, mark: 'failed' }), group)).toEqual(['retry', 'copy', 'discard']);
  const { seq: _, ...onItsWay } = row({ isMine: true, mark: 'sending' });
  expect(actionsOn(onItsWay, group)).toEqual(['copy']);
});

test('in a broadcast members react, and administrators write', () => {
  const member = rightsIn({ kind: 'broadcast', role: 'member', memberCount: 9 }, false);
  const admin = rightsIn({ kind: 'broadcast', role: 'admin', memberCount: 9 }, false);
  expect(member).toMatchObject({ write: false, react: true, silenced: 'broadcast' });
  expect(admin).toMatchObject({ write: true, pin: true });
  expect(isDeletableForAll(row({}), member)).toBe(false);
  expect(isDeletableForAll(row({}), admin)).toBe(true);
});

test('everyone is called by all in a small group, and by administrators in a large one', () => {
  expect(rightsIn({ kind: 'group', role: 'member', memberCount: 32 }, false).mentionAll).toBe(true);
  expect(rightsIn({ kind: 'group', role: 'member', memberCount: 33 }, false).mentionAll).toBe(false);
});

test('who is gone, and who blocked the other, does not write', () => {
  expect(rightsIn(undefined, false)).toMatchObject({ write: false, silenced: 'gone' });
  expect(rightsIn({ kind: 'direct', role: 'member', memberCount: 2 }, true)).toMatchObject({ write: false, silenced: 'blocked' });
});
