import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

export interface Loadable {
  load(): Promise<unknown>;
}

export interface Part<P> extends Loadable {
  Component: LazyExoticComponent<ComponentType<P>>;
}

/** A component that is a file of its own. What has been loaded is drawn at once; React would draw the gap first, and keep it for a while. */
export function part<P>(load: () => Promise<ComponentType<P>>): Part<P> {
  let loaded: { default: ComponentType<P> } | undefined;
  const get = async () => (loaded ??= { default: await load() });
  // React takes anything with a `then`, and what calls back at once is not waited for; its types know promises only.
  const atOnce = (what: { default: ComponentType<P> }) => ({ then: (tell: (told: typeof what) => void) => tell(what) }) as unknown as Promise<typeof what>;
  return { load: get, Component: lazy(() => (loaded ? atOnce(loaded) : get())) };
}
