// Catching up: holes, absences, another history, other tabs; and positions on their way.

import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { indexedDbStorage } from '../src/index.ts';
import { eventually } from './support/eventually.ts';
import { id, Messenger } from './support/messenger.ts';
import { Browser, type Tab } from './support/tab.ts';

const [ANA, BO] = [id(1), id(2)];
const [HERE, THERE] = [id(11), id(12)];

let messenger: Messenger;
let browser: Browser;
let tabs: Tab[];

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  messenger = new Messenger();
  messenger.addChannel(HERE, ANA, BO);
  messenger.addChannel(THERE, ANA, BO);
  browser = new Browser(messenger, () => indexedDbStorage());
  tabs = [];
  await browser.signIn(ANA);
});

afterEach(async () => {
  for (const tab of tabs) if (!tab.isDead) await tab.rialto.close();
  expect(browser.faults).toEqual([]);
});

async function open(): Promise<Tab> {
  const tab = browser.tab();
  tabs.push(tab);
  await tab.rialto.start();
  await eventually('the cache', () => state(tab).session.isCacheLoaded);
  return tab;
}

const state = (tab: Tab) => tab.rialto.store.getState();
const log = (tab: Tab, channel = HERE) => state(tab).messages.logs[channel]!;
const words = (tab: Tab, channel = HERE) =>
  log(tab, channel)?.spans.flatMap(({ messages }) => messages.flatMap(({ body }) => (body && 'text' in body ? body.text : []))) ?? [];
const syncs = () => messenger.asked.filter(({ command }) => command === 'sync');
const said = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);
const say = (from: number, to: number, isHeard = true, channel = HERE) => said(from, to).forEach((it) => messenger.text(channel, BO, it, isHeard));

describe('a hole', () => {
  test('is fetched, and filled once', async () => {
    const tab = await open();
    await tab.rialto.live();
    say(1, 3);
    say(4, 8, false);
    say(9, 9);
    await eventually('the hole to be filled', () => log(tab).have === 9);
    expect(words(tab)).toEqual(said(1, 9));
    expect(syncs().length).toBe(1);
    expect(syncs()[0]!.data).toEqual({ have: { [HERE]: 3 } });
  });

  test('that what is on its way fills by itself is not asked about', async () => {
    const tab = await open();
    await tab.rialto.live();
    const entries = said(1, 6).map((it) => messenger.text(HERE, BO, it, false));
    for (const at of [5, 0, 2, 2, 1, 4, 3]) messenger.tell(ANA, 'entry', entries[at]);
    await eventually('all of them', () => log(tab).have === 6);
    expect(words(tab)).toEqual(said(1, 6));
    // Longer than the core waits for a hole to close by itself.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(syncs()).toEqual([]);
  });

  test('is fetched piece by piece where it is large, also when the server is too busy or the line breaks', async () => {
    messenger.syncPage = 7;
    const tab = await open();
    await tab.rialto.live();
    let count = 0;
    messenger.intercept = (command) => {
      if (command !== 'sync') return undefined;
      count += 1;
      return count === 2 ? { code: 'limit.exceeded', retry_after_ms: 10 } : count === 4 ? 'lose' : undefined;
    };
    say(1, 40, false);
    say(41, 41);
    await eventually('all of them', () => log(tab).have === 41);
    expect(words(tab)).toEqual(said(1, 41));
  });

  test('is no hole where the server leaves out what one may not see', async () => {
    const tab = await open();
    await tab.rialto.live();
    say(1, 1);
    messenger.hidden = new Set([2, 3, 5]);
    say(2, 3, false);
    say(4, 4);
    say(5, 5, false);
    say(6, 6);
    await eventually('the end', () => log(tab).have === 6);
    expect(words(tab)).toEqual(['1', '4', '6']);
    expect(log(tab).spans.length).toBe(1);
  });
});

