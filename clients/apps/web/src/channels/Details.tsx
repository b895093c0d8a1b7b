// What a channel is, who is in it, and what one may do about it: only what one's role permits is offered.

import { selectChannel, selectPresence, selectProfile, selectTitle, type ChannelId } from '@rialto/core';
import { lazy, Suspense, useEffect, useState } from 'react';

import { useNow } from '../app/clock.ts';
import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { back, navigate } from '../app/router.tsx';
import { useT } from '../i18n/texts.ts';
import { ago } from '../i18n/time.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Confirm } from '../ui/Confirm.tsx';
import { Icon } from '../ui/Icon.tsx';
import { tryTo, useChannelActions } from './actions.ts';
import { Members } from './Members.tsx';
import { may } from './rights.ts';
import { useRows } from './rows.ts';
import styles from './Details.module.css';

const EditChannel = lazy(() => import('./EditChannel.tsx'));
const Invite = lazy(() => import('./Invite.tsx'));

type Asked = 'edit' | 'invite' | 'leave' | 'delete' | 'block';

export function Details({ channel }: { channel: ChannelId }) {
  const t = useT();
  const rialto = useRialto();
  const known = useRialtoState((state) => selectChannel(state, channel));
  const title = useRialtoState((state) => selectTitle(state, channel)) || t('person.unnamed');
  const row = useRows().find(({ id }) => id === channel);
  const [asked, setAsked] = useState<Asked>();
  if (!known || !row) return null;
  const close = () => back({ page: 'channel', channel });
  const done = () => setAsked(undefined);
  const gone = () => {
    done();
    navigate({ page: 'channels' }, { replace: true });
  };
  return (
    <aside
      className={styles.details}
      aria-label={t('details.of', { title })}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) close();
      }}
    >
      <header className={styles.top}>
        <h2>{t('header.details')}</h2>
        <IconButton icon="close" label={t('details.close')} onClick={close} />
      </header>
      <div className={styles.inside}>
        <div className={styles.head}>
          <Avatar id={known.peer ?? channel} name={title} size={80} />
          <p className={styles.title}>
            <bdi>{title}</bdi>
          </p>
          <p className={styles.kind}>{t(`kind.${known.kind}`)}</p>
          {known.description && (
            <p className={styles.description} dir="auto">
              {known.description}
            </p>
          )}
        </div>
        {known.peer && <Peer user={known.peer} onBlock={() => setAsked('block')} />}
        <Own row={row} />
        <ul className={styles.actions}>
          {may('update', known) && (
            <li>
              <Action icon="edit" label={t('details.edit')} onClick={() => setAsked('edit')} />
            </li>
          )}
          {may('invite', known) && (
            <li>
              <Action icon="add" label={t('details.invite')} onClick={() => setAsked('invite')} />
            </li>
          )}
        </ul>
        {known.kind !== 'direct' && <Members channel={channel} />}
        <ul className={styles.actions}>
          {may('leave', known) && (
            <li>
              <Action icon="leave" label={t('details.leave')} isDanger onClick={() => setAsked('leave')} />
            </li>
          )}
          {may('delete', known) && (
            <li>
              <Action icon="trash" label={t('details.delete')} isDanger onClick={() => setAsked('delete')} />
            </li>
          )}
        </ul>
      </div>
      <Suspense>
        {asked === 'edit' && <EditChannel channel={channel} onClose={done} />}
        {asked === 'invite' && <Invite channel={channel} onClose={done} />}
      </Suspense>
      {asked === 'leave' && (
        <Confirm title={t('details.leave.sure', { title })} text={t('details.leave.what')} action={t('details.leave')} onClose={done} work={() => rialto.channels.leave(channel).then(gone)} />
      )}
      {asked === 'delete' && (
        <Confirm title={t('details.delete.sure', { title })} text={t('details.delete.what')} action={t('details.delete')} onClose={done} work={() => rialto.channels.delete(channel).then(gone)} />
      )}
      {asked === 'block' && known.peer && (
        <Confirm title={t('block.sure', { name: title })} text={t('block.what')} action={t('block.action')} onClose={done} work={() => rialto.people.block(known.peer!).then(done)} />
      )}
    </aside>
  );
}

/** The switches for oneself, as the row's menu has them. */
function Own({ row }: { row: Parameters<typeof useChannelActions>[1] }) {
  const rialto = useRialto();
  const actions = useChannelActions(rialto, row);
  return (
    <ul className={styles.actions}>
      {actions.map(({ label, icon, onSelect }) => (
        <li key={label}>
          <Action icon={icon!} label={label} onClick={onSelect} />
        </li>
      ))}
    </ul>
  );
}

function Action({ icon, label, isDanger = false, onClick }: { icon: Parameters<typeof Icon>[0]['name']; label: string; isDanger?: boolean; onClick: () => void }) {
  return (
    <button type="button" className={styles.action} data-danger={isDanger || undefined} onClick={onClick}>
      <Icon name={icon} />
      {label}
    </button>
  );
}

/** The other one of a direct channel. */
function Peer({ user, onBlock }: { user: string; onBlock: () => void }) {
  const t = useT();
  const now = useNow();
  const rialto = useRialto();
  const profile = useRialtoState((state) => selectProfile(state, user));
  const presence = useRialtoState((state) => selectPresence(state, user));
  const blocked = useRialtoState((state) => state.people.blocked);
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  useEffect(() => {
    if (!blocked && isLive) rialto.people.listBlocked().catch(() => {});
  }, [blocked, isLive, rialto]);
  const isBlocked = blocked?.includes(user) === true;
  return (
    <>
      <dl className={styles.facts}>
        {profile?.username && (
          <>
            <dt>{t('field.username')}</dt>
            <dd>
              <bdi>@{profile.username}</bdi>
            </dd>
          </>
        )}
        {presence && (
          <>
            <dt>{t('presence.name')}</dt>
            <dd>{presence.isOnline ? t('presence.online') : presence.lastSeen === undefined ? t('presence.offline') : t('presence.lastSeen', { when: ago(presence.lastSeen, now) })}</dd>
          </>
        )}
      </dl>
      <div className={styles.blocking}>
        {isBlocked && <p>{t('block.isBlocked')}</p>}
        <Button icon="block" look={isBlocked ? 'plain' : 'danger'} onClick={isBlocked ? () => tryTo(rialto.people.block(user, false)) : onBlock}>
          {isBlocked ? t('block.end') : t('block.action')}
        </Button>
      </div>
    </>
  );
}
