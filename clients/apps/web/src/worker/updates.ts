// The page's side of the service worker: it is installed, and a new build that waits is told, so that the shell can offer it.

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const SCRIPT = '/sw.js';
/** Somebody who leaves the page open for weeks shall hear of a new build as well. */
const ASK_EVERY_MS = 3_600_000;

/** Takes the waiting build: the page is loaded again. */
export type TakeUpdate = () => void;

/**
 * Lets the client open offline from the next time on. `onUpdate` is called when a new build is ready and waits; it never takes over by
 * itself, as somebody may be amid a sentence. Returns how to stop listening.
 */
export function keepOffline(onUpdate: (take: TakeUpdate) => void): () => void {
  const stopped = new AbortController();
  // Absent where the page is not secure (http on another host than localhost).
  if (import.meta.env.PROD && 'serviceWorker' in navigator) void install(navigator.serviceWorker, onUpdate, stopped.signal);
  return () => stopped.abort();
}

async function install(workers: ServiceWorkerContainer, onUpdate: (take: TakeUpdate) => void, signal: AbortSignal): Promise<void> {
  let registration: ServiceWorkerRegistration;
  try {
    registration = await workers.register(trusted(SCRIPT));
  } catch {
    // Not allowed here (private windows, policies): the client works without.
    return;
  }
  const offer = (worker: ServiceWorker) => {
    // The first one has nothing to replace.
    if (signal.aborted || !workers.controller) return;
    onUpdate(() => {
      workers.addEventListener('controllerchange', () => location.reload(), { once: true });
      worker.postMessage('take over');
    });
  };
  const follow = (worker: ServiceWorker) =>
    worker.addEventListener('statechange', () => worker.state === 'installed' && offer(worker), { signal });

  if (registration.waiting) offer(registration.waiting);
  if (registration.installing) follow(registration.installing);
  registration.addEventListener('updatefound', () => registration.installing && follow(registration.installing), { signal });

  let asked = Date.now();
  const ask = () => {
    if (document.visibilityState !== 'visible' || Date.now() - asked < ASK_EVERY_MS) return;
    asked = Date.now();
    // Offline is no news.
    registration.update().catch(() => {});
  };
  document.addEventListener('visibilitychange', ask, { signal });
  const timer = setInterval(ask, ASK_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** The page's policy lets no other address become a script (`require-trusted-types-for`). */
function trusted(script: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (!types) return script;
  policy ??= types.createPolicy('rialto', {
    createScriptURL: (url) => {
      if (url !== SCRIPT) throw new TypeError(`${url} is no script of ours`);
      return url;
    },
  });
  return policy.createScriptURL(script);
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;
