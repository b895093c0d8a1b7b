// One open conversation: what is pinned, the messages, and where one writes.

import { type ChannelId, type MessageRow, type Seq } from '@rialto/core';
import { useEffect, useMemo, useRef, useState } from 'react';

import { useRialto, useRialtoState } from '../app/rialto.tsx';
import { toast } from '../ui/toast.tsx';
import { Menu, type MenuItem, type MenuPlace } from '../ui/Menu.tsx';
import { actionsOn, textOf, type Action } from './actions/actions.ts';
import { QuickReactions } from './actions/QuickReactions.tsx';
import { DeleteDialog } from './actions/DeleteDialog.tsx';
import { ForwardDialog } from './actions/ForwardDialog.tsx';
import { ReceiptsDialog } from './actions/ReceiptsDialog.tsx';
import { Composer, type ComposerHandle } from './composer/Composer.tsx';
import { MessageList, type MessageListHandle } from './list/MessageList.tsx';
import { Sight } from './list/sight.ts';
import { Pins } from './pins/Pins.tsx';
import { rightsIn } from './rights.ts';
import { TalkProvider, type Talk } from './talk.ts';
import { TypingLine } from './status/TypingLine.tsx';
import { useArrivals } from './status/arrivals.ts';
import { useReason } from './words/faults.ts';
import { useWords } from './words/words.ts';
import styles from './Conversation.module.css';

export interface ConversationProps {
  channel: ChannelId;
  /** A message to jump to; otherwise the first unread one, or the end. */
  at?: Seq | undefined;
}

/** Each channel is a conversation of its own. */
export function Conversation({ channel, at }: ConversationProps) {
  const rialto = useRialto();
  useEffect(() => rialto.messages.open(channel), [rialto, channel]);
  const isKnown = useRialtoState((state) => state.channels.byId[channel] !== undefined && state.positions[channel] !== undefined);
  const isListed = useRialtoState((state) => state.channels.isComplete);
  const t = useWords();
  if (isKnown) return <Open key={channel} channel={channel} at={at} />;
  return (
    <div className={styles.unknown} id="messages" tabIndex={-1}>
      {isListed && <p>{t('conversation.unknown')}</p>}
    </div>
  );
}

type Opened = { what: 'delete' | 'forward' | 'info'; row: MessageRow } | { what: 'menu'; row: MessageRow; place: MenuPlace } | { what: 'react'; row: MessageRow; place: MenuPlace };

function Open({ channel, at }: ConversationProps) {
  const t = useWords();
  const reason = useReason();
  const rialto = useRialto();
  const [opened, setOpened] = useState<Opened>();
  const list = useRef<MessageListHandle>(null);
  const composer = useRef<ComposerHandle>(null);

  const known = useRialtoState((state) => state.channels.byId[channel]);
  const isPeerBlocked = useRialtoState((state) => known?.peer !== undefined && state.people.blocked?.includes(known.peer) === true);
  const isBlockedKnown = useRialtoState((state) => state.people.blocked !== undefined);
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const { kind = 'group', role = 'member', memberCount = 0, peer } = known ?? {};
  const rights = useMemo(() => rightsIn({ kind, role, memberCount }, isPeerBlocked), [kind, role, memberCount, isPeerBlocked]);

  useEffect(() => {
    if (peer !== undefined && !isBlockedKnown && isLive) rialto.people.listBlocked().catch(() => {});
  }, [rialto, peer, isBlockedKnown, isLive]);

  useArrivals(channel);
  const [sight] = useState(() => new Sight((seq) => rialto.messages.see(channel, seq)));
  const [fresh] = useState(() => new Set<string>());

  const talk = useMemo((): Talk => {
    const { messages } = rialto;
    /** What the server refuses is said; the state did not change. */
    const tell = (promise: Promise<unknown>) => void promise.catch((error: { code?: string }) => toast(reason({ code: error.code ?? '' })));
    const react = (row: MessageRow, emoji: string, isOn: boolean) => tell(messages.react(channel, row.seq!, emoji, isOn));
    const act = (action: Action, row: MessageRow, from: HTMLElement): void => {
      switch (action) {
        case 'retry':
          return messages.retry(row.clientId!);
        case 'discard':
          return messages.discard(row.clientId!);
        case 'reply':
          return composer.current?.reply(row.seq!);
        case 'edit':
          return composer.current?.edit(row.seq!);
        case 'copy':
          void navigator.clipboard.writeText(textOf(row) ?? '').then(() => toast(t('done.copied')));
          return;
        case 'pin':
        case 'unpin':
          return tell(messages.pin(channel, row.seq!, action === 'pin'));
        case 'react':
          return setOpened({ what: 'react', row, place: placeOf(from) });
        case 'forward':
        case 'info':
        case 'delete':
          return setOpened({ what: action, row });
      }
    };
    return {
      channel,
      kind,
      rights,
      act,
      react,
      sight,
      fresh,
      openMenu: (row, from, point) =>
        setOpened({ what: 'menu', row, place: point ? { left: point.x, right: point.x, top: point.y, bottom: point.y } : placeOf(from) }),
      jumpTo: (seq) => list.current?.jumpTo(seq),
    };
  }, [rialto, channel, kind, rights, sight, fresh, t, reason]);

  const close = () => setOpened(undefined);
  return (
    <TalkProvider value={talk}>
      <section className={styles.conversation} aria-label={t('conversation.name')}>
        <Pins />
        <MessageList ref={list} at={at} />
        <TypingLine />
        <Composer ref={composer} onSent={() => list.current?.toLatest()} />
      </section>
      {opened?.what === 'menu' && <MessageMenu row={opened.row} place={opened.place} talk={talk} onClose={() => setOpened((now) => (now === opened ? undefined : now))} />}
      {opened?.what === 'react' && (
        <QuickReactions
          place={opened.place}
          align={opened.row.isMine ? 'end' : 'start'}
          onClose={close}
          onPick={(emoji) => talk.react(opened.row, emoji, !opened.row.reactions.some((it) => it.emoji === emoji && it.mine))} />
      )}
      {opened?.what === 'delete' && <DeleteDialog row={opened.row} onClose={close} />}
      {opened?.what === 'forward' && <ForwardDialog row={opened.row} onClose={close} />}
      {opened?.what === 'info' && <ReceiptsDialog row={opened.row} onClose={close} />}
    </TalkProvider>
  );
}

/** Beside what is said, not beside the whole width of the row. */
const placeOf = (element: HTMLElement): MenuPlace => (element.querySelector('[data-bubble]') ?? element).getBoundingClientRect();

function MessageMenu({ row, place, talk, onClose }: { row: MessageRow; place: MenuPlace; talk: Talk; onClose: () => void }) {
  const t = useWords();
  const items = actionsOn(row, talk.rights).map((action): MenuItem => ({
    label: t(`action.${action}`),
    isDanger: action === 'delete' || action === 'discard',
    onSelect: () => talk.act(action, row, document.activeElement as HTMLElement),
  }));
  return <Menu label={t('action.more')} items={items} place={place} onClose={onClose} />;
}
