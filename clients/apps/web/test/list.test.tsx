import { act, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';

import { App } from '../src/app/App.tsx';
import { channelId, channelView, readyWith, renderApp } from './support/app.tsx';

const list = () => screen.getByRole('navigation', { name: 'Conversations' });
const titles = () => [...list().querySelectorAll('a[data-channel] bdi:first-of-type')].map((it) => it.textContent).filter((text) => text?.startsWith('Channel'));
const rowOf = (number: number) => list().querySelector<HTMLElement>(`a[data-channel="${channelId(number)}"]`)!;

const three = () => readyWith([channelView(1), channelView(2, { pinned: true, unread: 3, head: 4, mentions: 1 }), channelView(3)]);

test('the pinned come first, then the ones of late', async () => {
  await renderApp(<App />, { ready: three() });
  expect(titles()).toEqual(['Channel 2', 'Channel 3', 'Channel 1']);
});

test('what is unread is told in words', async () => {
  await renderApp(<App />, { ready: three() });
  expect(rowOf(2).textContent).toContain('3 unread messages');
  expect(rowOf(2).textContent).toContain('1 mention of you');
  await waitFor(() => expect(document.title).toBe('(3) Rialto'));
});

test('arrow keys walk the list, which is one stop of the Tab key', async () => {
  const { user } = await renderApp(<App />, { ready: three() });
  const stops = () => [...list().querySelectorAll('a[data-channel][tabindex="0"]')];
  expect(stops()).toHaveLength(1);
  act(() => rowOf(2).focus());
  await user.keyboard('{ArrowDown}');
  expect(document.activeElement).toBe(rowOf(3));
  await user.keyboard('{End}');
  expect(document.activeElement).toBe(rowOf(1));
  await user.keyboard('{Home}');
  expect(document.activeElement).toBe(rowOf(2));
  expect(stops()).toEqual([rowOf(2)]);
});

test('the filter shows the unread, and keeps the one that is being read', async () => {
  const { user } = await renderApp(<App />, { ready: three() });
  await user.click(screen.getByRole('button', { name: 'Unread' }));
  expect(titles()).toEqual(['Channel 2']);
});

test('Alt and an arrow go to the next channel, with Shift to the next unread one', async () => {
  const { user } = await renderApp(<App />, { ready: three() });
  await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
  expect(location.pathname).toBe(`/c/${channelId(2)}`);
  await user.keyboard('{Alt>}{ArrowDown}{ArrowDown}{/Alt}');
  expect(location.pathname).toBe(`/c/${channelId(1)}`);
  await user.keyboard('{Alt>}{Shift>}{ArrowUp}{/Shift}{/Alt}');
  expect(location.pathname).toBe(`/c/${channelId(2)}`);
});

test('Shift and Escape mark everything as read', async () => {
  const { user, asked } = await renderApp(<App />, { ready: three() });
  await user.keyboard('{Shift>}{Escape}{/Shift}');
  await waitFor(() => expect(rowOf(2).textContent).not.toContain('unread'));
  await waitFor(() => expect(asked.some(({ command, data }) => command === 'mark' && JSON.stringify(data).includes('"read":4'))).toBe(true));
});

test('the menu of a row mutes it, and gives the focus back', async () => {
  const { user, asked } = await renderApp(<App />, { ready: three(), answers: { 'channel.mute': () => ({ muted_until: 9_007_199_254_740_991 }) } });
  act(() => rowOf(3).focus());
  await user.pointer({ keys: '[MouseRight]', target: rowOf(3) });
  const menu = screen.getByRole('menu');
  await user.keyboard('{ArrowDown}{Enter}');
  expect(menu.isConnected).toBe(false);
  expect(document.activeElement).toBe(rowOf(3));
  await waitFor(() => expect(asked).toContainEqual({ command: 'channel.mute', data: { channel: channelId(3), on: true } }));
  await waitFor(() => expect(within(rowOf(3)).getByText('Muted')).toBeDefined());
});

test('Ctrl+K finds a channel by a part of its name', async () => {
  const { user } = await renderApp(<App />, { ready: three() });
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('combobox'), '3');
  await user.keyboard('{Enter}');
  await waitFor(() => expect(location.pathname).toBe(`/c/${channelId(3)}`));
  expect(screen.queryByRole('dialog')).toBeNull();
});

test('a dialog gives the focus back to what opened it', async () => {
  const { user } = await renderApp(<App />, { ready: three() });
  const button = screen.getByRole('button', { name: 'New conversation' });
  await user.click(button);
  await screen.findByRole('dialog');
  expect(document.activeElement).not.toBe(button);
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(document.activeElement).toBe(button);
});

test('the question mark opens the help, unless letters are turned off', async () => {
  const { user, rialto } = await renderApp(<App />, { ready: three() });
  await user.keyboard('?');
  await screen.findByRole('dialog', { name: 'Keyboard shortcuts' });
  await user.keyboard('{Escape}');
  act(() => rialto.setPreferences({ letterShortcuts: false }));
  await user.keyboard('?');
  expect(screen.queryByRole('dialog')).toBeNull();
});
