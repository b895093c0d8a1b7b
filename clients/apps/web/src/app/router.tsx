// The address bar and the history, for components: `useRoute()`, `navigate(…)`, `<Link to={…}>`.

import { useMemo, useSyncExternalStore, type ComponentProps, type MouseEvent } from 'react';

import { addressOf, parseRoute, type Route } from './route.ts';

const CHANGED = 'rialto:navigated';

/** How many steps back are still within the application. */
const depth = (): number => (history.state as { depth?: number } | null)?.depth ?? 0;

export function navigate(route: Route, { replace = false } = {}): void {
  const address = addressOf(route);
  if (replace || address === location.pathname + location.search) history.replaceState({ depth: depth() }, '', address);
  else history.pushState({ depth: depth() + 1 }, '', address);
  dispatchEvent(new Event(CHANGED));
}

/** Goes back where one came from, or to `otherwise` if that was not here. */
export function back(otherwise: Route): void {
  if (depth() > 0) history.back();
  else navigate(otherwise, { replace: true });
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(CHANGED, listener);
  };
}

const addressNow = () => location.pathname + location.search;

export const routeNow = (): Route => parseRoute(location.pathname, location.search);

export function useRoute(): Route {
  const address = useSyncExternalStore(subscribe, addressNow);
  return useMemo(() => {
    const { pathname, search } = new URL(address, location.origin);
    return parseRoute(pathname, search);
  }, [address]);
}

export function Link({ to, replace = false, onClick, ...rest }: Omit<ComponentProps<'a'>, 'href'> & { to: Route; replace?: boolean }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    // What opens a new tab or window is the browser's.
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to, { replace });
  };
  return <a {...rest} href={addressOf(to)} onClick={follow} />;
}
