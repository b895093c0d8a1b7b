import { selectPresence, selectProfile, type ChannelId, type Member, type Role } from '@rialto/core';
import { useEffect, useState } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { navigate } from '../app/router.tsx';
import { useWatching } from '../app/watching.ts';
import { useT } from '../i18n/texts.ts';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { Confirm } from '../ui/Confirm.tsx';
import { MenuButton, type MenuItem } from '../ui/Menu.tsx';
import { tryTo } from './actions.ts';
import { may, outranks } from './rights.ts';
import styles from './Details.module.css';

const ROLES: readonly Role[] = ['owner', 'admin', 'member'];

/** The members, those with more to say first; a page at a time. */
export function Members({ channel }: { channel: ChannelId }) {
  const t = useT();
  const rialto = useRialto();
  const members = useRialtoState((state) => state.people.members[channel]);
  const count = useRialtoState((state) => state.channels.byId[channel]?.memberCount ?? 0);
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const isWanted = !members || members.isStale;
  useEffect(() => {
    if (isWanted && isLive) rialto.channels.listMembers(channel).catch(() => {});
  }, [isWanted, isLive, channel, rialto]);
  const list = [...(members?.list ?? [])].sort((one, other) => ROLES.indexOf(one.role) - ROLES.indexOf(other.role));
  useWatching(list.map(({ user }) => user));
  return (
    <section className={styles.members}>
      <h3>{t('channel.members', { count })}</h3>
      <ul>
        {list.map((member) => (
          <MemberRow key={member.user} channel={channel} member={member} />
        ))}
      </ul>
      {members?.next !== undefined && (
        <Button look="quiet" onClick={() => tryTo(rialto.channels.listMembers(channel, members.next))}>
          {t('members.more')}
        </Button>
      )}
    </section>
  );
}

function MemberRow({ channel, member: { user, role } }: { channel: ChannelId; member: Member }) {
  const t = useT();
  const rialto = useRialto();
  const me = useRialtoState((state) => state.session.user);
  const known = useRialtoState((state) => state.channels.byId[channel]);
  const profile = useRialtoState((state) => selectProfile(state, user));
  const isOnline = useRialtoState((state) => selectPresence(state, user)?.isOnline === true);
  const [isRemoving, setRemoving] = useState(false);
  if (!known) return null;
  const name = profile?.display_name ?? t('person.unnamed');
  const isMe = user === me;
  const items: MenuItem[] = [
    ...(isMe ? [] : [{ label: t('member.write'), icon: 'chats' as const, onSelect: () => tryTo(rialto.channels.direct(user).then((direct) => navigate({ page: 'channel', channel: direct }))) }]),
    ...(may('changeRole', known)
      ? ROLES.filter((other) => other !== role).map((other) => ({ label: t('member.make', { role: other }), icon: 'person' as const, onSelect: () => tryTo(rialto.channels.setRole(channel, user, other)) }))
      : []),
    ...(!isMe && may('remove', known) && outranks(known.role, role) ? [{ label: t('member.remove'), icon: 'leave' as const, isDanger: true, onSelect: () => setRemoving(true) }] : []),
  ];
  return (
    <li className={styles.member}>
      <Avatar id={user} name={name} size={36} isOnline={isOnline} />
      <span className={styles.memberName}>
        <bdi>{name}</bdi>
        {isOnline && <span className="hidden-visually">{t('presence.online')}</span>}
        {(isMe || role !== 'member') && <small>{[...(isMe ? [t('member.you')] : []), ...(role === 'member' ? [] : [t('role.name', { role })])].join(' · ')}</small>}
      </span>
      {items.length > 0 && <MenuButton label={t('member.actions', { name })} items={items} />}
      {isRemoving && (
        <Confirm
          title={t('member.remove.sure', { name })}
          text={t('member.remove.what')}
          action={t('member.remove')}
          onClose={() => setRemoving(false)}
          work={() => rialto.channels.kick(channel, user).then(() => setRemoving(false))}
        />
      )}
    </li>
  );
}
