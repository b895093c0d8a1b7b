import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { followReplacement } from '../src/app/replaced.ts';

const reload = vi.fn();
const answer = vi.fn<() => Promise<Response>>();
let stop: () => void;

beforeEach(() => {
  sessionStorage.clear();
  document.head.innerHTML = '<script type="module" src="/assets/index-old.js"></script>';
  vi.stubGlobal('fetch', answer);
  stop = followReplacement(reload);
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.resetAllMocks();
  document.head.innerHTML = '';
});

const page = (entry: string) => Promise.resolve(new Response(`<script type="module" src="/assets/index-${entry}.js"></script>`));

/** A part of the page is not there; resolves when the server's answer has been thought about. */
async function miss(): Promise<void> {
  const asked = answer.mock.results.length;
  dispatchEvent(new Event('vite:preloadError'));
  await answer.mock.results[asked]?.value.catch(() => {});
  // Reading the answer takes some turns more.
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
}

test('a page whose build was replaced is loaded again when it misses a part', async () => {
  answer.mockImplementation(() => page('new'));
  await miss();
  expect(reload).toHaveBeenCalledOnce();
});

test('it is loaded again once, whatever comes of it', async () => {
  answer.mockImplementation(() => page('new'));
  await miss();
  await miss();
  expect(reload).toHaveBeenCalledOnce();
});

test('a part that cannot be had for another reason is no reason to lose the page', async () => {
  answer.mockImplementation(() => page('old'));
  await miss();
  answer.mockImplementation(() => Promise.reject(new TypeError('offline')));
  await miss();
  answer.mockImplementation(() => Promise.resolve(new Response('', { status: 503 })));
  await miss();
  expect(answer).toHaveBeenCalledTimes(3);
  expect(reload).not.toHaveBeenCalled();
});
