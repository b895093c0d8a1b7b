// The service worker: opens the client without the server, and lets a new build wait until its user wants it.
// Only the client's own files are kept. What people write is kept by the client itself, and never here.

import { openFrom, type Notice } from './notice.ts';
import { PAGE, answerTo, cacheOf, isLasting, outdated, type Build } from './plan.ts';

declare const self: ServiceWorkerGlobalScope;
/** Filled in by scripts/worker.mjs. */
declare const __BUILD__: Build;

const build = __BUILD__;

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(self.skipWaiting());
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data as Notice));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const answer = answerTo(request, self.location.origin, build);
  if (answer === 'page') event.respondWith(kept(PAGE, request));
  else if (answer === 'file') event.respondWith(kept(new URL(request.url).pathname, request));
});

/** Fetches what is new of this build. All of it or none: half a client would open and then fail. */
async function keep(): Promise<void> {
  const cache = await caches.open(cacheOf(build));
  await Promise.all(
    build.files.map(async (path) => {
      const had = isLasting(path) ? await caches.match(path, { ignoreVary: true }) : undefined;
      const response = had ?? (await fetch(path, { cache: 'no-cache' }));
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await cache.put(path, response);
    }),
  );
}

async function open(notice: Notice): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  await openFrom(notice, windows, (address) => self.clients.openWindow(address));
}

async function takeOver(): Promise<void> {
  await Promise.all(outdated(await caches.keys(), build).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A file as this build has it, or an older one that a page of that build still asks for, or the server's. */
async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(cacheOf(build));
  const had = (await cache.match(path, { ignoreVary: true })) ?? (await caches.match(path, { ignoreVary: true }));
  if (had) return had;
  const response = await fetch(request);
  // A part that was not needed until now is needed offline from now on.
  if (response.ok && isLasting(path)) await cache.put(path, response.clone());
  return response;
}
