// New messages, told to screen readers: one by one while they are few, as a number when they are many.

import type { ChannelId, Folded } from '@rialto/core';
import { useEffect, useRef } from 'react';

import { useRialto } from '../../app/rialto.tsx';
import { announce } from '../../ui/announce.tsx';
import { useSummary } from '../message/Body.tsx';
import { useWords } from '../words/words.ts';

const GATHER_MS = 800;
const FEW = 2;

export function useArrivals(channel: ChannelId): void {
  const rialto = useRialto();
  const t = useWords();
  const summary = useSummary();
  const tell = useRef<(messages: Folded[]) => void>(undefined);
  useEffect(() => {
    tell.current = (messages) => {
      if (messages.length > FEW) return announce(t('arrivals.many', { count: messages.length }));
      const { profiles } = rialto.store.getState().people;
      for (const { sender, body } of messages) announce(t('arrivals.one', { name: profiles[sender]?.display_name ?? t('somebody'), text: summary(body) }));
    };
  });
  useEffect(() => {
    let waiting: Folded[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = rialto.on('message', ({ channel: where, message, isMine }) => {
      if (where !== channel || isMine) return;
      waiting.push(message);
      timer ??= setTimeout(() => {
        tell.current?.(waiting);
        waiting = [];
        timer = undefined;
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [rialto, channel]);
}
