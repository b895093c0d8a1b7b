import { actions } from '@rialto/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { followMessages } from '../src/app/notifications.ts';
import { ANA, BO, CHANNEL, makeRoom } from '../src/conversation/test/room.tsx';
import { openFrom, type Notice } from '../worker/notice.ts';

const told = vi.fn();

class SystemNotice extends EventTarget {
  static permission = 'granted';
  close = vi.fn();
  constructor(title: string, options: NotificationOptions) {
    super();
    told('the page', title, options, this);
  }
}

/** The page's side of a service worker. */
class Workers extends EventTarget {
  registration: unknown;
  getRegistration = async () => this.registration;
}

let workers: Workers;
let stop: () => void;

beforeEach(() => {
  workers = new Workers();
  vi.stubGlobal('Notification', SystemNotice);
  Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: workers });
  vi.spyOn(document, 'hasFocus').mockReturnValue(false);
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  told.mockReset();
  Reflect.deleteProperty(navigator, 'serviceWorker');
});

/** Bo says something while nobody looks. */
function hearBo(): void {
  const rialto = makeRoom();
  stop = followMessages(rialto);
  const entry = { channel: CHANNEL, seq: 1, n: 1, kind: 'message' as const, sender: BO, at: 1, body: { text: 'Ahoy' } };
  rialto.store.dispatch(actions.entryArrived({ entry, me: ANA }));
}

const BODY = 'Bo Østergård: Ahoy';

test('a notice is shown by the service worker where there is one, and knows its channel', async () => {
  const showNotification = vi.fn(async (title: string, options: NotificationOptions) => told('the worker', title, options));
  workers.registration = { active: {}, showNotification };
  hearBo();
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith('the worker', 'general', expect.objectContaining({ body: BODY, data: { address: `/c/${CHANNEL}` } })));
  expect(told).toHaveBeenCalledOnce();
});

test('otherwise the page shows it, and a click opens the channel', async () => {
  hearBo();
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith('the page', 'general', expect.objectContaining({ body: BODY }), expect.anything()));
  const notice = told.mock.calls[0]![3] as SystemNotice;
  vi.spyOn(window, 'focus').mockImplementation(() => {});
  notice.dispatchEvent(new Event('click'));
  expect(window.focus).toHaveBeenCalledOnce();
  expect(location.pathname).toBe(`/c/${CHANNEL}`);
  expect(notice.close).toHaveBeenCalledOnce();
});

test('what the service worker tells of a click opens the channel, and nothing else does', () => {
  hearBo();
  const tell = (data: unknown) => workers.dispatchEvent(new MessageEvent('message', { data }));
  for (const data of [undefined, 'reload', { address: 7 }, { address: '/settings' }, { address: 'https://elsewhere.example/' }]) tell(data);
  expect(location.pathname).toBe('/');
  tell({ address: `/c/${CHANNEL}` });
  expect(location.pathname).toBe(`/c/${CHANNEL}`);
});

test('a click brings the window to the front that is seen, or any, or a new one', async () => {
  const notice: Notice = { address: '/c/1' };
  const window = (visibilityState: string) => ({ visibilityState, focus: vi.fn(async () => {}), postMessage: vi.fn() });
  const openAnew = vi.fn(async () => {});
  const [hidden, visible] = [window('hidden'), window('visible')];
  await openFrom(notice, [hidden, visible], openAnew);
  expect(visible.postMessage).toHaveBeenCalledWith(notice);
  expect(visible.focus).toHaveBeenCalledOnce();
  await openFrom(notice, [hidden], openAnew);
  expect(hidden.focus).toHaveBeenCalledOnce();
  expect(openAnew).not.toHaveBeenCalled();
  await openFrom(notice, [], openAnew);
  expect(openAnew).toHaveBeenCalledWith('/c/1');
});
