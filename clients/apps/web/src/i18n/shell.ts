// Whatever is behind the door imports this: its English.

import english from './en.ts';
import { texts } from './texts.ts';

texts.add(english);
