import type { Texts } from './texts.ts';
import english from './en.ts';

export default { ...english } satisfies Texts;
