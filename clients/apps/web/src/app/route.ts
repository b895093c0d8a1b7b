// Where in the application one is, as an address. Pure functions.

export const SECTIONS = ['profile', 'appearance', 'notifications', 'keyboard', 'privacy', 'sessions', 'accounts'] as const;
export type Section = (typeof SECTIONS)[number];

export type Route =
  | { page: 'channels' }
  /** `at` is a message to show. */
  | { page: 'channel'; channel: string; at?: number; details?: boolean }
  | { page: 'settings'; section?: Section }
  | { page: 'join'; invite: string }
  | { page: 'unknown' };

export function parseRoute(pathname: string, search = ''): Route {
  const parts = pathname.split('/').filter(Boolean).map(decode);
  const [first, second, third] = parts;
  if (first === undefined) return { page: 'channels' };
  if (first === 'c' && second && parts.length <= 3 && (third === undefined || /^[1-9]\d*$/.test(third))) {
    const isDetailed = new URLSearchParams(search).has('details');
    return { page: 'channel', channel: second, ...(third !== undefined && { at: Number(third) }), ...(isDetailed && { details: true }) };
  }
  if (first === 'settings' && parts.length === 1) return { page: 'settings' };
  if (first === 'settings' && parts.length === 2 && isSection(second)) return { page: 'settings', section: second };
  if (first === 'join' && second && parts.length === 2) return { page: 'join', invite: second };
  return { page: 'unknown' };
}

export function addressOf(route: Route): string {
  switch (route.page) {
    case 'channels':
    case 'unknown':
      return '/';
    case 'channel':
      return `/c/${encodeURIComponent(route.channel)}${route.at === undefined ? '' : `/${route.at}`}${route.details ? '?details' : ''}`;
    case 'settings':
      return route.section ? `/settings/${route.section}` : '/settings';
    case 'join':
      return `/join/${encodeURIComponent(route.invite)}`;
  }
}

const isSection = (text: string | undefined): text is Section => SECTIONS.some((section) => section === text);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
