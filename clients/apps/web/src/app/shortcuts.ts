// Keys that work everywhere. The same list is shown by the help.

import { useEffect, useRef } from 'react';

import { readAll } from '../channels/actions.ts';
import { neighbour, rowsOf } from '../channels/rows.ts';
import { texts, type TextKey } from '../i18n/texts.ts';
import { toast } from '../ui/toast.tsx';
import { useRialto } from './rialto.tsx';
import { navigate, routeNow } from './router.tsx';

export type Shortcut = 'switch' | 'next' | 'previous' | 'nextUnread' | 'previousUnread' | 'readAll' | 'help';

export type Keys = Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>;

/** Which shortcut the keys are. `isTyping`: they would write something. */
export function shortcutOf({ key, altKey, ctrlKey, metaKey, shiftKey }: Keys, isTyping: boolean, areLettersOn: boolean): Shortcut | undefined {
  if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === 'k') return 'switch';
  if (altKey && !ctrlKey && !metaKey) {
    if (key === 'ArrowDown') return shiftKey ? 'nextUnread' : 'next';
    if (key === 'ArrowUp') return shiftKey ? 'previousUnread' : 'previous';
  }
  if (shiftKey && !altKey && !ctrlKey && !metaKey && key === 'Escape') return 'readAll';
  if (key === '?' && !altKey && !ctrlKey && !metaKey && !isTyping && areLettersOn) return 'help';
  return undefined;
}

/** Everything there is, as the help shows it. The ones of a conversation are handled there. */
export const SHORTCUTS: readonly { keys: readonly string[]; does: TextKey }[] = [
  { keys: ['Ctrl/⌘', 'K'], does: 'shortcut.switch' },
  { keys: ['Alt', '↑ ↓'], does: 'shortcut.next' },
  { keys: ['Alt', 'Shift', '↑ ↓'], does: 'shortcut.nextUnread' },
  { keys: ['Shift', 'Esc'], does: 'shortcut.readAll' },
  { keys: ['↑'], does: 'shortcut.editLast' },
  { keys: ['R'], does: 'shortcut.reply' },
  { keys: ['E'], does: 'shortcut.react' },
  { keys: ['?'], does: 'shortcut.help' },
];

const isTypingIn = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'));

export function useShortcuts(handlers: { onSwitch: () => void; onHelp: () => void }): void {
  const rialto = useRialto();
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const go = (step: 1 | -1, isUnreadOnly: boolean) => {
      const route = routeNow();
      const row = neighbour(rowsOf(rialto.store.getState()), route.page === 'channel' ? route.channel : undefined, step, isUnreadOnly);
      if (row) navigate({ page: 'channel', channel: row.id });
    };
    const doIt: Record<Shortcut, () => void> = {
      switch: () => latest.current.onSwitch(),
      help: () => latest.current.onHelp(),
      next: () => go(1, false),
      previous: () => go(-1, false),
      nextUnread: () => go(1, true),
      previousUnread: () => go(-1, true),
      readAll: () => {
        const unread = rowsOf(rialto.store.getState()).filter((row) => row.unread.messages > 0);
        unread.forEach(({ id }) => readAll(rialto, id));
        toast(texts.t('shortcut.readAll.done', { count: unread.length }));
      },
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
      const shortcut = shortcutOf(event, isTypingIn(event.target), rialto.store.getState().settings.preferences.letterShortcuts);
      if (!shortcut) return;
      event.preventDefault();
      doIt[shortcut]();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [rialto]);
}
