import { expect, test } from 'vitest';

import { memoryStorage } from '../src/index.ts';
import { eventually } from './support/eventually.ts';
import { id, Messenger } from './support/messenger.ts';
import { Browser } from './support/tab.ts';

const [ANA, BO] = [id(1), id(2)];
const HERE = id(11);

test('typing is told once in a while, and anew after a message', async () => {
  const messenger = new Messenger();
  messenger.addChannel(HERE, ANA, BO);
  const storage = memoryStorage();
  const browser = new Browser(messenger, () => storage);
  await browser.signIn(ANA);
  const { rialto } = browser.tab();
  await rialto.start();
  await rialto.live();
  const told = () => messenger.asked.filter(({ command }) => command === 'typing').length;
  rialto.messages.type(HERE);
  rialto.messages.type(HERE);
  await eventually('the first', () => told() === 1);
  rialto.send(HERE, 'Hello');
  rialto.messages.type(HERE);
  await eventually('the second', () => told() === 2);
  await rialto.close();
  expect(browser.faults).toEqual([]);
});
