// Notices of the system while the application is open and nobody looks at it. Permission is asked for in the settings, by a click.

import { selectTitle, selectName, type ChannelId, type Folded, type Rialto } from '@rialto/core';

import { contentText } from '../channels/LastLine.tsx';
import { texts } from '../i18n/texts.ts';
import type { Notice } from '../../worker/notice.ts';
import { addressOf, parseRoute, type Route } from './route.ts';
import { navigate, routeNow } from './router.tsx';
import { announce } from '../ui/announce.tsx';

/** What comes together is told together: after an absence there is a notice a channel, not one a message. */
const GATHER_MS = 400;

export const isPossible = (): boolean => 'Notification' in globalThis;

export function followMessages(rialto: Rialto): () => void {
  let gathered = new Map<ChannelId, { last: Folded; count: number }>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    timer = undefined;
    const messages = gathered;
    gathered = new Map();
    for (const [channel, { last, count }] of messages) {
      if (document.hasFocus()) announceOf(rialto, channel, last, count);
      else notify(rialto, channel, last, count);
    }
  };
  const stop = rialto.on('message', ({ channel, message, isMine }) => {
    if (isMine || message.deleted || !isWanted(rialto, channel, message)) return;
    gathered.set(channel, { last: message, count: (gathered.get(channel)?.count ?? 0) + 1 });
    timer ??= setTimeout(tell, GATHER_MS);
  });
  const stopClicks = followClicks();
  return () => {
    stop();
    stopClicks();
    clearTimeout(timer);
  };
}

function isWanted(rialto: Rialto, channel: ChannelId, message: Folded): boolean {
  const { channels, positions, session, settings } = rialto.store.getState();
  const known = channels.byId[channel];
  if (!known || (positions[channel]?.mine.read ?? 0) >= message.seq) return false;
  const isCalling = message.mentions?.all === true || (session.user !== undefined && message.mentions?.users?.includes(session.user) === true);
  const isMuted = (known.mutedUntil ?? 0) > Date.now();
  if (isMuted) return false;
  switch (settings.preferences.notifications) {
    case 'all':
      return true;
    case 'mentions':
      return isCalling || known.kind === 'direct';
    case 'none':
      return false;
  }
}

/** Who looks has the open conversation tell of itself; this tells of the others. */
function announceOf(rialto: Rialto, channel: ChannelId, last: Folded, count: number): void {
  const route = routeNow();
  if (route.page === 'channel' && route.channel === channel) return;
  const state = rialto.store.getState();
  announce(texts.t('notice.elsewhere', { count, title: selectTitle(state, channel), who: selectName(state, last.sender), words: contentText(texts.t, last.body) }));
}

function notify(rialto: Rialto, channel: ChannelId, last: Folded, count: number): void {
  if (!isPossible() || Notification.permission !== 'granted') return;
  const state = rialto.store.getState();
  const title = selectTitle(state, channel) || texts.t('app.name');
  const words = contentText(texts.t, last.body);
  const said = state.channels.byId[channel]?.kind === 'direct' ? words : texts.t('row.said', { who: selectName(state, last.sender), words });
  const body = count > 1 ? texts.t('notice.more', { count: count - 1, said }) : said;
  // The same tag again replaces the notice, also another tab's.
  const options = { body, tag: `channel ${channel}`, icon: '/icon.svg', silent: !state.settings.preferences.sounds };
  void show(title, options, { page: 'channel', channel }).catch((error: unknown) => console.error('a notice could not be shown', error));
}

/** By the service worker where there is one: on Android nobody else may, and a click finds its way back when this page is gone. */
async function show(title: string, options: NotificationOptions, route: Route): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) {
    const data: Notice = { address: addressOf(route) };
    return registration.showNotification(title, { ...options, data });
  }
  const notice = new Notification(title, options);
  notice.addEventListener('click', () => {
    window.focus();
    navigate(route);
    notice.close();
  });
}

/** Opens what the notice was about that somebody clicked: the service worker has brought this window to the front. */
function followClicks(): () => void {
  const hear = ({ data }: MessageEvent<Partial<Notice> | undefined>) => {
    const route = typeof data?.address === 'string' ? parseRoute(data.address) : undefined;
    if (route?.page === 'channel') navigate(route);
  };
  navigator.serviceWorker?.addEventListener('message', hear);
  return () => navigator.serviceWorker?.removeEventListener('message', hear);
}
