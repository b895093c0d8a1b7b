// Theme, text size, language: kept where the script that runs before the first paint (public/look.js) finds them.

import type { Preferences, Rialto } from '@rialto/core';

import { directionOf, languageNow, pickLanguage, setLanguage } from '../i18n/language.ts';

const dark = () => matchMedia('(prefers-color-scheme: dark)');

function paint({ theme, textSize }: Preferences): void {
  const root = document.documentElement;
  root.dataset.theme = theme === 'dark' || (theme === 'system' && dark().matches) ? 'dark' : 'light';
  root.dataset.text = textSize;
}

function keep({ theme, textSize }: Preferences, language: string): void {
  try {
    localStorage.setItem('rialto.look', JSON.stringify({ theme, textSize, language, direction: directionOf(language) }));
  } catch {
    // Without storage the first paint follows the system; nothing else is lost.
  }
}

/** Follows what the person prefers, and the system where they leave it to that. Resolves when the first texts are here. */
export async function followLook(rialto: Rialto): Promise<void> {
  const preferences = () => rialto.store.getState().settings.preferences;
  const speak = async () => {
    const wanted = pickLanguage(preferences().language, navigator.languages);
    if (wanted !== languageNow()) await setLanguage(wanted);
    keep(preferences(), languageNow());
  };
  const apply = () => {
    paint(preferences());
    return speak();
  };
  let before = preferences();
  rialto.store.subscribe(() => {
    if (preferences() === before) return;
    before = preferences();
    apply().catch((error: unknown) => console.error('the language could not be loaded', error));
  });
  dark().addEventListener('change', () => paint(preferences()));
  // Offline, and never spoken here before: English is in the code.
  await apply().catch((error: unknown) => console.error('the language could not be loaded', error));
}
