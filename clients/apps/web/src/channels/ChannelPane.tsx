// An open channel: its header, and the conversation.

import { selectChannel, selectPresence, selectTitle, makeSelectTyping, type ChannelId, type Seq } from '@rialto/core';
import { Suspense, useEffect, useMemo, useRef } from 'react';

import { useNow } from '../app/clock.ts';
import { conversation } from '../app/parts.ts';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { back, Link, navigate } from '../app/router.tsx';
import { useWatching } from '../app/watching.ts';
import { useT } from '../i18n/texts.ts';
import { ago } from '../i18n/time.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Centred } from '../ui/Centred.tsx';
import styles from './ChannelPane.module.css';

export function ChannelPane({ channel, at, isDetailed }: { channel: ChannelId; at?: Seq | undefined; isDetailed: boolean }) {
  const t = useT();
  const rialto = useRialto();
  const known = useRialtoState((state) => selectChannel(state, channel));
  const isComplete = useRialtoState((state) => state.channels.isComplete);
  const title = useRialtoState((state) => selectTitle(state, channel)) || t('person.unnamed');
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    // With a keyboard one writes at once, and the composer takes the focus; on a phone that would bring up the keys.
    if (matchMedia('(hover: none)').matches) heading.current?.focus();
  }, []);
  useEffect(() => {
    // It may be a channel that the list has not walked to yet.
    if (!known && isComplete) rialto.channels.load(channel).catch(() => {});
  }, [known, isComplete, channel, rialto]);

  if (!known) {
    return isComplete ? (
      <Centred>
        <h1>{t('channel.unknown')}</h1>
        <Link to={{ page: 'channels' }}>{t('header.back')}</Link>
      </Centred>
    ) : null;
  }
  const toggle = () => (isDetailed ? back({ page: 'channel', channel }) : navigate({ page: 'channel', channel, ...(at !== undefined && { at }), details: true }));
  return (
    <>
      <header className={styles.header}>
        <IconButton className={styles.back ?? ''} icon="back" label={t('header.back')} tipAt="start" onClick={() => back({ page: 'channels' })} />
        <Avatar id={known.peer ?? channel} name={title} size={36} />
        <div className={styles.names}>
          <h1 ref={heading} tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
          <Status channel={channel} />
        </div>
        <IconButton icon="info" label={t('header.details')} aria-expanded={isDetailed} onClick={toggle} />
      </header>
      <Suspense fallback={<div className={styles.coming} />}>
        <conversation.Component channel={channel} {...(at !== undefined && { at })} />
      </Suspense>
    </>
  );
}

const NOBODY: string[] = [];

/** Who is typing, or there, or how many they are. */
function Status({ channel }: { channel: ChannelId }) {
  const t = useT();
  const now = useNow();
  const selectTyping = useMemo(makeSelectTyping, []);
  const typing = useRialtoState((state) => selectTyping(state, channel)).length > 0;
  const known = useRialtoState((state) => selectChannel(state, channel));
  const peer = useRialtoState((state) => (known?.peer ? selectPresence(state, known.peer) : undefined));
  const username = useRialtoState((state) => (known?.peer ? state.people.profiles[known.peer]?.username : undefined));
  const members = useRialtoState((state) => state.people.members[channel]?.list);
  const me = useRialtoState((state) => state.session.user);
  const watched = useMemo(() => (known?.kind === 'group' ? (members ?? []).map(({ user }) => user).filter((user) => user !== me) : NOBODY), [known?.kind, members, me]);
  useWatching(watched);
  const online = useRialtoState((state) => watched.filter((user) => selectPresence(state, user)?.isOnline).length);
  if (!known) return null;
  const text = () => {
    if (typing) return t('row.typing');
    if (known.kind !== 'direct') return [t('channel.members', { count: known.memberCount }), ...(online > 0 ? [t('channel.online', { count: online })] : [])].join(' · ');
    if (peer?.isOnline) return t('presence.online');
    if (peer?.lastSeen !== undefined) return t('presence.lastSeen', { when: ago(peer.lastSeen, now) });
    return username ? `@${username}` : '';
  };
  return (
    <p className={styles.status} data-typing={typing || undefined}>
      {text()}
    </p>
  );
}
