import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';

import { App } from '../src/app/App.tsx';
import { Refused, renderApp, ME } from './support/app.tsx';

const described = (field: HTMLElement): string =>
  (field.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent ?? '')
    .join(' ');

test('a wrong password is said at its field, which gets the focus', async () => {
  const { user } = await renderApp(<App />, {
    answers: {
      'account.login': () => {
        throw new Refused('auth.wrong_credentials');
      },
    },
  });
  const password = await screen.findByLabelText('Password');
  await user.type(screen.getByLabelText('User name'), 'ana');
  await user.type(password, 'wrong{Enter}');
  await waitFor(() => expect(password.getAttribute('aria-invalid')).toBe('true'));
  expect(described(password)).toContain('The name or the password is wrong.');
  expect(document.activeElement).toBe(password);
});

test('a name that is taken is said at the name', async () => {
  const { user } = await renderApp(<App />, {
    answers: {
      'account.register': () => {
        throw new Refused('account.username_taken');
      },
    },
  });
  await user.click(await screen.findByRole('button', { name: 'Create an account' }));
  const name = screen.getByLabelText('User name');
  await user.type(name, 'ana');
  await user.type(screen.getByLabelText('Password'), 'correct horse{Enter}');
  await waitFor(() => expect(described(name)).toContain('This user name is taken.'));
  expect(document.activeElement).toBe(name);
});

test('a fault of no field is an alert', async () => {
  const { user } = await renderApp(<App />, {
    answers: {
      'account.login': () => {
        throw new Refused('limit.exceeded');
      },
    },
  });
  await user.type(await screen.findByLabelText('Password'), 'correct horse{Enter}');
  expect((await screen.findByRole('alert')).textContent).toContain('This was too often.');
});

test('the recovery key of an instant account is shown until its owner has kept it', async () => {
  const tokens = { user: ME, session: ME, device: ME, access_token: 'a', access_expires_in_ms: 900_000, refresh_token: 'r', recovery_key: 'KEEP-ME' };
  const { user } = await renderApp(<App />, { answers: { 'account.register': () => tokens } });
  await user.click(await screen.findByRole('button', { name: 'Start without a password' }));
  await user.click(screen.getByRole('button', { name: 'Start' }));
  const key = await screen.findByLabelText<HTMLInputElement>('Recovery key');
  expect(key.value).toBe('KEEP-ME');
  await user.keyboard('{Escape}');
  expect(screen.queryByLabelText('Recovery key')).not.toBeNull();
  await user.click(screen.getByRole('button', { name: 'I have kept it' }));
  expect(screen.queryByLabelText('Recovery key')).toBeNull();
  expect(localStorage.getItem('rialto.recovery-keys-kept')).toContain(ME);
});
