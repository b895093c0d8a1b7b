// The panes: rail, list, what is open, details of it. On a phone one at a time.

import { selectChannel } from '@rialto/core';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';

import { RecoveryKeyNotice } from '../accounts/RecoveryKey.tsx';
import { ChannelList } from '../channels/ChannelList.tsx';
import { ChannelPane } from '../channels/ChannelPane.tsx';
import '../i18n/shell.ts';
import { useT } from '../i18n/texts.ts';
import { Toast } from '../ui/toast.tsx';
import { ConnectionBar } from './ConnectionBar.tsx';
import { followMessages } from './notifications.ts';
import { Rail } from './Rail.tsx';
import { useRialto, useRialtoState } from './rialto.tsx';
import { navigate, useRoute } from './router.tsx';
import { useShortcuts } from './shortcuts.ts';
import { SkipLink } from './SkipLink.tsx';
import { useDocumentTitle } from './title.ts';
import styles from './Shell.module.css';

const Details = lazy(() => import('../channels/Details.tsx'));
const Help = lazy(() => import('./Help.tsx'));
const Join = lazy(() => import('../channels/Join.tsx'));
const NewConversation = lazy(() => import('../channels/NewConversation.tsx'));
const Settings = lazy(() => import('../settings/Settings.tsx'));
const SettingsNav = lazy(() => import('../settings/Settings.tsx').then(({ SettingsNav: nav }) => ({ default: nav })));
const Switcher = lazy(() => import('../channels/Switcher.tsx'));

type Floating = 'new' | 'switch' | 'help';

export function Shell() {
  const rialto = useRialto();
  const route = useRoute();
  const isKnown = useRialtoState((state) => route.page === 'channel' && selectChannel(state, route.channel) !== undefined);
  const [floating, setFloating] = useState<Floating>();
  const close = () => setFloating(undefined);
  useShortcuts({ onSwitch: () => setFloating('switch'), onHelp: () => setFloating('help') });
  useDocumentTitle();
  useFocusOfPage(route.page);
  useEffect(() => followMessages(rialto), [rialto]);

  useEffect(() => {
    if (route.page === 'unknown') navigate({ page: 'channels' }, { replace: true });
  }, [route.page]);

  return (
    <>
      <SkipLink hasMessages={isKnown} />
      <div className={styles.frame}>
        <ConnectionBar />
        <div className={styles.shell} data-page={route.page === 'settings' && route.section ? 'section' : route.page}>
          <Rail route={route} onHelp={() => setFloating('help')} />
          {route.page === 'settings' ? (
            <Suspense fallback={<div />}>
              <SettingsNav section={route.section} />
            </Suspense>
          ) : (
            <ChannelList route={route} onNew={() => setFloating('new')} onSwitch={() => setFloating('switch')} />
          )}
          <main className={styles.main} id="main" tabIndex={-1}>
            <Suspense>
              {route.page === 'channel' && <ChannelPane key={route.channel} channel={route.channel} at={route.at} isDetailed={route.details === true} />}
              {route.page === 'settings' && <Settings section={route.section} />}
              {route.page === 'join' && <Join key={route.invite} invite={route.invite} />}
              {(route.page === 'channels' || route.page === 'unknown') && <NothingOpen />}
            </Suspense>
          </main>
          <Suspense>{route.page === 'channel' && route.details && <Details key={route.channel} channel={route.channel} />}</Suspense>
        </div>
      </div>
      <Suspense>
        {floating === 'new' && <NewConversation onClose={close} />}
        {floating === 'switch' && <Switcher onClose={close} />}
        {floating === 'help' && <Help onClose={close} />}
        <RecoveryKeyNotice />
      </Suspense>
      <Toast />
    </>
  );
}

function NothingOpen() {
  const t = useT();
  return (
    <div className={styles.nothing}>
      <img src="/icon.svg" alt="" width={72} height={72} />
      <h1>{t('main.choose')}</h1>
      <p>{t('main.choose.hint')}</p>
    </div>
  );
}

/** On a phone a page replaces the one before, and with it what had the focus: Back from a channel leads to its row. */
function useFocusOfPage(page: string): void {
  const before = useRef(page);
  useEffect(() => {
    const was = before.current;
    before.current = page;
    if (was === page || page !== 'channels' || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('a[data-channel][tabindex="0"]')?.focus();
  }, [page]);
}
