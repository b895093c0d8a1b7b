// What the service worker does with a request. Pure: what it has and what the browser asks are arguments.

/** What one build of the client consists of. */
export interface Build {
  /** Names the build: another content, another version. */
  version: string;
  /** What the client needs to open and work without the server. */
  files: string[];
}

/**
 * `page`: the client's page, whatever the view. `file`: a file of the client. `network`: none of our business: the protocol,
 * pages of the server, other origins.
 */
export type Answer = 'page' | 'file' | 'network';

export interface Asked {
  method: string;
  /** As `Request.mode` has it. */
  mode: string;
  url: string;
}

export const PAGE = '/index.html';

/** Where the client's views begin; the server knows the same (crates/server/src/web.rs). */
const VIEWS = new Set(['', 'c', 'join', 'settings', 'index.html']);

export function answerTo(asked: Asked, origin: string, build: Build): Answer {
  const url = new URL(asked.url);
  if (asked.method !== 'GET' || url.origin !== origin) return 'network';
  const first = url.pathname.split('/')[1] ?? '';
  if (asked.mode === 'navigate') return VIEWS.has(first) ? 'page' : 'network';
  return isLasting(url.pathname) || build.files.includes(url.pathname) ? 'file' : 'network';
}

/** A path that names its content: what is kept under it stays right. */
export const isLasting = (path: string): boolean => path.startsWith('/assets/');

const PREFIX = 'rialto-';

export const cacheOf = (build: Build): string => PREFIX + build.version;

/** The caches to drop when a build takes over: all but its own and the last one's, whose pages may be open still. `names` are in the order of their making. */
export function outdated(names: readonly string[], build: Build): string[] {
  const others = names.filter((name) => name.startsWith(PREFIX) && name !== cacheOf(build));
  return others.slice(0, -1);
}
