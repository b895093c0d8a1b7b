// The server was updated while the page was open, and a part of the page's own build is gone: the page is loaded again. What was being
// written and what was not sent yet is in the storage, and is there afterwards.

const RELOADED = 'rialto.reloadedFrom';

/** Without a service worker, which keeps all parts of a build, this is how a long-lived page learns of an update. */
export function followReplacement(reload = () => location.reload()): () => void {
  const check = () => void isReplaced().then((is) => is && reload()).catch(() => {});
  addEventListener('vite:preloadError', check);
  return () => removeEventListener('vite:preloadError', check);
}

/** Asks the server: offline, a part is missing as well, and loading again would lose the page. */
async function isReplaced(): Promise<boolean> {
  const entry = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src');
  if (!entry) return false;
  const page = await fetch('/', { cache: 'no-store' });
  if (!page.ok || (await page.text()).includes(entry)) return false;
  // Once from each build: if that did not help, nothing will.
  if (sessionStorage.getItem(RELOADED) === entry) return false;
  sessionStorage.setItem(RELOADED, entry);
  return true;
}
