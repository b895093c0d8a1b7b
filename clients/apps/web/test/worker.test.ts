import { describe, expect, it } from 'vitest';

import { answerTo, cacheOf, outdated, type Build } from '../worker/plan.ts';

const ORIGIN = 'https://chat.example';
const build: Build = { version: 'b', files: ['/index.html', '/look.js', '/assets/main-1.js'] };
const answer = (path: string, mode = 'cors', method = 'GET') => answerTo({ method, mode, url: new URL(path, ORIGIN).href }, ORIGIN, build);

describe('the service worker', () => {
  it('opens every view with the page it has', () => {
    for (const view of ['/', '/c/1', '/c/1/7?details', '/join/x', '/settings/keyboard', '/index.html']) expect(answer(view, 'navigate'), view).toBe('page');
  });

  it('leaves the pages of the server to the server', () => {
    for (const page of ['/about', '/api', '/api/v1/openapi.json', '/elsewhere']) expect(answer(page, 'navigate'), page).toBe('network');
  });

  it('has the files of the client', () => {
    for (const file of ['/look.js', '/assets/main-1.js', '/assets/later-2.js']) expect(answer(file), file).toBe('file');
  });

  it('never stands between the client and the protocol', () => {
    for (const path of ['/api/v1/account', '/socket.io/?EIO=4&transport=polling', '/ws', '/sw.js']) expect(answer(path), path).toBe('network');
    expect(answer('/assets/main-1.js', 'cors', 'POST')).toBe('network');
    expect(answer('https://elsewhere.example/assets/main-1.js')).toBe('network');
  });

  it('keeps the last build for the pages that are still open, and drops what is older', () => {
    expect(outdated(['rialto-y', 'foreign', 'rialto-z', 'rialto-a', 'rialto-b'], build)).toEqual(['rialto-y', 'rialto-z']);
    expect(outdated(['rialto-a', 'rialto-b'], build)).toEqual([]);
    expect(outdated([cacheOf(build)], build)).toEqual([]);
  });
});
