import { actions } from '@rialto/core';
import { expect, test } from 'vitest';

import { ANA, BO, CHANNEL, makeRoom, tell } from '../test/room.tsx';
import { isCovered, openingOf } from './opening.ts';

const place = { key: 'k', above: 3 };
const open = (rialto: ReturnType<typeof makeRoom>, at?: number, left?: typeof place) => openingOf(rialto.store.getState(), CHANNEL, at, left);

test('all read, it opens at the end, or where one was', () => {
  const rialto = makeRoom();
  tell(rialto, [{}, {}]);
  rialto.messages.see(CHANNEL, 2);
  expect(open(rialto)).toEqual({ view: { target: { to: 'end' }, turn: 0 } });
  expect(open(rialto, undefined, place).view.target).toEqual({ to: 'place', place });
});

test('with something unread it opens there, wherever one was', () => {
  const rialto = makeRoom();
  tell(rialto, [{}, {}, {}]);
  rialto.messages.see(CHANNEL, 1);
  expect(open(rialto, undefined, place)).toEqual({ view: { target: { to: 'new' }, turn: 0 }, newAfter: 1 });
});

test('when the first unread one lies before what is here, the place around it is wanted', () => {
  const rialto = makeRoom({ head: 92, unread: 60 });
  const messages = [90, 91, 92].map((seq) => ({ channel: CHANNEL, seq, n: seq, sender: BO, at: seq, body: { text: 'x' } }));
  rialto.store.dispatch(actions.pageRead({ channel: CHANNEL, page: 'newest', messages, haveThen: 92, me: ANA }));
  rialto.messages.see(CHANNEL, 40);
  expect(open(rialto).view.around).toBe(41);
});

test('a message that is named in the address comes first', () => {
  const rialto = makeRoom();
  tell(rialto, [{}, {}, {}]);
  expect(open(rialto, 2, place).view).toMatchObject({ around: 2, target: { to: 'message', seq: 2 } });
});

test('a message that was read by itself is not yet a place to open at', () => {
  const log = { have: 100, early: {}, hidden: {}, asked: {}, news: [], recent: [] };
  const span = (from: number, to: number) => ({ from, to, messages: [] });
  expect(isCovered({ ...log, spans: [span(10, 10)] }, 10, 1)).toBe(false);
  expect(isCovered({ ...log, spans: [span(2, 20)] }, 10, 1)).toBe(true);
  expect(isCovered({ ...log, spans: [span(1, 20)] }, 3, 1)).toBe(true);
  expect(isCovered({ ...log, spans: [span(90, 100)] }, 99, 1)).toBe(true);
  expect(isCovered({ ...log, spans: [span(9, 30)] }, 10, 9)).toBe(true);
  expect(isCovered(undefined, 10, 1)).toBe(false);
});
