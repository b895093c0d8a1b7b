// The core against the real server.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createRialto, memoryStorage, type Rialto, type RialtoOptions } from '../src/index.ts';
import { eventually } from './support/eventually.ts';
import { isBuilt, Server } from './support/server.ts';

const faults: string[] = [];
const clients = new Set<Rialto>();

function client(server: Server, options: RialtoOptions = {}): Rialto {
  const made = createRialto({ url: server.url, onFault: (what, error) => faults.push(`${what}: ${error}`), ...options });
  clients.add(made);
  return made;
}

const words = (rialto: Rialto, channel: string) =>
  rialto.store.getState().messages.logs[channel]?.spans.flatMap(({ messages }) => messages.flatMap(({ body }) => (body && 'text' in body ? body.text : []))) ?? [];

describe.skipIf(!isBuilt && process.env.CI !== 'true')('with a server', { timeout: 60_000 }, () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start();
  });
  afterAll(async () => {
    await Promise.all([...clients].map((it) => it.close()));
    await server.stop();
    expect(faults).toEqual([]);
  });

  test('two people talk, and each sees what the other wrote, once and in order', async () => {
    const [ana, bo] = [client(server), client(server)];
    await ana.accounts.registerInstantly('Ana');
    const { user } = await bo.accounts.registerInstantly('Bo');
    await Promise.all([ana.live(), bo.live()]);
    const heard: string[] = [];
    bo.on('message', ({ message }) => heard.push(message.body && 'text' in message.body ? message.body.text : ''));
    const channel = await ana.channels.direct(user);
    const seq = await ana.send(channel, 'What news?').stored;
    expect(seq).toBeGreaterThan(0);
    await eventually('the message', () => heard.length === 1);
    await bo.send(channel, 'None.').stored;
    await eventually('the answer', () => words(ana, channel).length === 2);
    expect(words(ana, channel)).toEqual(['What news?', 'None.']);
    expect(heard).toEqual(['What news?', 'None.']);
    bo.messages.see(channel, seq);
    await eventually('the mark', () => ana.store.getState().positions[channel]!.all.read >= seq);
  });

  test('what is written while the server is killed arrives once, in order, after it is back', async () => {
    const own = await Server.start();
    const [ana, bo] = [client(own), client(own)];
    await ana.accounts.registerInstantly('Ana');
    const { user } = await bo.accounts.registerInstantly('Bo');
    await Promise.all([ana.live(), bo.live()]);
    const channel = await ana.channels.direct(user);
    const expected: string[] = [];
    const say = () => {
      expected.push(`${expected.length}`);
      return ana.send(channel, expected.at(-1)!);
    };
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 10; i += 1) say();
      await own.kill();
      for (let i = 0; i < 5; i += 1) say();
      await own.revive();
    }
    await say().stored;
    await eventually('everything at both', () => words(bo, channel).length >= expected.length && words(ana, channel).length >= expected.length, 40_000);
    expect(words(bo, channel)).toEqual(expected);
    expect(words(ana, channel)).toEqual(expected);
    expect(ana.store.getState().outbox).toEqual([]);
    await Promise.all([ana.close(), bo.close()]);
    await own.stop();
  });

  test('a client that was closed with messages unsent sends them when it is opened again', async () => {
    const own = await Server.start();
    const storage = memoryStorage();
    const ana = client(own, { storage });
    await ana.accounts.registerInstantly('Ana');
    await ana.live();
    const channel = await ana.channels.create({ kind: 'group', title: 'Rialto' });
    await ana.send(channel, 'before').stored;
    await own.kill();
    const expected = ['before'];
    for (let i = 0; i < 10; i += 1) {
      ana.send(channel, `${i}`);
      expected.push(`${i}`);
    }
    await eventually('the outbox', async () => (await storage.listOutbox(ana.store.getState().session.user!)).length === 10);
    await ana.close();
    await own.revive();
    const again = client(own, { storage });
    await again.start();
    expect(again.store.getState().session.phase).toBe('signedIn');
    await eventually('an empty outbox', () => again.store.getState().session.isCacheLoaded && again.store.getState().outbox.length === 0);
    expect(words(again, channel)).toEqual(expected);
    await again.close();
    await own.stop();
  });
});
