// What was said last in a channel, in a line.

import { selectMe, selectName, makeSelectTyping, type ChannelRow, type Content, type State } from '@rialto/core';
import { useMemo, type ReactNode } from 'react';

import { useRialtoState } from '../app/rialto.tsx';
import type { Translate } from '../i18n/language.ts';
import { useT, type TextKey } from '../i18n/texts.ts';
import { together } from '../i18n/time.ts';
import styles from './ChannelRow.module.css';

/** In the open channel the composer shows the draft itself. */
export function LastLine({ row, isOpen }: { row: ChannelRow; isOpen: boolean }) {
  const t = useT();
  const selectTyping = useMemo(makeSelectTyping, []);
  const typing = useRialtoState((state) => selectTyping(state, row.id));
  const names = useRialtoState((state) => namesOf(state, typing));
  const me = useRialtoState(selectMe);
  const sender = useRialtoState((state) => (row.line ? selectName(state, row.line.sender) : ''));
  if (typing.length > 0) {
    return <Line className={styles.typing}>{row.kind === 'direct' ? t('row.typing') : t('row.typingOf', { names: names || '…', count: typing.length })}</Line>;
  }
  if (row.draft && !isOpen) {
    return (
      <Line of={row.draft}>
        <span className={styles.draft}>{t('row.draft')}</span> <bdi>{row.draft}</bdi>
      </Line>
    );
  }
  const { line } = row;
  if (!line) return <Line>{t('row.none')}</Line>;
  const words = line.outgoing ? outgoingText(t, line.outgoing.what) : line.message?.deleted ? t('row.deleted') : contentText(t, line.message?.body);
  const who = line.sender === me ? t('row.you') : row.kind === 'direct' ? '' : sender;
  return <Line of={words}>{who ? t('row.said', { who, words }) : words}</Line>;
}

const RIGHT_TO_LEFT = /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/** A line is cut where it ends; where that is depends on the words, whatever stands before them. */
function Line({ of, className = '', children }: { of?: string; className?: string | undefined; children: ReactNode }) {
  return (
    <span className={styles.line}>
      <span className={className} dir={of === undefined || !/\p{L}/u.test(of) ? undefined : RIGHT_TO_LEFT.test(of) ? 'rtl' : 'ltr'}>
        {children}
      </span>
    </span>
  );
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
