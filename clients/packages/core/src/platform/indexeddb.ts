// Storage in the browser's database, shared by all tabs of an origin.

import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb';

import { newestOf } from '../logIn.ts';
import type { Cache, Kept, LogIn, Storage } from '../ports.ts';
import type { CachedAccount, CachedChannel } from '../store/cache.ts';
import type { Draft } from '../store/drafts.ts';
import type { Preferences } from '../store/settings.ts';

interface Schema extends DBSchema {
  logIns: { key: string; value: LogIn };
  /** The key is the place: the database counts it up over all tabs. */
  outbox: { key: number; value: Omit<Kept, 'place'> & { user: string }; indexes: { clientId: [string, string]; user: string } };
  accounts: { key: string; value: CachedAccount };
  /** The last part of the key is how far the channel has come (`have`): the furthest counts. */
  channels: { key: [string, string, number]; value: CachedChannel };
  drafts: { key: [string, string]; value: Draft };
  preferences: { key: string; value: Preferences };
}

const PREFERENCES = 'preferences';

/** All keys that begin with a user's id. */
const ofUser = (user: string): IDBKeyRange => IDBKeyRange.bound([user], [user, []]);

/** All that is kept of a channel up to a place. Former versions kept it without its place. */
const upTo = (user: string, channel: string, have: number): IDBKeyRange => IDBKeyRange.bound([user, channel], [user, channel, have]);

/** What a visit begins with. */
interface Beginning {
  logIns: LogIn[];
  preferences: Partial<Preferences>;
  /** Of the account that was chosen last. */
  cache?: { user: string; cache: Cache };
}

/**
 * `isAhead` reads at once what a visit begins with, in one go, while the rest of the program is still being read; the first calls for it
 * are answered from that. Nothing of it is what another tab may take from under one: the outbox is read when it is asked for.
 */
