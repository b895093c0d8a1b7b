import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { App } from '../src/app/App.tsx';
import { channelId, channelView, readyWith, renderApp } from './support/app.tsx';

const ROLE_ACTIONS = ['Edit title and description', 'Invite people', 'Leave', 'Delete for everyone'];

async function offered(role: 'member' | 'admin' | 'owner', kind: 'group' | 'broadcast' | 'direct') {
  history.replaceState(null, '', `/c/${channelId(1)}?details`);
  await renderApp(<App />, { ready: readyWith([channelView(1, { role, kind })]) });
  await screen.findByRole('complementary');
  return ROLE_ACTIONS.filter((name) => screen.queryByRole('button', { name }) !== null);
}

test.each([
  ['member', 'group', ['Invite people', 'Leave']],
  ['admin', 'group', ['Edit title and description', 'Invite people', 'Leave']],
  ['owner', 'group', ROLE_ACTIONS],
  ['member', 'broadcast', ['Leave']],
  ['admin', 'broadcast', ['Edit title and description', 'Invite people', 'Leave']],
  ['member', 'direct', []],
] as const)('a plain %s of a %s is offered only what is permitted', async (role, kind, expected) => {
  expect(await offered(role, kind)).toEqual(expected);
});

test('an owner may give roles and remove; a member may only write', async () => {
  history.replaceState(null, '', `/c/${channelId(1)}?details`);
  const { user } = await renderApp(<App />, { ready: readyWith([channelView(1, { role: 'owner' })]) });
  await user.click(await screen.findByRole('button', { name: 'Actions for Bo' }));
  expect(screen.getAllByRole('menuitem').map((it) => it.textContent)).toEqual(['Write a message', 'Make owner', 'Make admin', 'Remove']);
});
