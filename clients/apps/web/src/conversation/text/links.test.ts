import { expect, test } from 'vitest';

import { linksOf, type Link } from './links.ts';

const links = (text: string): Link[] => linksOf(text).filter((part) => typeof part !== 'string');
const joined = (text: string): string => linksOf(text).map((part) => (typeof part === 'string' ? part : part.text)).join('');

test.each([
  ['see https://example.com/a?b=c#d now', 'https://example.com/a?b=c#d'],
  ['(https://example.com/a_(b))', 'https://example.com/a_(b)'],
  ['Look: https://example.com/x.', 'https://example.com/x'],
  ['“https://example.com”, he said', 'https://example.com'],
  ['www.example.com/path!', 'www.example.com/path'],
  ['HTTP://EXAMPLE.COM', 'HTTP://EXAMPLE.COM'],
  ['http://localhost:8080/c/1', 'http://localhost:8080/c/1'],
  ['http://[::1]/', 'http://[::1]/'],
  ['https://пример.рф/путь', 'https://пример.рф/путь'],
])('an address is found in %s, without the punctuation around it', (text, address) => {
  expect(links(text).map((link) => link.text)).toEqual([address]);
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt://example.com/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'https://',
  'http://:80',
  'https://bank.example@evil.example/',
  'https://user:secret@evil.example/',
  'xhttps://example.com',
  'mail@www.example.com',
  'https://nodots',
  'http://[::1',
  'https://%zz.example',
])('%s is no link', (text) => {
  expect(links(text)).toEqual([]);
  expect(joined(text)).toBe(text);
});

test('an address ends before marks that would turn its direction', () => {
  expect(links('https://example.com/\u202egpj.exe')[0]?.href).toBe('https://example.com/');
  expect(links('https://exam\u200bple.com')).toEqual([]);
});

test('an address only ever leads to the web', () => {
  const hostile = ['https://example.com/"onmouseover=alert(1)', "https://example.com/'><img src=x onerror=alert(1)>", 'https://example.com/<script>', 'https://a.example/`${x}`'];
  for (const text of hostile) {
    for (const { href } of links(text)) expect(href).toMatch(/^https?:\/\/[^<>"\s]+$/);
    expect(joined(text)).toBe(text);
  }
});

test('a host of mixed alphabets tells how computers read it', () => {
  expect(links('https://gооgle.com')[0]?.asciiHost).toMatch(/^xn--/);
  expect(links('https://раураӏ.com')[0]?.asciiHost).toMatch(/^xn--/);
  expect(links('https://münchen.example')[0]).not.toHaveProperty('asciiHost');
  expect(links('https://example.com')[0]).not.toHaveProperty('asciiHost');
});

test('nothing of a text is lost, whatever it is made of', () => {
  const pieces = ['https://a.example', 'www.', '://', '(', ')', ' ', '\n', '@', '\u202e', '𝒽𝓉𝓉𝓅://', '\ud800', 'http://', '?', '١٢٣', '👩‍👩‍👧'];
  for (let seed = 0; seed < 2000; seed += 1) {
    const text = Array.from({ length: 6 }, (_, at) => pieces[(seed * 31 + at * at * 17 + ((seed >> at) & 7)) % pieces.length]).join('');
    expect(joined(text)).toBe(text);
  }
});
