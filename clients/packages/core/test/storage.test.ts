// What every storage promises.

import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, test } from 'vitest';

import { indexedDbStorage, memoryStorage, type Composed, type LogIn, type Storage } from '../src/index.ts';
import type { CachedChannel } from '../src/store/cache.ts';

const composed = (clientId: string, channel = 'here'): Composed => ({ clientId, channel, sender: 'ana', composedAt: 1, what: { body: { text: clientId } } });
const logIn = (user: string): LogIn => ({ user, device: 'd', session: 's', accessToken: 'a', accessExpiresAt: 1, refreshToken: 'r', usedAt: 1 });
const cached = (id: string, have: number): CachedChannel => ({
  id,
  have,
  channel: { id, kind: 'group', memberCount: 1, role: 'member', since: 1, activeAt: 1, isPinned: false, isArchived: false, told: { head: have, read: 0, unread: 0, mentions: 0 } },
  places: { mine: { delivered: 0, read: 0 }, told: { delivered: 0, read: 0 }, all: { delivered: 0, read: 0 }, members: {} },
});

/** A place to keep things, and how to open it: as often as one likes where it is shared. */
const kinds: Record<string, () => () => Storage> = {
  memory: () => {
    const storage = memoryStorage();
    return () => storage;
  },
  IndexedDB: () => {
    globalThis.indexedDB = new IDBFactory();
    return () => indexedDbStorage();
  },
  'IndexedDB, read ahead': () => {
    globalThis.indexedDB = new IDBFactory();
    return () => indexedDbStorage('rialto', { isAhead: true });
  },
};

