// The outbox against crashes, broken lines and other tabs. Storage is IndexedDB as a library plays it in Node.

import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { indexedDbStorage } from '../src/index.ts';
import { eventually } from './support/eventually.ts';
import { id, Messenger } from './support/messenger.ts';
import { Browser, type Tab, type TabOptions } from './support/tab.ts';

const [ANA, BO] = [id(1), id(2)];
const [HERE, THERE] = [id(11), id(12)];

let messenger: Messenger;
let browser: Browser;
let tabs: Tab[];

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  messenger = new Messenger();
  messenger.addChannel(HERE, ANA, BO);
  messenger.addChannel(THERE, ANA, BO);
  browser = new Browser(messenger, () => indexedDbStorage());
  tabs = [];
});

afterEach(async () => {
  for (const tab of tabs) if (!tab.isDead) await tab.rialto.close();
});

async function open(options: TabOptions = {}): Promise<Tab> {
  const tab = browser.tab(options);
  tabs.push(tab);
  await Promise.race([tab.rialto.start().then(() => eventually('the cache', () => tab.isDead || tab.rialto.store.getState().session.isCacheLoaded)), tab.died]);
  return tab;
}

const outbox = (tab: Tab) => tab.rialto.store.getState().outbox;
const kept = () => browser.openStorage().listOutbox(ANA);
const sends = () => messenger.asked.filter(({ command }) => command === 'message.send');

