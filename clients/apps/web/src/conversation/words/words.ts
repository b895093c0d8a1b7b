// The conversation's texts.

import { defineCatalogue, useCatalogue } from '../../i18n/language.ts';
import english from './en.ts';

export const words = defineCatalogue(english, {
  de: () => import('./de.ts'),
  pt: () => import('./pt.ts'),
  ar: () => import('./ar.ts'),
});

export type WordKey = keyof typeof english;

export const useWords = () => useCatalogue(words);
