import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach } from 'vitest';

import '../../src/i18n/shell.ts';
import { setLanguage } from '../../src/i18n/language.ts';

// The machine that runs this may have other things to do.
configure({ asyncUtilTimeout: 30_000 });

// jsdom knows `<dialog>`, but neither opens it as a modal nor has popovers; what a browser does of its own is not asked here.
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
  (this.querySelector<HTMLElement>('[autofocus], input, button') ?? this).focus();
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
};
globalThis.CSS ??= { supports: () => false } as unknown as typeof CSS;
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
// Nothing has a size here, so nothing ever changes it or comes into view.
globalThis.ResizeObserver ??= NoObserver as unknown as typeof ResizeObserver;
globalThis.IntersectionObserver ??= NoObserver as unknown as typeof IntersectionObserver;
globalThis.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {} })) as unknown as typeof matchMedia;

beforeEach(() => {
  history.replaceState(null, '', '/');
  localStorage.clear();
});
afterEach(async () => {
  cleanup();
  await setLanguage('en');
});