describe('a message', () => {
  test('is kept before it is sent', async () => {
    await browser.signIn(ANA);
    const placesWhenSent: unknown[] = [];
    const tab = await open();
    await tab.rialto.live();
    messenger.intercept = (command) => {
      if (command === 'message.send') placesWhenSent.push(outbox(tab)[0]?.place);
      return undefined;
    };
    tab.rialto.send(HERE, 'one');
    expect(outbox(tab).map(({ state }) => state)).toEqual(['waiting']);
    await eventually('it to be stored', () => messenger.words(HERE).length === 1 && outbox(tab).length === 0);
    expect(placesWhenSent).toEqual([1]);
    await eventually('an empty outbox', async () => (await kept()).length === 0);
  });

  test('that was refused fails, outlives a reload, and can be discarded; later ones go on', async () => {
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    const empty = tab.rialto.send(HERE, '');
    await expect(empty.stored).rejects.toMatchObject({ code: 'message.empty' });
    await tab.rialto.send(HERE, 'two').stored;
    tab.kill();
    const again = await open();
    await eventually('the failed one', () => outbox(again)[0]?.state === 'failed');
    expect(outbox(again)[0]).toMatchObject({ clientId: empty.clientId, fault: { code: 'message.empty' } });
    again.rialto.messages.discard(empty.clientId);
    expect(outbox(again)).toEqual([]);
    await eventually('an empty outbox', async () => (await kept()).length === 0);
    expect(messenger.words(HERE)).toEqual(['two']);
  });

  test('that was refused can be sent once more', async () => {
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    messenger.intercept = (command) => (command === 'message.send' ? { code: 'user.blocked' } : undefined);
    const { clientId } = tab.rialto.send(HERE, 'once more');
    await eventually('the failure', () => outbox(tab)[0]?.state === 'failed');
    messenger.intercept = () => undefined;
    tab.rialto.messages.retry(clientId);
    await eventually('it to be stored', () => outbox(tab).length === 0);
    expect(messenger.words(HERE)).toEqual(['once more']);
  });

  test('waits when the server is too busy, and none overtakes it in its channel', async () => {
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    let refusals = 3;
    messenger.intercept = (command) => (command === 'message.send' && refusals-- > 0 ? { code: 'limit.exceeded', retry_after_ms: 100 } : undefined);
    for (const words of ['one', 'two', 'three']) tab.rialto.send(HERE, words);
    await eventually('all of them', () => messenger.words(HERE).length === 3);
    expect(messenger.words(HERE)).toEqual(['one', 'two', 'three']);
  });

  test('that was received and is refused after all fails', async () => {
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    messenger.intercept = (command, { client_id }: { client_id: string }) => {
      if (command !== 'message.send') return undefined;
      setTimeout(() => messenger.tell(ANA, 'rejected', { channel: HERE, client_id, code: 'channel.not_a_member', text: 'only members may do this' }), 5);
      return { code: 'limit.exceeded', retry_after_ms: 60_000 };
    };
    tab.rialto.send(HERE, 'too late');
    await eventually('the failure', () => outbox(tab)[0]?.fault?.code === 'channel.not_a_member');
  });

  test('whose answer was lost is sent again under the same name, and is there once', async () => {
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    let losses = 2;
    messenger.intercept = (command) => (command === 'message.send' && losses-- > 0 ? 'loseAnswer' : undefined);
    for (const words of ['one', 'two', 'three']) tab.rialto.send(HERE, words);
    await eventually('an empty outbox', () => outbox(tab).length === 0);
    expect(messenger.words(HERE)).toEqual(['one', 'two', 'three']);
  });

  test('that the server received and lost in a crash is sent again, before those that follow', async () => {
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    messenger.intercept = (command) => (command === 'message.send' ? 'swallow' : undefined);
    tab.rialto.send(HERE, 'one');
    tab.rialto.send(HERE, 'two');
    await eventually('both to be received', () => outbox(tab).every(({ state }) => state === 'received'));
    messenger.intercept = () => undefined;
    messenger.breakLines();
    tab.rialto.send(HERE, 'three');
    await eventually('an empty outbox', () => outbox(tab).length === 0);
    expect(messenger.words(HERE)).toEqual(['one', 'two', 'three']);
  });

  test('goes although the storage failed for a while', async () => {
    await browser.signIn(ANA);
    const storage = indexedDbStorage();
    const [list, remove] = [storage.listOutbox, storage.removeFromOutbox];
    let failures = 4;
    const fail = () => failures-- > 0 && Promise.reject(new Error('the disk is tired'));
    storage.listOutbox = async (user) => (await fail()) || list(user);
    storage.removeFromOutbox = async (user, ids) => (await fail()) || remove(user, ids);
    browser = new Browser(messenger, () => storage);
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    for (const it of ['one', 'two']) tab.rialto.send(HERE, it);
    await eventually('both', () => messenger.words(HERE).length === 2 && outbox(tab).length === 0);
    expect(messenger.words(HERE)).toEqual(['one', 'two']);
    expect(browser.faults.length).toBeGreaterThan(0);
  });

  test('is in the hands of the storage at once, whether or not those before it are kept yet', async () => {
    const storage = indexedDbStorage();
    const append = storage.appendToOutbox;
    const asked: unknown[] = [];
    let goOn = () => {};
    const slow = new Promise<void>((resolve) => (goOn = resolve));
    storage.appendToOutbox = async (user, message) => {
      asked.push(message.what);
      await slow;
      return append(user, message);
    };
    browser = new Browser(messenger, () => storage);
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    const words = ['one', 'two', 'three'];
    for (const it of words) tab.rialto.send(HERE, it);
    expect(asked).toEqual(words.map((text) => ({ body: { text } })));
    goOn();
    await eventually('all of them', () => messenger.words(HERE).length === 3 && outbox(tab).length === 0);
    expect(messenger.words(HERE)).toEqual(words);
  });

  test('that could not be kept is tried again, also by who does so as soon as it is told', async () => {
    const storage = indexedDbStorage();
    const append = storage.appendToOutbox;
    let failures = 2;
    storage.appendToOutbox = async (user, message) => (failures-- > 0 ? Promise.reject(new Error('the disk is full')) : append(user, message));
    browser = new Browser(messenger, () => storage);
    await browser.signIn(ANA);
    const tab = await open();
    await tab.rialto.live();
    const codes: string[] = [];
    tab.rialto.on('failed', ({ clientId, fault }) => {
      codes.push(fault.code);
      tab.rialto.messages.retry(clientId);
    });
    tab.rialto.send(HERE, 'one');
    await eventually('it to be stored', () => messenger.words(HERE).length === 1 && outbox(tab).length === 0);
    expect(codes).toEqual(['client.storage_failed', 'client.storage_failed']);
  });

  test('written just before the client is closed is kept', async () => {
    await browser.signIn(ANA);
    messenger.isUp = false;
    const tab = await open();
    for (const it of ['one', 'two', 'three']) tab.rialto.send(HERE, it);
    await tab.rialto.close();
    tabs = [];
    expect((await kept()).map(({ what }) => what)).toEqual(['one', 'two', 'three'].map((text) => ({ body: { text } })));
  });

  test('written without a connection goes when there is one, after a reload too', async () => {
    await browser.signIn(ANA);
    messenger.isUp = false;
    const tab = await open();
    const words = Array.from({ length: 10 }, (_, at) => `${at}`);
    for (const it of words) tab.rialto.send(HERE, it);
    await eventually('all of them to be kept', async () => (await kept()).length === 10);
    tab.kill();
    const again = await open();
    expect(outbox(again).map(({ state }) => state)).toEqual(words.map(() => 'waiting'));
    messenger.isUp = true;
    await eventually('an empty outbox', () => outbox(again).length === 0);
    expect(messenger.words(HERE)).toEqual(words);
  });
});

