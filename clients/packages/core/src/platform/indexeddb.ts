// Storage in the browser's database, shared by all tabs of an origin.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

import type { Kept, LogIn, Storage } from '../ports.ts';
import type { CachedAccount, CachedChannel } from '../store/cache.ts';
import type { Draft } from '../store/drafts.ts';
import type { Preferences } from '../store/settings.ts';

interface Schema extends DBSchema {
  logIns: { key: string; value: LogIn };
  /** The key is the place: the database counts it up over all tabs. */
  outbox: { key: number; value: Omit<Kept, 'place'> & { user: string }; indexes: { clientId: [string, string]; user: string } };
  accounts: { key: string; value: CachedAccount };
  channels: { key: [string, string]; value: CachedChannel };
  drafts: { key: [string, string]; value: Draft };
  preferences: { key: string; value: Preferences };
}

const PREFERENCES = 'preferences';

/** All keys that begin with a user's id. */
const ofUser = (user: string): IDBKeyRange => IDBKeyRange.bound([user], [user, []]);

export function indexedDbStorage(name = 'rialto'): Storage {
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

  return {
    logIns: async () => (await opened).getAll('logIns'),
    findLogIn: async (user) => (await opened).get('logIns', user),
    putLogIn: async (logIn) => safely(await opened, ['logIns'], (tx) => tx.objectStore('logIns').put(logIn)),
    removeLogIn: async (user) => safely(await opened, ['logIns'], (tx) => tx.objectStore('logIns').delete(user)),
    removeAccount: async (user) =>
      safely(await opened, ['logIns', 'outbox', 'accounts', 'channels', 'drafts'], async (tx) => {
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
      let place = 0;
      await safely(await opened, ['outbox'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        place = (await outbox.index('clientId').getKey([user, message.clientId])) ?? (await outbox.add({ ...message, user }));
      });
      return place;
    },
    async listOutbox(user) {
      const tx = (await opened).transaction('outbox');
      const index = tx.store.index('user');
      const [places, messages] = await Promise.all([index.getAllKeys(user), index.getAll(user)]);
      return messages.map(({ user: _, ...message }, at) => ({ ...message, place: places[at]! }));
    },
    markInOutbox: async (user, clientId, fault) =>
      safely(await opened, ['outbox'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        const place = await outbox.index('clientId').getKey([user, clientId]);
        const message = place !== undefined && (await outbox.get(place));
        if (!message) return;
        const { fault: _, ...rest } = message;
        await outbox.put({ ...rest, ...(fault && { fault }) }, place);
      }),
    removeFromOutbox: async (user, clientIds) =>
      safely(await opened, ['outbox'], async (tx) => {
        const outbox = tx.objectStore('outbox');
        await Promise.all(
          clientIds.map(async (clientId) => {
            const place = await outbox.index('clientId').getKey([user, clientId]);
            if (place !== undefined) await outbox.delete(place);
          }),
        );
      }),

    async loadCache(user) {
      const tx = (await opened).transaction(['accounts', 'channels', 'drafts']);
      const [account, channels, draftKeys, drafts] = await Promise.all([
        tx.objectStore('accounts').get(user),
        tx.objectStore('channels').getAll(ofUser(user)),
        tx.objectStore('drafts').getAllKeys(ofUser(user)),
        tx.objectStore('drafts').getAll(ofUser(user)),
      ]);
      return { ...(account && { account }), channels, drafts: Object.fromEntries(draftKeys.map(([, channel], at) => [channel, drafts[at]!])) };
    },
    putAccount: async (user, account) => cache(await opened, ['accounts'], (tx) => tx.objectStore('accounts').put(account, user)),
    putChannels: async (user, channels) =>
      cache(await opened, ['channels'], async (tx) => {
        const store = tx.objectStore('channels');
        await Promise.all(
          channels.map(async (channel) => {
            const kept = await store.get([user, channel.id]);
            // Another tab may be ahead.
            if ((kept?.have ?? 0) <= channel.have) await store.put(channel, [user, channel.id]);
          }),
        );
      }),
    removeChannels: async (user, channels) =>
      cache(await opened, ['channels'], (tx) => Promise.all(channels.map((channel) => tx.objectStore('channels').delete([user, channel])))),
    clearChannels: async (user) => cache(await opened, ['channels'], (tx) => tx.objectStore('channels').delete(ofUser(user))),

    putDraft: async (user, channel, draft) =>
      cache(await opened, ['drafts'], (tx) => {
        const drafts = tx.objectStore('drafts');
        return draft ? drafts.put(draft, [user, channel]) : drafts.delete([user, channel]);
      }),
    loadPreferences: async () => (await (await opened).get('preferences', PREFERENCES)) ?? {},
    putPreferences: async (preferences) => cache(await opened, ['preferences'], (tx) => tx.objectStore('preferences').put(preferences, PREFERENCES)),
    close: () => void opened.then((db) => db.close(), () => {}),
  };
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
function cache(db: IDBPDatabase<Schema>, names: Names, work: (tx: Transaction) => unknown): Promise<void> {
  return within(strictly(db, names, 'relaxed'), work);
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