describe('who was away', () => {
  test('starts from what was kept, before there is a connection, and misses nothing', async () => {
    const first = await open();
    await first.rialto.live();
    say(1, 5);
    await eventually('all of them', () => log(first).have === 5);
    await first.rialto.close();
    messenger.isUp = false;
    say(6, 8, false);
    const again = await open();
    expect(words(again)).toEqual(said(1, 5));
    expect(state(again).channels.byId[HERE]!.title).toBe(HERE);
    messenger.isUp = true;
    await eventually('what was missed', () => log(again).have === 8);
    expect(words(again)).toEqual(said(1, 8));
  });

  test('who missed too much reads an open channel anew', async () => {
    const tab = await open();
    await tab.rialto.live();
    tab.rialto.messages.open(HERE);
    say(1, 5);
    await eventually('all of them', () => log(tab).have === 5);
    messenger.syncAtMost = 10;
    messenger.isUp = false;
    messenger.breakLines();
    say(6, 200, false);
    messenger.isUp = true;
    await eventually('the newest page', () => words(tab).at(-1) === '200' && words(tab).length >= 50);
    expect(log(tab).have).toBe(200);
    expect(words(tab)).toEqual(said(201 - words(tab).length, 200));
  });

  test('who meets another history forgets what was kept of the first', async () => {
    const tab = await open();
    await tab.rialto.live();
    say(1, 5);
    await eventually('all of them', () => log(tab).have === 5);
    messenger.isUp = false;
    messenger.breakLines();
    messenger.epoch = 'another';
    messenger.addChannel(HERE, ANA, BO);
    ['restored 1', 'restored 2'].forEach((it) => messenger.text(HERE, BO, it, false));
    messenger.isUp = true;
    await eventually('the other history', () => words(tab).length === 2);
    expect(words(tab)).toEqual(['restored 1', 'restored 2']);
    await tab.rialto.close();
    expect((await indexedDbStorage().loadCache(ANA)).channels.find(({ id: it }) => it === HERE)?.have).toBe(2);
  });

  test('who was put out of a channel meanwhile does not see it any more', async () => {
    const tab = await open();
    await tab.rialto.live();
    messenger.isUp = false;
    messenger.breakLines();
    messenger.members.get(THERE)!.delete(ANA);
    messenger.isUp = true;
    await eventually('it to be gone', () => !state(tab).channels.byId[THERE]);
    expect(Object.keys(state(tab).messages.logs)).toEqual([HERE]);
  });

  test('who was too slow catches up with everything', async () => {
    const tab = await open();
    await tab.rialto.live();
    say(1, 4, false);
    say(1, 2, false, THERE);
    messenger.tell(ANA, 'resync', {});
    await eventually('both channels', () => log(tab).have === 4 && log(tab, THERE).have === 2);
    expect([words(tab), words(tab, THERE)]).toEqual([said(1, 4), said(1, 2)]);
  });
});

describe('a channel that is new', () => {
  test('is learnt of when one is let in, and from its first entry', async () => {
    const tab = await open();
    await tab.rialto.live();
    const [joined, heard] = [id(13), id(14)];
    messenger.addChannel(joined, ANA, BO);
    messenger.tell(ANA, 'channel', { channel: joined, change: 'joined' });
    messenger.addChannel(heard, ANA, BO);
    messenger.text(heard, BO, 'hello');
    await eventually('both', () => state(tab).channels.byId[joined] && state(tab).channels.byId[heard]);
    expect(words(tab, heard)).toEqual(['hello']);
    messenger.tell(ANA, 'channel', { channel: joined, change: 'left' });
    await eventually('it to be gone', () => !state(tab).channels.byId[joined]);
  });
});

