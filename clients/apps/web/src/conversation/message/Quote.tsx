// The message that another one answers, in a line; a click goes there.

import { selectMessage, type ChannelId, type Seq } from '@rialto/core';
import { useEffect } from 'react';

import { useRialto, useRialtoState } from '../../app/rialto.tsx';
import { hueOf } from '../../ui/Avatar.tsx';
import { useWords } from '../words/words.ts';
import { useSummary } from './Body.tsx';
import { Name } from './Name.tsx';
import styles from './Quote.module.css';

export function Quote({ channel, seq, onOpen, isReachable }: { channel: ChannelId; seq: Seq; onOpen: () => void; isReachable: boolean }) {
  const t = useWords();
  const message = useQuoted(channel, seq);
  const summary = useSummary();
  return (
    <button type="button" className={styles.quote} onClick={onOpen} tabIndex={isReachable ? 0 : -1} aria-label={message ? undefined : t('quote.open')}>
      {message ? (
        <>
          <span className="hidden-visually">{t('quote.answers')} </span>
          <span className={styles.name} data-author={hueOf(message.sender)}>
            <Name user={message.sender} />
          </span>
          <span className={styles.text} dir="auto">
            {summary(message.body)}
          </span>
        </>
      ) : (
        <span className={styles.text}>{t('quote.unknown')}</span>
      )}
    </button>
  );
}

const asked = new Set<string>();

/** A message that lies elsewhere in the log is read by itself. */
export function useQuoted(channel: ChannelId, seq: Seq) {
  const rialto = useRialto();
  const message = useRialtoState((state) => selectMessage(state, channel, seq));
  const isLive = useRialtoState((state) => state.connection.phase === 'live');
  const isMissing = message === undefined && isLive;
  useEffect(() => {
    const name = `${channel} ${seq}`;
    if (!isMissing || asked.has(name)) return;
    asked.add(name);
    // It may be gone or not for us; then the quote says no more than that there is one.
    rialto.ask('history', { channel, around: seq, limit: 1 }).catch(() => asked.delete(name));
  }, [rialto, channel, seq, isMissing]);
  return message;
}
