// A conversation without a server: the real client and its store, told what a server would tell.

import { actions, createRialto, makeSelectTimeline, memoryStorage, type Folded, type MessageRow, type Rialto } from '@rialto/core';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';

import { RialtoProvider } from '../../app/rialto.tsx';
import { Announcer } from '../../ui/announce.tsx';
import { Sight } from '../list/sight.ts';
import { rightsIn } from '../rights.ts';
import { TalkProvider, type Talk } from '../talk.ts';

export const ANA = '00000000-0000-4000-8000-000000000001';
export const BO = '00000000-0000-4000-8000-000000000002';
export const CARLA = '00000000-0000-4000-8000-000000000003';
export const CHANNEL = '00000000-0000-4000-8000-000000000010';

const nobody = () => ({ observe() {}, unobserve() {}, disconnect() {} });
Object.assign(globalThis, { ResizeObserver: nobody, IntersectionObserver: nobody });
// What jsdom has not got, and components ask about.
globalThis.matchMedia ??= (() => ({ matches: false, addEventListener() {}, removeEventListener() {} })) as never;
globalThis.CSS ??= { supports: () => true, escape: (text: string) => text } as never;

/** Ana in a group with Bo and Carla, whose log ends at `head`; the server never answers. */
export function makeRoom({ head = 0, unread = 0 } = {}): Rialto {
  const storage = memoryStorage();
  void storage.putLogIn({ user: ANA, device: 'd', session: 's', accessToken: 'a', accessExpiresAt: Date.now() + 900_000, refreshToken: 'r', usedAt: 1 });
  const rialto = createRialto({ storage, transport: { open: () => ({ ask: () => new Promise(() => {}), close() {} }) } });
  const { dispatch } = rialto.store;
  dispatch(actions.accountChosen({ user: ANA, device: 'd', session: 's' }));
  const channel = { id: CHANNEL, kind: 'group' as const, title: 'general', head, active_at: 1, members: 3, role: 'member' as const, since: 1, delivered: 0, read: 0, delivered_to_all: 0, read_by_all: 0, unread, mentions: 0 };
  dispatch(actions.channelTold({ channel, me: ANA }));
  const members = [
    { id: ANA, display_name: 'Ana', username: 'ana' },
    { id: BO, display_name: 'Bo Østergård', username: 'boris' },
    { id: CARLA, display_name: 'Carla' },
  ].map((profile) => ({ ...profile, role: 'member' as const, delivered: 0, read: 0 }));
  dispatch(actions.membersListed({ channel: CHANNEL, members }));
  return rialto;
}

export function tell(rialto: Rialto, messages: (Partial<Folded> & { text?: string })[]): void {
  const folded = messages.map(({ text = 'hello', ...more }, at): Folded => ({ channel: CHANNEL, seq: at + 1, n: at + 1, sender: BO, at: 1_000_000 + at, body: { text }, ...more }));
  rialto.store.dispatch(actions.pageRead({ channel: CHANNEL, page: 'newest', messages: folded, haveThen: folded.length, me: ANA }));
}

export function rowsOf(rialto: Rialto): MessageRow[] {
  return makeSelectTimeline()(rialto.store.getState(), { channel: CHANNEL, timeZone: 'UTC' }).rows.filter((row) => row.type === 'message');
}

export function talkIn(rialto: Rialto, more: Partial<Talk> = {}): Talk {
  return {
    channel: CHANNEL,
    kind: 'group',
    rights: rightsIn(rialto.store.getState().channels.byId[CHANNEL], false),
    sight: new Sight(() => {}),
    fresh: new Set(),
    act: () => {},
    openMenu: () => {},
    react: () => {},
    jumpTo: () => {},
    ...more,
  };
}

export function show(rialto: Rialto, content: ReactNode, more: Partial<Talk> = {}) {
  return render(
    <RialtoProvider rialto={rialto}>
      <TalkProvider value={talkIn(rialto, more)}>
        <div role="list">{content}</div>
      </TalkProvider>
      <Announcer />
    </RialtoProvider>,
  );
}
