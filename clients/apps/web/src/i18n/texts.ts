// The texts of the door and of the shell.

import { defineCatalogue, useCatalogue } from './language.ts';
import door from './door.ts';

export const texts = defineCatalogue<TextKey>(door, {
  de: () => import('./de.ts'),
  pt: () => import('./pt.ts'),
  ar: () => import('./ar.ts'),
});

export type Texts = typeof door & typeof import('./en.ts').default;
export type TextKey = keyof Texts;

export const useT = () => useCatalogue(texts);
