// Everything that is read comes from a catalogue: in a language made of other letters, plain words stand out.

import { act, screen } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';

import { App } from '../src/app/App.tsx';
import { SECTIONS } from '../src/app/route.ts';
import { setPseudo } from '../src/i18n/language.ts';
import { channelId, channelView, readyWith, renderApp } from './support/app.tsx';

const LETTERS: Record<string, string> = Object.fromEntries([...'abcdefghijklmnopqrstuvwxyz'].map((letter, at) => [letter, String.fromCodePoint(0x3b1 + (at % 24))]));
const disguise = (text: string) => text.replace(/[a-z]/gi, (letter) => LETTERS[letter.toLowerCase()]!);

beforeEach(() => setPseudo(disguise));

/** Nobody's to translate: names of people and channels, of languages, of keys; and moments, which Intl words. */
const DATA = /this minute|Ana|ana|Bo|Channel \d+|Firefox|Telephone|Deutsch|English|Português|Ctrl|Alt|Shift|Esc|\b[A-Z]\b|AM|PM|C\d/g;

function plainWords(): string[] {
  const read: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node instanceof Element) {
      for (const name of ['aria-label', 'placeholder', 'title', 'alt']) read.push(node.getAttribute(name) ?? '');
    } else if (!node.parentElement?.closest('time, script, style')) read.push(node.textContent ?? '');
  }
  return read.map((text) => text.replace(DATA, '')).filter((text) => /[a-z]{2}/i.test(text));
}

const ready = () => readyWith([channelView(1, { role: 'owner', unread: 2, mentions: 1, head: 3, muted_until: 9_007_199_254_740_991 }), channelView(2, { archived: true })]);

test('of the door', async () => {
  await renderApp(<App />);
  await screen.findByRole('main');
  expect(plainWords()).toEqual([]);
});

test.each(['/', `/c/${channelId(1)}?details`, '/join/abc', ...SECTIONS.map((section) => `/settings/${section}`)])('of %s', async (address) => {
  history.replaceState(null, '', address);
  await renderApp(<App />, { ready: ready() });
  await screen.findByRole('heading', { level: 1 });
  if (address.includes('details')) await screen.findByRole('complementary');
  expect(document.body.textContent).toMatch(/[α-ω]{3}/);
  expect(plainWords()).toEqual([]);
});

test('of the dialogs', async () => {
  const { user } = await renderApp(<App />, { ready: ready() });
  for (const keys of ['?', '{Control>}k{/Control}']) {
    await user.keyboard(keys);
    await screen.findByRole('dialog');
    expect(plainWords()).toEqual([]);
    await user.keyboard('{Escape}');
  }
  await act(async () => document.querySelector<HTMLElement>('nav button[data-tip]')!.click());
  await screen.findByRole('dialog');
  expect(plainWords()).toEqual([]);
});
