// Theme, text size, language: kept where the script that runs before the first paint (public/look.js) finds them.

import type { Preferences, Rialto } from '@rialto/core';

import { directionOf, languageNow, pickLanguage, setLanguage } from '../i18n/language.ts';

const dark = () => matchMedia('(prefers-color-scheme: dark)');

function paint({ theme, textSize }: Preferences): void {
  const root = document.documentElement;
  root.dataset.theme = theme === 'dark' || (theme === 'system' && dark().matches) ? 'dark' : 'light';
  root.dataset.text = textSize;
}

function keep({ theme, textSize, language: chosen }: Preferences, language: string): void {
  try {
    localStorage.setItem('rialto.look', JSON.stringify({ theme, textSize, chosen, language, direction: directionOf(language) }));
  } catch {
    // Without storage the first paint follows the system; nothing else is lost.
  }
}

/** What was kept last: at once, and so before a page that is left could store its preferences. */
function kept(): Partial<Pick<Preferences, 'theme' | 'textSize' | 'language'>> {
  try {
    const { theme, textSize, chosen } = JSON.parse(localStorage.getItem('rialto.look') ?? '{}') as Partial<Preferences> & { chosen?: string };
    return { ...(theme && { theme }), ...(textSize && { textSize }), ...(chosen && { language: chosen }) };
  } catch {
    return {};
  }
}

/** Follows what the person prefers, and the system where they leave it to that. Resolves when the first texts are here. */
export async function followLook(rialto: Rialto): Promise<void> {
  const preferences = () => rialto.store.getState().settings.preferences;
  const apply = async () => {
    paint(preferences());
    const wanted = pickLanguage(preferences().language, navigator.languages);
    keep(preferences(), wanted);
    if (wanted !== languageNow()) await setLanguage(wanted);
  };
  const last = kept();
  if (Object.entries(last).some(([name, value]) => preferences()[name as keyof typeof last] !== value)) rialto.setPreferences(last);
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
