// What was said last in a channel, in a line.

import { selectMe, selectName, makeSelectTyping, type ChannelRow, type Content, type State } from '@rialto/core';
import { useMemo } from 'react';

import { useRialtoState } from '../app/rialto.tsx';
import type { Translate } from '../i18n/language.ts';
import { useT, type TextKey } from '../i18n/texts.ts';
import { together } from '../i18n/time.ts';
import styles from './ChannelRow.module.css';

export function LastLine({ row }: { row: ChannelRow }) {
  const t = useT();
  const selectTyping = useMemo(makeSelectTyping, []);
  const typing = useRialtoState((state) => selectTyping(state, row.id));
  const names = useRialtoState((state) => namesOf(state, typing));
  const me = useRialtoState(selectMe);
  const sender = useRialtoState((state) => (row.line ? selectName(state, row.line.sender) : ''));
  if (typing.length > 0) {
    return <span className={styles.typing}>{row.kind === 'direct' ? t('row.typing') : t('row.typingOf', { names: names || '…', count: typing.length })}</span>;
  }
  if (row.draft) {
    return (
      <>
        <span className={styles.draft}>{t('row.draft')}</span> <bdi>{row.draft}</bdi>
      </>
    );
  }
  const { line } = row;
  if (!line) return null;
  const words = line.outgoing ? outgoingText(t, line.outgoing.what) : line.message?.deleted ? t('row.deleted') : contentText(t, line.message?.body);
  const who = line.sender === me ? t('row.you') : row.kind === 'direct' ? '' : sender;
  return who ? <>{t('row.said', { who, words })}</> : <bdi>{words}</bdi>;
}

const namesOf = (state: State, users: readonly string[]): string =>
  together(
    users
      .slice(0, 2)
      .map((user) => selectName(state, user))
      .filter(Boolean),
  );

function outgoingText(t: Translate<TextKey>, what: NonNullable<NonNullable<ChannelRow['line']>['outgoing']>['what']): string {
  return 'body' in what ? contentText(t, what.body) : t('row.forwarded');
}

/** A message in a few words. */
export function contentText(t: Translate<TextKey>, body: Content | undefined): string {
  if (!body) return '';
  if ('text' in body) return body.text.slice(0, 256);
  if ('location' in body) return body.location.label ?? t('row.location');
  return body.contact.name;
}
