// The panes: rail, list, what is open, details of it. On a phone one at a time.

import { selectChannel } from '@rialto/core';
import { Suspense, useEffect, useRef, useState } from 'react';

import { RecoveryKeyNotice } from '../accounts/RecoveryKey.tsx';
import { ChannelList } from '../channels/ChannelList.tsx';
import { ChannelPane } from '../channels/ChannelPane.tsx';
import '../i18n/shell.ts';
import { useT } from '../i18n/texts.ts';
import { Centred } from '../ui/Centred.tsx';
import { Toast } from '../ui/toast.tsx';
import { Boundary } from './Boundary.tsx';
import { ConnectionBar } from './ConnectionBar.tsx';
import { followMessages } from './notifications.ts';
import * as parts from './parts.ts';
import { Rail } from './Rail.tsx';
import { useRialto, useRialtoState } from './rialto.tsx';
import { addressOf } from './route.ts';
import { navigate, useRoute } from './router.tsx';
import { useShortcuts } from './shortcuts.ts';
import { SkipLink } from './SkipLink.tsx';
import { useDocumentTitle } from './title.ts';
import styles from './Shell.module.css';

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
              <parts.settingsNav.Component section={route.section} />
            </Suspense>
          ) : (
            <ChannelList route={route} onNew={() => setFloating('new')} onSwitch={() => setFloating('switch')} />
          )}
          <main className={styles.main} id="main" tabIndex={-1}>
            <Boundary of={addressOf(route)}>
              <Suspense>
                {route.page === 'channel' && <ChannelPane key={route.channel} channel={route.channel} at={route.at} isDetailed={route.details === true} />}
                {route.page === 'settings' && <parts.settings.Component section={route.section} />}
                {route.page === 'join' && <parts.join.Component key={route.invite} invite={route.invite} />}
                {(route.page === 'channels' || route.page === 'unknown') && <NothingOpen />}
              </Suspense>
            </Boundary>
          </main>
          <Suspense>{route.page === 'channel' && route.details && <parts.details.Component key={route.channel} channel={route.channel} />}</Suspense>
        </div>
      </div>
      <Suspense>
        {floating === 'new' && <parts.newConversation.Component onClose={close} />}
        {floating === 'switch' && <parts.switcher.Component onClose={close} />}
        {floating === 'help' && <parts.help.Component onClose={close} />}
        <RecoveryKeyNotice />
      </Suspense>
      <Toast />
    </>
  );
}

function NothingOpen() {
  const t = useT();
  return (
    <Centred className={styles.nothing}>
      <img src="/icon.svg" alt="" width={72} height={72} />
      <h1>{t('main.choose')}</h1>
      <p>{t('main.choose.hint')}</p>
    </Centred>
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
