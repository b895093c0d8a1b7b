// The picker and its emoji come when they are wanted.

import { lazy, Suspense } from 'react';

import { useWords } from '../words/words.ts';

const Picker = lazy(async () => ({ default: (await import('./EmojiPicker.tsx')).EmojiPicker }));

export function LazyEmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useWords();
  return (
    <Suspense fallback={<p style={{ padding: 16 }}>{t('emoji.loading')}</p>}>
      <Picker onPick={onPick} />
    </Suspense>
  );
}