describe.each(Object.entries(kinds))('a storage in %s', (_name, make) => {
  let open: () => Storage;
  let storage: Storage;
  beforeEach(() => {
    open = make();
    storage = open();
  });

  test('keeps log-ins, until they are removed', async () => {
    await storage.putLogIn(logIn('ana'));
    await storage.putLogIn(logIn('bo'));
    await storage.putLogIn({ ...logIn('ana'), refreshToken: 'the next' });
    expect((await storage.logIns()).map(({ user, refreshToken }) => [user, refreshToken])).toEqual([['ana', 'the next'], ['bo', 'r']]);
    await storage.removeLogIn('ana');
    expect(await storage.findLogIn('ana')).toBeUndefined();
    expect(await storage.findLogIn('bo')).toEqual(logIn('bo'));
  });

  test('keeps the outbox in the order of appending, whoever appends', async () => {
    const other = open();
    const places: number[] = [];
    for (const [at, clientId] of ['1', '2', '3', '4'].entries()) places.push(await (at % 2 ? other : storage).appendToOutbox('ana', composed(clientId)));
    expect(places).toEqual([...places].sort((one, another) => one - another));
    expect((await open().listOutbox('ana')).map(({ clientId, place }) => [clientId, place])).toEqual(['1', '2', '3', '4'].map((clientId, at) => [clientId, places[at]]));
  });

  test('keeps the order of appending when nobody waits for the one before', async () => {
    await Promise.all(['1', '2', '3', '4'].map((clientId) => storage.appendToOutbox('ana', composed(clientId))));
    expect((await storage.listOutbox('ana')).map(({ clientId }) => clientId)).toEqual(['1', '2', '3', '4']);
  });

  test('knows each client id once', async () => {
    const [one, other] = await Promise.all([storage.appendToOutbox('ana', composed('1')), open().appendToOutbox('ana', composed('1'))]);
    expect(one).toBe(other);
    expect(await storage.listOutbox('ana')).toEqual([{ ...composed('1'), place: one }]);
  });

  test('notes why a message failed, and takes that back', async () => {
    await storage.appendToOutbox('ana', composed('1'));
    await storage.markInOutbox('ana', '1', { code: 'message.empty', text: 'empty' });
    await storage.markInOutbox('ana', 'gone', { code: 'message.empty', text: 'empty' });
    expect((await storage.listOutbox('ana')).map(({ fault }) => fault?.code)).toEqual(['message.empty']);
    await storage.markInOutbox('ana', '1', undefined);
    expect((await storage.listOutbox('ana')).map((message) => 'fault' in message)).toEqual([false]);
  });

  test('lets go of what was stored, and never gives its place to another', async () => {
    const first = await storage.appendToOutbox('ana', composed('1'));
    await storage.appendToOutbox('bo', composed('2'));
    await storage.removeFromOutbox('ana', ['1', 'gone']);
    await storage.removeFromOutbox('ana', ['2']);
    expect(await storage.appendToOutbox('ana', composed('3'))).toBeGreaterThan(first + 1);
    expect((await storage.listOutbox('ana')).map(({ clientId }) => clientId)).toEqual(['3']);
    expect((await storage.listOutbox('bo')).map(({ clientId }) => clientId)).toEqual(['2']);
  });

  test('never lets a channel go back to an older place', async () => {
    await storage.putChannels('ana', [cached('here', 7), cached('there', 3)]);
    await open().putChannels('ana', [cached('here', 5), cached('there', 4)]);
    expect((await storage.loadCache('ana')).channels.map(({ id, have }) => [id, have])).toEqual([['here', 7], ['there', 4]]);
    await storage.removeChannels('ana', ['there']);
    expect((await storage.loadCache('ana')).channels.map(({ id }) => id)).toEqual(['here']);
    await storage.clearChannels('ana');
    await storage.putChannels('ana', [cached('here', 2)]);
    expect((await storage.loadCache('ana')).channels.map(({ have }) => have)).toEqual([2]);
  });

  test('keeps drafts and what is known of an account', async () => {
    expect(await storage.loadCache('ana')).toEqual({ channels: [], drafts: {} });
    await storage.putDraft('ana', 'here', { text: 'to be' });
    await storage.putDraft('ana', 'there', { text: 'x' });
    await storage.putDraft('ana', 'there', undefined);
    await storage.putAccount('ana', { epoch: 'one', profiles: [] });
    expect(await storage.loadCache('ana')).toEqual({ account: { epoch: 'one', profiles: [] }, channels: [], drafts: { here: { text: 'to be' } } });
  });

  test('forgets an account altogether, and no other', async () => {
    for (const user of ['ana', 'bo']) {
      await storage.putLogIn(logIn(user));
      await storage.appendToOutbox(user, { ...composed(user), sender: user });
      await storage.putChannels(user, [cached('here', 1)]);
      await storage.putDraft(user, 'here', { text: user });
    }
    await storage.removeAccount('ana');
    expect(await storage.findLogIn('ana')).toBeUndefined();
    expect(await storage.listOutbox('ana')).toEqual([]);
    expect(await storage.loadCache('ana')).toEqual({ channels: [], drafts: {} });
    expect(await storage.findLogIn('bo')).toEqual(logIn('bo'));
    expect((await storage.listOutbox('bo')).length).toBe(1);
    expect((await storage.loadCache('bo')).channels.length).toBe(1);
  });
});

test('what is read ahead is what the last visit left, and is told once', async () => {
  globalThis.indexedDB = new IDBFactory();
  const before = indexedDbStorage();
  await before.putLogIn({ ...logIn('bo'), usedAt: 1 });
  await before.putLogIn({ ...logIn('ana'), usedAt: 2 });
  await before.putChannels('ana', [cached('here', 5)]);
  await before.putDraft('ana', 'here', { text: 'half' });
  const storage = indexedDbStorage('rialto', { isAhead: true });
  expect((await storage.logIns()).map(({ user }) => user)).toEqual(['ana', 'bo']);
  await before.putChannels('ana', [cached('here', 6)]);
  await before.removeLogIn('bo');
  expect(await storage.loadCache('ana')).toMatchObject({ channels: [{ id: 'here', have: 5 }], drafts: { here: { text: 'half' } } });
  expect(await storage.loadCache('ana')).toMatchObject({ channels: [{ have: 6 }] });
  expect((await storage.logIns()).map(({ user }) => user)).toEqual(['ana']);
});
