// The shell's texts.

import { defineCatalogue, useCatalogue } from './language.ts';
import english from './en.ts';

export const texts = defineCatalogue(english, {
  de: () => import('./de.ts'),
  pt: () => import('./pt.ts'),
  ar: () => import('./ar.ts'),
});

export type TextKey = keyof typeof english;
export type Texts = Record<TextKey, string>;

export const useT = () => useCatalogue(texts);
