// A storage that lives as long as the process: for programs that keep nothing, and for tests.

import type { Cache, Kept, LogIn, Storage } from '../ports.ts';
import type { CachedAccount, CachedChannel } from '../store/cache.ts';
import type { Draft } from '../store/drafts.ts';
import type { Preferences } from '../store/settings.ts';

interface Shelf {
  account?: CachedAccount;
  channels: Map<string, CachedChannel>;
  drafts: Map<string, Draft>;
}

export function memoryStorage(): Storage {
  const logIns = new Map<string, LogIn>();
  const shelves = new Map<string, Shelf>();
  let outbox: (Kept & { user: string })[] = [];
  let places = 0;
  let preferences: Partial<Preferences> = {};

  const shelf = (user: string): Shelf => {
    const known = shelves.get(user) ?? { channels: new Map(), drafts: new Map() };
    shelves.set(user, known);
    return known;
  };
  const findKept = (user: string, clientId: string) => outbox.find((it) => it.user === user && it.clientId === clientId);

  return {
    logIns: async () => [...logIns.values()],
    findLogIn: async (user) => logIns.get(user),
    putLogIn: async (logIn) => void logIns.set(logIn.user, logIn),
    removeLogIn: async (user) => void logIns.delete(user),
    async removeAccount(user) {
      logIns.delete(user);
      shelves.delete(user);
      outbox = outbox.filter((it) => it.user !== user);
    },
    async appendToOutbox(user, message) {
      const known = findKept(user, message.clientId);
      if (known) return known.place;
      outbox.push({ ...message, user, place: (places += 1) });
      return places;
    },
    listOutbox: async (user) => outbox.filter((it) => it.user === user).map(({ user: _, ...kept }) => kept),
    async markInOutbox(user, clientId, fault) {
      const known = findKept(user, clientId);
      if (!known) return;
      const { fault: _, ...rest } = known;
      outbox[outbox.indexOf(known)] = { ...rest, ...(fault && { fault }) };
    },
    async removeFromOutbox(user, clientIds) {
      outbox = outbox.filter((it) => it.user !== user || !clientIds.includes(it.clientId));
    },
    async loadCache(user): Promise<Cache> {
      const { account, channels, drafts } = shelf(user);
      return { ...(account && { account }), channels: [...channels.values()], drafts: Object.fromEntries(drafts) };
    },
    putAccount: async (user, account) => void (shelf(user).account = account),
    async putChannels(user, channels) {
      const kept = shelf(user).channels;
      for (const channel of channels) if ((kept.get(channel.id)?.have ?? 0) <= channel.have) kept.set(channel.id, channel);
    },
    async removeChannels(user, channels) {
      for (const channel of channels) shelf(user).channels.delete(channel);
    },
    clearChannels: async (user) => shelf(user).channels.clear(),
    async putDraft(user, channel, draft) {
      if (draft) shelf(user).drafts.set(channel, draft);
      else shelf(user).drafts.delete(channel);
    },
    loadPreferences: async () => preferences,
    putPreferences: async (changed) => void (preferences = changed),
    close: () => {},
  };
}