describe('pages', () => {
  test('are read in both directions and around a place, and asked for once', async () => {
    say(1, 300, false);
    const tab = await open();
    await tab.rialto.live();
    tab.rialto.messages.open(HERE);
    await eventually('a screenful', () => words(tab).length >= 50);
    tab.rialto.messages.want(HERE, { around: 100 });
    tab.rialto.messages.want(HERE, { around: 100 });
    await eventually('the stretch', () => log(tab).spans.length === 2);
    expect(log(tab).spans[0]).toMatchObject({ from: 75, to: 124 });
    expect(messenger.asked.filter(({ command, data }) => command === 'history' && (data as { around?: number }).around === 100).length).toBe(1);
    for (let round = 0; log(tab).spans.length > 1; round += 1) {
      const to = log(tab).spans[0]!.to;
      tab.rialto.messages.want(HERE, { after: to });
      await eventually('the next page', () => log(tab).spans.length === 1 || log(tab).spans[0]!.to > to);
    }
    while (log(tab).spans[0]!.from > 1) {
      const from = log(tab).spans[0]!.from;
      tab.rialto.messages.want(HERE, { before: from });
      await eventually('the page before', () => log(tab).spans[0]!.from < from);
    }
    expect(words(tab)).toEqual(said(1, 300));
  });

  test('that are wanted without a connection come when there is one', async () => {
    say(1, 3, false);
    messenger.isUp = false;
    const tab = await open();
    tab.rialto.messages.want(HERE, 'newest');
    messenger.isUp = true;
    await eventually('the page', () => words(tab).length === 3);
  });
});

describe('positions', () => {
  test('are told by themselves as far as entries came, and read as far as was seen', async () => {
    const tab = await open();
    await tab.rialto.live();
    say(1, 5);
    await eventually('delivered', () => messenger.positions.get(HERE)!.get(ANA)!.delivered === 5);
    expect(messenger.positions.get(HERE)!.get(ANA)!.read).toBe(0);
    tab.rialto.messages.see(HERE, 3);
    tab.rialto.messages.see(HERE, 2);
    await eventually('read', () => messenger.positions.get(HERE)!.get(ANA)!.read === 3);
    expect(state(tab).positions[HERE]!.mine.read).toBe(3);
  });

  test('that moved without a connection, and outlive the page, are told later', async () => {
    const tab = await open();
    await tab.rialto.live();
    say(1, 5);
    await eventually('all of them', () => log(tab).have === 5);
    messenger.isUp = false;
    messenger.breakLines();
    tab.rialto.messages.see(HERE, 4);
    await tab.rialto.close();
    messenger.isUp = true;
    const again = await open();
    await eventually('read', () => messenger.positions.get(HERE)!.get(ANA)!.read === 4);
    expect(state(again).positions[HERE]!.mine.read).toBe(4);
  });
});

describe('a log-in', () => {
  test('is renewed once by all tabs together, and the next token is kept before it is used', async () => {
    await browser.signIn(ANA, { accessExpiresAt: 0 });
    const together = await Promise.all([open(), open(), open()]);
    await Promise.all(together.map((tab) => tab.rialto.live()));
    expect([...messenger.shown.values()]).toEqual([1]);
    expect(messenger.connections).toBe(3);
  });

  test('is renewed when the server does not know its token, and goes on', async () => {
    const tab = await open();
    await tab.rialto.live();
    messenger.tokens.clear();
    messenger.breakLines();
    await eventually('it to be live again', () => messenger.connections === 1);
    await tab.rialto.live();
    expect([...messenger.shown.values()]).toEqual([1]);
  });

  test('that the server ended is gone here too, with what was written kept', async () => {
    const tab = await open();
    await tab.rialto.live();
    messenger.isUp = false;
    messenger.breakLines();
    tab.rialto.send(HERE, 'not sent');
    await eventually('it to be kept', async () => (await indexedDbStorage().listOutbox(ANA)).length === 1);
    messenger.tokens.clear();
    messenger.refreshTokens.clear();
    messenger.isUp = true;
    await eventually('the end', () => state(tab).session.phase === 'signedOut');
    expect(state(tab).session.fault?.code).toBe('auth.refresh_refused');
    expect(await indexedDbStorage().logIns()).toEqual([]);
    await browser.signIn(ANA);
    const again = await open();
    await eventually('it to be sent', () => messenger.words(HERE).includes('not sent') && state(again).outbox.length === 0);
  });
});
