// Why something did not succeed, in the person's language. The server's own words are for logs.

import type { Fault } from '@rialto/core';

import type { Translate } from './language.ts';
import { texts, type TextKey } from './texts.ts';

export function faultText(t: Translate<TextKey>, { code }: Pick<Fault, 'code'>): string {
  const key = `fault.${code}`;
  return t(isKnown(key) ? key : 'fault.other', { code });
}

const isKnown = (key: string): key is TextKey => key in texts.english;
