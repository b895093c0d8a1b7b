import { actions } from '@rialto/core';
import { act, fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { ANA, BO, makeRoom, rowsOf, show, tell } from '../test/room.tsx';
import { Message } from './Message.tsx';

const all = (rialto: ReturnType<typeof makeRoom>) => rowsOf(rialto).map((row) => <Message key={row.key} row={row} isActive={false} isPointedOut={false} />);

const NAUGHTY = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg/onload=alert(1)>',
  'javascript:alert(1)',
  '{{7*7}} ${7*7} <%= 7*7 %>',
  '&lt;b&gt; &amp; &#x41;',
  '\u202eright to left\u202c \u2066isolated\u2069',
  'Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮',
  '\u0000\u0001\u0007 control',
  '社會科學院語學研究所 ﷽ 🏳️‍⚧️ 👨‍👩‍👧‍👦',
  "'; DROP TABLE messages; --",
  'تست ١٢٣ test',
  '# **bold** [link](javascript:alert(1))',
  '__proto__',
];

test.each(NAUGHTY)('%s is shown as it was written, and is no markup', (text) => {
  const rialto = makeRoom();
  tell(rialto, [{ text }]);
  const { container } = show(rialto, all(rialto));
  const body = container.querySelector('[dir=auto]')!;
  expect(body.textContent).toBe(text);
  expect(body.querySelectorAll('*:not(a):not(bdi)')).toHaveLength(0);
  expect(container.querySelectorAll('script, img')).toHaveLength(0);
});

test('a name that looks like markup is a name', () => {
  const rialto = makeRoom();
  rialto.store.dispatch(actions.profilesFound([{ id: BO, display_name: '<b>Bo</b>' }]));
  tell(rialto, [{}]);
  show(rialto, all(rialto));
  expect(screen.getByText('<b>Bo</b>')).toBeTruthy();
});

test('links open elsewhere, and tell nobody where one came from', () => {
  const rialto = makeRoom();
  tell(rialto, [{ text: 'https://example.com' }]);
  show(rialto, all(rialto));
  const link = screen.getByRole('link');
  expect(link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  expect(link.getAttribute('target')).toBe('_blank');
});

test('within five minutes messages of one author are a group, with one name', () => {
  const rialto = makeRoom();
  const minute = 60_000;
  tell(rialto, [{ at: 0 }, { at: 4 * minute }, { at: 8 * minute }, { at: 14 * minute }, { at: 15 * minute, sender: ANA }]);
  const { container } = show(rialto, all(rialto));
  const firsts = [...container.querySelectorAll<HTMLElement>('[data-message]')].map((row) => row.dataset.first === 'true');
  expect(firsts).toEqual([true, false, false, true, true]);
  expect(container.querySelectorAll('[class*=author]')).toHaveLength(2);
});

test('a message that failed says why, and can be tried again or deleted', () => {
  const rialto = makeRoom();
  tell(rialto, []);
  const { clientId } = rialto.send('00000000-0000-4000-8000-000000000010', 'hello');
  rialto.store.dispatch(actions.messageFailed({ clientId, fault: { code: 'user.blocked', text: 'no' } }));
  const onAct = vi.fn();
  const { container } = show(rialto, all(rialto), { act: onAct });
  expect(container.querySelector('[data-message]')?.getAttribute('data-mark')).toBe('failed');
  expect(screen.getByText('Not sent: this person cannot be written to')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
  fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
  expect(onAct.mock.calls.map(([action]) => action)).toEqual(['retry', 'discard']);
});

test('a deleted message leaves a word in its place, and nothing of what it said', () => {
  const rialto = makeRoom({ head: 1 });
  tell(rialto, [{ text: 'secret' }]);
  rialto.store.dispatch(actions.entryArrived({ entry: { kind: 'delete', channel: '00000000-0000-4000-8000-000000000010', seq: 2, at: 2, sender: BO, target: 1 } as never, me: ANA }));
  const { container } = show(rialto, all(rialto));
  expect(container.textContent).not.toContain('secret');
  expect(screen.getByText('Message deleted')).toBeTruthy();
});

test('reactions tell who set them, and whether one did so oneself', () => {
  const rialto = makeRoom();
  tell(rialto, [{ reactions: [{ emoji: '🎉', count: 4, mine: true, users: [ANA, BO] }] }]);
  const onReact = vi.fn();
  show(rialto, all(rialto), { react: onReact });
  const button = screen.getByRole('button', { name: '🎉: You, Bo Østergård, and 2 others' });
  expect(button.getAttribute('aria-pressed')).toBe('true');
  act(() => button.click());
  expect(onReact).toHaveBeenCalledWith(expect.anything(), '🎉', false);
});

test('a quoted message is there to be jumped to', () => {
  const rialto = makeRoom();
  tell(rialto, [{ text: 'the first' }, { text: 'an answer', reply_to: 1 }]);
  const onJump = vi.fn();
  show(rialto, all(rialto), { jumpTo: onJump });
  fireEvent.click(screen.getByRole('button', { name: /the first/ }));
  expect(onJump).toHaveBeenCalledWith(1);
});
