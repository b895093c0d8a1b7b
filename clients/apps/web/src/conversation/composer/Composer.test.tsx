import { actions, type Rialto } from '@rialto/core';
import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { ANA, BO, CARLA, CHANNEL, makeRoom, rowsOf, show, tell } from '../test/room.tsx';
import { Composer } from './Composer.tsx';

const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' });
const sent = (rialto: Rialto) => rialto.store.getState().outbox.map(({ what }) => what);

function open() {
  const rialto = makeRoom();
  const handle: { current: import('./Composer.tsx').ComposerHandle | null } = { current: null };
  const { unmount } = show(rialto, <Composer onSent={() => {}} ref={handle} />);
  return { rialto, handle, unmount, user: userEvent.setup() };
}

test('Enter sends, and the field is empty again', async () => {
  const { rialto, user } = open();
  await user.type(field(), 'hello{Enter}');
  expect(sent(rialto)).toEqual([{ body: { text: 'hello' } }]);
  expect(field().value).toBe('');
});

test('Shift and Enter break the line', async () => {
  const { rialto, user } = open();
  await user.type(field(), 'a{Shift>}{Enter}{/Shift}b');
  expect(field().value).toBe('a\nb');
  expect(sent(rialto)).toEqual([]);
});

test('nothing is sent while an input method composes', () => {
  const { rialto } = open();
  fireEvent.change(field(), { target: { value: 'にほん' } });
  fireEvent.keyDown(field(), { key: 'Enter', isComposing: true });
  fireEvent.keyDown(field(), { key: 'Enter', keyCode: 229 });
  expect(sent(rialto)).toEqual([]);
  fireEvent.keyDown(field(), { key: 'Enter', keyCode: 13 });
  expect(sent(rialto)).toHaveLength(1);
});

test('where Enter breaks the line, Control and Enter send', async () => {
  const { rialto, user } = open();
  act(() => rialto.setPreferences({ enterSends: false }));
  await user.type(field(), 'a{Enter}b');
  expect(sent(rialto)).toEqual([]);
  await user.keyboard('{Control>}{Enter}{/Control}');
  expect(sent(rialto)).toEqual([{ body: { text: 'a\nb' } }]);
});

test('blanks alone are not sent', async () => {
  const { rialto, user } = open();
  await user.type(field(), '  {Enter}');
  expect(sent(rialto)).toEqual([]);
});

test('the arrow up in an empty field edits what one wrote last, and Esc gives the draft back', async () => {
  const { rialto, user } = open();
  act(() => tell(rialto, [{ sender: ANA, text: 'mine' }, { sender: BO, text: 'not mine' }]));
  await user.click(field());
  await user.keyboard('{ArrowUp}');
  expect(field().value).toBe('mine');
  expect(screen.getByText('Editing your message')).toBeTruthy();
  await user.keyboard('{Escape}');
  expect(field().value).toBe('');
  expect(screen.queryByText('Editing your message')).toBeNull();
});

test('in a field with text the arrow up is an arrow', async () => {
  const { rialto, user } = open();
  act(() => tell(rialto, [{ sender: ANA, text: 'mine' }]));
  await user.type(field(), 'x{ArrowUp}');
  expect(field().value).toBe('x');
});

test('a reply goes with what it answers, and Esc lets go of that', async () => {
  const { rialto, handle, user } = open();
  act(() => tell(rialto, [{ text: 'a question' }]));
  act(() => handle.current!.reply(1));
  expect(screen.getByText('a question')).toBeTruthy();
  await user.type(field(), 'yes{Enter}');
  expect(sent(rialto)).toEqual([{ body: { text: 'yes' }, replyTo: 1 }]);
  act(() => handle.current!.reply(1));
  await user.type(field(), 'no{Escape}');
  expect(screen.queryByText('a question')).toBeNull();
  await user.keyboard('{Enter}');
  expect(sent(rialto)[1]).toEqual({ body: { text: 'no' } });
});

