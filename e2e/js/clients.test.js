// The clients that judge the server are the official ones, as published, and speak the protocol we serve.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

import { protocol } from 'socket.io-client';

const require = createRequire(import.meta.url);
const pinned = require('./package.json').dependencies;

test('every client is installed in the version that is pinned', () => {
  const lock = require('./node_modules/installed-lock.json');
  for (const [name, version] of Object.entries(pinned)) {
    assert.equal(lock.packages[`node_modules/${name}`].version, version, name);
  }
});

test('the official client speaks version 5 of Socket.IO', () => {
  assert.equal(protocol, 5);
});
