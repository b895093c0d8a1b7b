// The example that the README shows does what it says, with the official client and nothing else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { connect } from './support/carriers.js';
import { eventually, within } from './support/patience.js';
import { direct, register, say } from './support/people.js';
import { Server } from './support/server.js';

const here = (place) => fileURLToPath(new URL(place, import.meta.url));
let directory;
before(async () => {
  // A directory in which nobody did more than `npm install socket.io-client`.
  directory = await mkdtemp(path.join(tmpdir(), 'rialto-talk-'));
  await copyFile(here('../../examples/talk.mjs'), path.join(directory, 'talk.mjs'));
  await symlink(here('node_modules'), path.join(directory, 'node_modules'));
});
after(() => rm(directory, { recursive: true }));

/** Somebody at a terminal. */
function sitDown(t, ...args) {
  const child = spawn(process.execPath, ['talk.mjs', ...args], { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const seen = [];
  createInterface({ input: child.stdout }).on('line', (line) => seen.push(line));
  return {
    seen,
    type: (line) => child.stdin.write(`${line}\n`),
    sees: (line) => eventually(line, () => seen.includes(line)),
    leave: async () => {
      child.kill('SIGTERM');
      await within(once(child, 'exit'), 'the end of the example');
    },
  };
}

test('two people talk, across a restart of the server, and nothing is lost or shown twice', { timeout: 120_000 }, async (t) => {
  const server = await Server.during(t);
  const password = 'correct horse';
  const bob = await register(server, { username: 'bob', password });
  const watcher = Object.assign(await connect('plain JSON', server, { token: bob.access_token }), { user: bob.user });

  const ana = sitDown(t, 'ana', password, 'bob', server.url);
  ana.type('before anybody is there');
  await watcher.entry(({ body }) => body?.text === 'before anybody is there');
  await ana.sees('you: before anybody is there');
  const { id } = await watcher.call('user.find', { username: 'ana' });
  const channel = await direct(watcher, { user: id });
  await say(watcher, channel, 'What news?');
  await ana.sees('bob: What news?');

  const second = sitDown(t, 'bob', password, 'ana', server.url);
  second.type('I am here');
  await ana.sees('bob: I am here');
  ana.type('on the Rialto');
  await second.sees('ana: on the Rialto');
  await watcher.close();

  await server.kill();
  ana.type('typed while nobody hears');
  await server.revive();
  await Promise.all([ana.sees('you: typed while nobody hears'), second.sees('ana: typed while nobody hears')]);
  second.type('I hear you');
  await Promise.all([ana.sees('bob: I hear you'), second.sees('you: I hear you')]);
  const all = ['you: before anybody is there', 'bob: What news?', 'bob: I am here', 'you: on the Rialto', 'you: typed while nobody hears', 'bob: I hear you'];
  assert.deepEqual(ana.seen, all);
  assert.deepEqual(second.seen, ['you: I am here', 'ana: on the Rialto', 'ana: typed while nobody hears', 'you: I hear you']);
  await Promise.all([ana.leave(), second.leave()]);
});