export function indexedDbStorage(name = 'rialto', { isAhead = false } = {}): Storage {
  const opened = openDB<Schema>(name, 1, {
    upgrade(db) {
      db.createObjectStore('logIns', { keyPath: 'user' });
      const outbox = db.createObjectStore('outbox', { autoIncrement: true });
      outbox.createIndex('clientId', ['user', 'clientId'], { unique: true });
      outbox.createIndex('user', 'user');
      db.createObjectStore('accounts');
      db.createObjectStore('channels');
      db.createObjectStore('drafts');
      db.createObjectStore('preferences');
    },
    // A newer version of the page wants to upgrade: better this tab stops keeping than that one waits for ever.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  // Who cannot open it learns so from the first call.
  opened.catch(() => {});
  const ahead: Promise<Partial<Beginning>> = isAhead ? opened.then(readBeginning).catch(() => ({})) : Promise.resolve({});
  let isWritten = false;
  /** Each part of it once: from then on others may have changed it. */
  const taken = async <P extends keyof Beginning>(part: P): Promise<Beginning[P] | undefined> => {
    const beginning = await ahead;
    if (isWritten) return undefined;
    const found = beginning[part] as Beginning[P] | undefined;
    delete beginning[part];
    return found;
  };

  /** For what writes: who has written something reads that. */
  const written = () => {
    isWritten = true;
    return opened;
  };

  return {
    logIns: async () => (await taken('logIns')) ?? (await opened).getAll('logIns'),
    findLogIn: async (user) => (await opened).get('logIns', user),
    putLogIn: async (logIn) => safely(await written(), ['logIns'], (tx) => tx.objectStore('logIns').put(logIn)),
    removeLogIn: async (user) => safely(await written(), ['logIns'], (tx) => tx.objectStore('logIns').delete(user)),
    removeAccount: async (user) =>
      safely(await written(), ['logIns', 'outbox', 'accounts', 'channels', 'drafts'], async (tx) => {
        const places = await tx.objectStore('outbox').index('user').getAllKeys(user);
        await Promise.all([
          ...places.map((place) => tx.objectStore('outbox').delete(place)),
          tx.objectStore('logIns').delete(user),
          tx.objectStore('accounts').delete(user),
          tx.objectStore('channels').delete(ofUser(user)),
          tx.objectStore('drafts').delete(ofUser(user)),
        ]);
      }),

    async appendToOutbox(user, message) {
      const db = await written();
      while (true) {
        try {
          return await handedOver(strictly(db, ['outbox'], 'strict'), (tx) => tx.objectStore('outbox').add({ ...message, user }));
        } catch (error) {
          if (!(error instanceof DOMException && error.name === 'ConstraintError')) throw error;
        }
        // The same client id is there already; unless it has left in this moment.
        const place = await db.getKeyFromIndex('outbox', 'clientId', [user, message.clientId]);
        if (place !== undefined) return place;
      }
    },
    async listOutbox(user) {
      const tx = (await opened).transaction('outbox');
      const index = tx.store.index('user');
      const [places, messages] = await Promise.all([index.getAllKeys(user), index.getAll(user)]);
      return messages.map(({ user: _, ...message }, at) => ({ ...message, place: places[at]! }));
    },
    markInOutbox: async (user, clientId, fault) =>
      safely(await written(), ['outbox'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        const place = await outbox.index('clientId').getKey([user, clientId]);
        const message = place !== undefined && (await outbox.get(place));
        if (!message) return;
        const { fault: _, ...rest } = message;
        await outbox.put({ ...rest, ...(fault && { fault }) }, place);
      }),
    removeFromOutbox: async (user, clientIds) =>
      safely(await written(), ['outbox'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        await Promise.all(
          clientIds.map(async (clientId) => {
            const place = await outbox.index('clientId').getKey([user, clientId]);
            if (place !== undefined) await outbox.delete(place);
          }),
        );
      }),

    async loadCache(user) {
      const known = await taken('cache');
      return known?.user === user ? known.cache : readCache((await opened).transaction<Names>(['accounts', 'channels', 'drafts']), user);
    },
    putAccount: async (user, account) => cache(await written(), ['accounts'], (tx) => [tx.objectStore('accounts').put(account, user)]),
    putChannels: async (user, channels) =>
      cache(await written(), ['channels'], (tx) =>
        channels.flatMap((channel) => [
          // Another tab may be ahead: what is further stays, and nobody need look first.
          tx.objectStore('channels').delete(upTo(user, channel.id, channel.have)),
          tx.objectStore('channels').put(channel, [user, channel.id, channel.have]),
        ]),
      ),
    removeChannels: async (user, channels) =>
      cache(await written(), ['channels'], (tx) => channels.map((channel) => tx.objectStore('channels').delete(upTo(user, channel, Infinity)))),
    clearChannels: async (user) => cache(await written(), ['channels'], (tx) => [tx.objectStore('channels').delete(ofUser(user))]),

    putDraft: async (user, channel, draft) =>
      cache(await written(), ['drafts'], (tx) => {
        const drafts = tx.objectStore('drafts');
        return [draft ? drafts.put(draft, [user, channel]) : drafts.delete([user, channel])];
      }),
    loadPreferences: async () => (await taken('preferences')) ?? (await (await opened).get('preferences', PREFERENCES)) ?? {},
    putPreferences: async (preferences) => cache(await written(), ['preferences'], (tx) => [tx.objectStore('preferences').put(preferences, PREFERENCES)]),
    close: () => void opened.then((db) => db.close(), () => {}),
  };
}

async function readBeginning(db: IDBPDatabase<Schema>): Promise<Beginning> {
  const tx = db.transaction<Names>(['logIns', 'preferences', 'accounts', 'channels', 'drafts']);
  const [logIns, preferences] = await Promise.all([tx.objectStore('logIns').getAll(), tx.objectStore('preferences').get(PREFERENCES)]);
  const user = newestOf(logIns)?.user;
  return { logIns, preferences: preferences ?? {}, ...(user !== undefined && { cache: { user, cache: await readCache(tx, user) } }) };
}

async function readCache(tx: IDBPTransaction<Schema, Names>, user: string): Promise<Cache> {
  const [account, channels, draftKeys, drafts] = await Promise.all([
    tx.objectStore('accounts').get(user),
    tx.objectStore('channels').getAll(ofUser(user)),
    tx.objectStore('drafts').getAllKeys(ofUser(user)),
    tx.objectStore('drafts').getAll(ofUser(user)),
  ]);
  // In the order of their keys: of each channel the furthest comes last.
  const furthest = [...new Map(channels.map((channel) => [channel.id, channel])).values()];
  return { ...(account && { account }), channels: furthest, drafts: Object.fromEntries(draftKeys.map(([, channel], at) => [channel, drafts[at]!])) };
}

type Names = ('logIns' | 'outbox' | 'accounts' | 'channels' | 'drafts' | 'preferences')[];
type Transaction = ReturnType<typeof strictly>;

function strictly(db: IDBPDatabase<Schema>, names: Names, durability: IDBTransactionDurability) {
  return db.transaction(names, 'readwrite', { durability });
}

/** What may not be lost, once the promise has resolved: on disk, not only with the operating system. */
function safely(db: IDBPDatabase<Schema>, names: Names, work: (tx: Transaction) => unknown): Promise<void> {
  return within(strictly(db, names, 'strict'), work);
}

/** What the server has as well. */
async function cache(db: IDBPDatabase<Schema>, names: Names, work: (tx: Transaction) => Promise<unknown>[]): Promise<void> {
  await handedOver(strictly(db, names, 'relaxed'), (tx) => Promise.all(work(tx)));
}

/** Nothing in `work` waits for an answer: when it returns, the writes are out of the page's hands, and are done even if the page is gone in the next moment. */
async function handedOver<T>(tx: Transaction, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let written: Promise<T>;
  try {
    written = work(tx);
    tx.commit();
  } catch (error) {
    tx.abort();
    await tx.done.catch(() => {});
    throw error;
  }
  const [answer] = await Promise.all([written, tx.done]);
  return answer;
}

async function within(tx: Transaction, work: (tx: Transaction) => unknown): Promise<void> {
  try {
    await work(tx);
  } catch (error) {
    // All or nothing. The transaction may have ended by itself already.
    try {
      tx.abort();
    } catch {}
    await tx.done.catch(() => {});
    throw error;
  }
  await tx.done;
}