test('what is typed at once after a reply began is not turned round', async () => {
  const { rialto, handle, user } = open();
  act(() => tell(rialto, [{ text: 'a question' }]));
  await user.click(field());
  act(() => handle.current!.reply(1));
  await user.keyboard('n');
  await act(() => new Promise<void>((done) => requestAnimationFrame(() => done())));
  await user.keyboard('o');
  expect(field().value).toBe('no');
});

test('an @ offers the members; arrows choose, Enter takes, and the message calls them', async () => {
  const { rialto, user } = open();
  await user.type(field(), 'hey @');
  expect(screen.getAllByRole('option').map((it) => it.textContent)).toEqual(['BØBo Østergård@boris', 'CCarla', 'Everyone@all']);
  await user.keyboard('{ArrowDown}');
  const chosen = screen.getAllByRole('option')[1]!;
  expect(chosen.getAttribute('aria-selected')).toBe('true');
  expect(field().getAttribute('aria-activedescendant')).toBe(chosen.id);
  await user.keyboard('{Enter}');
  expect(field().value).toBe('hey @Carla ');
  expect(screen.queryByRole('listbox')).toBeNull();
  await user.keyboard('{Enter}');
  expect(sent(rialto)).toEqual([{ body: { text: 'hey @Carla' }, mentions: { users: [CARLA] } }]);
});

test('people are found by any word of their name, whatever its accents', async () => {
  const { user } = open();
  await user.type(field(), '@ost');
  expect(screen.queryAllByRole('option')).toHaveLength(0);
  await user.clear(field());
  await user.type(field(), '@øst');
  expect(screen.getAllByRole('option')).toHaveLength(1);
  await user.keyboard('{Escape}');
  expect(screen.queryByRole('listbox')).toBeNull();
  expect(field().value).toBe('@øst');
});

test('a draft outlives the composer', async () => {
  const { rialto, unmount, user } = open();
  await user.type(field(), 'half a thought');
  unmount();
  expect(rialto.store.getState().drafts[CHANNEL]).toEqual({ text: 'half a thought' });
  show(rialto, <Composer onSent={() => {}} ref={null} />);
  expect(field().value).toBe('half a thought');
});

test('a draft that comes from the storage is shown, but not over what is being written', async () => {
  const { rialto } = open();
  act(() => rialto.messages.draft(CHANNEL, { text: 'from before' }));
  await waitFor(() => expect(field().value).toBe('from before'));
  fireEvent.change(field(), { target: { value: 'from before!' } });
  act(() => rialto.messages.draft(CHANNEL, { text: 'from another tab' }));
  expect(field().value).toBe('from before!');
});

test('what is longer than the limit says so, and is not sent', () => {
  const { rialto } = open();
  fireEvent.change(field(), { target: { value: 'ä'.repeat(8193) } });
  expect(screen.getByText('2 bytes too long')).toBeTruthy();
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(sent(rialto)).toEqual([]);
});

test('who may not write is told why', () => {
  const rialto = makeRoom();
  show(rialto, <Composer onSent={() => {}} ref={null} />, { rights: { write: false, react: true, pin: false, deleteOthers: false, mentionAll: false, silenced: 'broadcast' } });
  expect(screen.queryByRole('textbox')).toBeNull();
  expect(screen.getByText('Only administrators write here.')).toBeTruthy();
});

test('what was sent is in the list at once, as being sent', async () => {
  const { rialto, user } = open();
  act(() => tell(rialto, []));
  await user.type(field(), 'hello{Enter}');
  expect(rowsOf(rialto).map(({ mark }) => mark)).toEqual(['sending']);
  act(() => void rialto.store.dispatch(actions.messageReceived({ clientId: rialto.store.getState().outbox[0]!.clientId })));
  expect(rowsOf(rialto).map(({ mark }) => mark)).toEqual(['received']);
});