describe('whatever step a page dies at', () => {
  const words = ['one', 'two', 'three'];

  /** Writes three messages here and one there, in a page that dies at a step, and then opens another page. */
  async function run(dieAt: number, dieAfter: boolean): Promise<boolean> {
    await browser.signIn(ANA);
    const tab = await open({ dieAt, dieAfter });
    if (!tab.isDead) {
      for (const it of words) tab.rialto.send(HERE, it);
      tab.rialto.send(THERE, 'elsewhere');
      await Promise.race([eventually('its end', () => tab.isDead || (outbox(tab).length === 0 && messenger.words(THERE).length === 1)), tab.died]);
    }
    const hasDied = tab.isDead;
    const safe = (await kept()).flatMap(({ channel, what }) => (channel === HERE && 'body' in what && 'text' in what.body ? what.body.text : []));
    const again = await open();
    await eventually('an empty outbox', async () => again.rialto.store.getState().connection.phase === 'live' && outbox(again).length === 0 && (await kept()).length === 0);
    const said = messenger.words(HERE);
    // Each once, in order; what was kept is there, and what is there is a beginning of what was written.
    expect(said).toEqual(words.slice(0, said.length));
    for (const it of safe) expect(said).toContain(it);
    expect(messenger.words(THERE).length).toBeLessThanOrEqual(1);
    return hasDied;
  }

  for (const dieAfter of [false, true]) {
    test(`${dieAfter ? 'after it was done' : 'before it is done'}: nothing that was kept is lost, doubled or reordered`, { timeout: 60_000 }, async () => {
      let deaths = 0;
      for (let dieAt = 1; ; dieAt += 1) {
        globalThis.indexedDB = new IDBFactory();
        messenger = new Messenger();
        messenger.addChannel(HERE, ANA, BO);
        messenger.addChannel(THERE, ANA, BO);
        browser = new Browser(messenger, () => indexedDbStorage());
        const hasDied = await run(dieAt, dieAfter);
        for (const tab of tabs.splice(0)) if (!tab.isDead) await tab.rialto.close();
        if (!hasDied) break;
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(15);
    });
  }
});

describe('several tabs', () => {
  test('share one outbox: each message goes once, from one of them, in order', async () => {
    await browser.signIn(ANA);
    const [one, other] = [await open(), await open()];
    await Promise.all([one.rialto.live(), other.rialto.live()]);
    for (let at = 0; at < 10; at += 1) (at % 2 ? one : other).rialto.send(HERE, `${at}`);
    await eventually('all of them', () => messenger.words(HERE).length === 10);
    expect(sends().length).toBe(10);
    expect(messenger.words(HERE)).toEqual(Array.from({ length: 10 }, (_, at) => `${at}`));
    await eventually('both to know', () => outbox(one).length === 0 && outbox(other).length === 0);
  });

  test('send the same message without locks between them, and it is said once, in order', async () => {
    browser = new Browser(messenger, () => indexedDbStorage(), { hasLocks: false });
    await browser.signIn(ANA);
    let begun = 0;
    let go = () => {};
    const isBegunByBoth = new Promise<void>((resolve) => (go = resolve));
    const before = async (command: string) => {
      if (command !== 'message.send') return;
      if ((begun += 1) === 2) go();
      await isBegunByBoth;
    };
    const [one, other] = [await open({ before }), await open({ before })];
    await Promise.all([one.rialto.live(), other.rialto.live()]);
    const words = Array.from({ length: 10 }, (_, at) => `${at}`);
    const [first] = words.map((it) => one.rialto.send(HERE, it));
    await eventually('both to know', async () => messenger.words(HERE).length === 10 && outbox(one).length === 0 && outbox(other).length === 0 && (await kept()).length === 0);
    expect(sends().filter(({ data }) => (data as { client_id: string }).client_id === first!.clientId).length).toBe(2);
    expect(messenger.words(HERE)).toEqual(words);
  });

  test('see what another one wrote before it is sent', async () => {
    await browser.signIn(ANA);
    messenger.isUp = false;
    const [one, other] = [await open(), await open()];
    const { clientId } = one.rialto.send(HERE, 'hello');
    await eventually('the other to see it', () => outbox(other)[0]?.clientId === clientId);
    messenger.isUp = true;
    await eventually('both to know', () => outbox(one).length === 0 && outbox(other).length === 0);
    expect(sends().length).toBe(1);
  });

  test('take over from one that dies while it sends', async () => {
    await browser.signIn(ANA);
    const [one, other] = [await open(), await open()];
    await Promise.all([one.rialto.live(), other.rialto.live()]);
    // Whichever of them sends: the one that wrote dies.
    let count = 0;
    messenger.intercept = (command) => {
      if (command === 'message.send' && (count += 1) === 3) tabs.find((tab) => !tab.isDead && tab === one)?.kill();
      return undefined;
    };
    const words = Array.from({ length: 6 }, (_, at) => `${at}`);
    for (const it of words) one.rialto.send(HERE, it);
    await eventually('all that was kept', async () => one.isDead && messenger.words(HERE).length > 0 && (await kept()).length === 0);
    expect(messenger.words(HERE)).toEqual(words.slice(0, messenger.words(HERE).length));
    expect(messenger.words(HERE).length).toBeGreaterThanOrEqual(3);
    await eventually('the other to know', () => outbox(other).length === 0);
  });
});
