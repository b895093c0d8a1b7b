// The application over a server made of answers: what the core would be told, without a line to tell it.

import { createClient, memoryStorage, type ChannelView, type Ready, type Rialto, type Transport } from '@rialto/core';
import { act, render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';

import { RialtoProvider } from '../../src/app/rialto.tsx';

export const ME = '00000000-0000-7000-8000-000000000001';
export const BO = '00000000-0000-7000-8000-000000000002';
export const channelId = (number: number): string => `00000000-0000-7000-9000-${String(number).padStart(12, '0')}`;

type Answers = Record<string, (data: never) => unknown>;

/** A server's *no*. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

export interface Asked {
  command: string;
  data: unknown;
}

/** Answers commands by `answers`, and keeps what was asked. */
export function scripted(answers: Answers, ready?: Ready): { transport: Transport; asked: Asked[]; tell: (event: string, data: unknown) => void } {
  const asked: Asked[] = [];
  let hear: ((event: string, data: unknown) => void) | undefined;
  const transport: Transport = {
    open(hello, listener) {
      let isOver = false;
      queueMicrotask(() => {
        if (isOver) return;
        listener.opened();
        if (!hello?.token || !ready) return;
        hear = (event, data) => listener.event(event, data);
        listener.event('ready', ready);
      });
      return {
        async ask(command, data) {
          asked.push({ command, data });
          try {
            const answer = answers[command] ?? standard[command];
            if (!answer) return { err: { code: 'command.unknown', text: command } };
            return { ok: await answer(data as never) };
          } catch (error) {
            if (error instanceof Refused) return { err: { code: error.code, text: error.code } };
            throw error;
          }
        },
        close() {
          if (isOver) return;
          isOver = true;
          listener.closed({ kind: 'lost', text: 'closed' });
        },
      };
    },
  };
  return { transport, asked, tell: (event, data) => hear?.(event, data) };
}

const TOKENS = { user: ME, session: ME, device: ME, access_token: 'a', access_expires_in_ms: 900_000, refresh_token: 'r' };

const standard: Answers = {
  'account.login': () => TOKENS,
  'account.register': () => TOKENS,
  'account.logout': () => ({}),
  'account.get': () => ({ id: ME, username: 'ana', display_name: 'Ana', created_at: 0, settings: {} }),
  'sessions.list': () => ({ sessions: [{ id: ME, client: 'Firefox', created_at: 0, used_at: Date.now(), current: true, device: ME }, { id: BO, client: 'Telephone', created_at: 0, used_at: Date.now(), current: false, device: BO }] }),
  'blocks.list': () => ({ users: [] }),
  'presence.watch': () => ({ presences: [] }),
  'user.get': () => ({ users: [] }),
  'channel.members': () => ({ members: [{ id: ME, display_name: 'Ana', role: 'owner', delivered: 0, read: 0 }, { id: BO, display_name: 'Bo', role: 'member', delivered: 0, read: 0 }] }),
  history: () => ({ messages: [] }),
  mark: () => ({}),
  sync: () => ({ channels: {}, more: false }),
};

export function channelView(number: number, more: Partial<ChannelView> = {}): ChannelView {
  return {
    id: channelId(number),
    kind: 'group',
    title: `Channel ${number}`,
    members: 2,
    role: 'member',
    active_at: number,
    head: 1,
    since: 1,
    read: 1,
    delivered: 1,
    read_by_all: 1,
    delivered_to_all: 1,
    unread: 0,
    mentions: 0,
    ...more,
  };
}

export const readyWith = (channels: ChannelView[]): Ready => ({
  user: { id: ME, username: 'ana', display_name: 'Ana' },
  session: ME,
  device: ME,
  epoch: 'one',
  features: [],
  limits: { attachments: 10, body_bytes: 16_384, channels_per_user: 1000, command_burst: 200, commands_per_second: 50, frame_bytes: 1_048_576, json_depth: 32, members: 1000, page: 200, poll_packets: 16, users_per_command: 100 },
  server_time: Date.now(),
  channels: { channels },
  recent: {},
});

/** Renders within the application's client, signed in when there is something to be ready with. */
export async function renderApp(children: ReactNode, { answers = {}, ready }: { answers?: Answers; ready?: Ready } = {}) {
  const { transport, asked, tell } = scripted(answers, ready);
  const faults: string[] = [];
  const rialto: Rialto = createClient({ transport, storage: memoryStorage(), onFault: (what, error) => faults.push(`${what}: ${error}`) });
  await rialto.start();
  if (ready) {
    await rialto.accounts.logIn({ username: 'ana', password: 'correct horse' });
    await rialto.live();
  }
  // The application fetches it when somebody is signed in; here it is at hand.
  await import('../../src/app/Shell.tsx');
  const user = userEvent.setup();
  const view = await act(async () => render(<RialtoProvider rialto={rialto}>{children}</RialtoProvider>));
  return { rialto, asked, tell, faults, user, ...view };
}
