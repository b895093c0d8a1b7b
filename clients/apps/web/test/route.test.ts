import { expect, test } from 'vitest';

import { addressOf, parseRoute, type Route } from '../src/app/route.ts';

const ROUTES: [string, Route][] = [
  ['/', { page: 'channels' }],
  ['/c/abc', { page: 'channel', channel: 'abc' }],
  ['/c/abc/42', { page: 'channel', channel: 'abc', at: 42 }],
  ['/c/abc/42?details', { page: 'channel', channel: 'abc', at: 42, details: true }],
  ['/settings', { page: 'settings' }],
  ['/settings/privacy', { page: 'settings', section: 'privacy' }],
  ['/join/a%2Fb', { page: 'join', invite: 'a/b' }],
];

test.each(ROUTES)('%s is read and written', (address, route) => {
  const { pathname, search } = new URL(address, 'http://here');
  expect(parseRoute(pathname, search)).toEqual(route);
  expect(addressOf(route)).toBe(address);
});

test.each(['/c', '/c/abc/x', '/c/abc/0', '/c/abc/1/2', '/settings/nothing', '/join', '/%E0%A4%A', '/else'])('%s leads nowhere', (address) => {
  expect(parseRoute(address)).toEqual({ page: 'unknown' });
});
