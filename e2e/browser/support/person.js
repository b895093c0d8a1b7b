// A person at a browser: what they do, and what they see. Everything is found by role and name, as a screen reader finds it.

import assert from 'node:assert/strict';

import { eventually } from './patience.js';
import { assertContent, profile } from './window.js';

export const PASSWORD = 'a good password';

export class Person {
  /** Somebody new with a user name, signed in, in a browser of their own. */
  static async arrive(test, server, name, options) {
    const person = await Person.visit(test, server, name, options);
    await person.register();
    return person;
  }

  /** Somebody who has opened the client for the first time. */
  static async visit(test, server, name, options) {
    const window = await profile(test, server, options);
    const person = new Person();
    Object.assign(person, { server, name, window, context: window.context, page: await window.context.newPage() });
    await person.page.goto('/');
    return person;
  }

  /** The same person, at the same device, in another tab. */
  async tab(path = '/') {
    const other = new Person();
    Object.assign(other, this, { page: await this.context.newPage() });
    await other.page.goto(path);
    return other;
  }

  /** Makes an account. */
  async register() {
    const { page, name } = this;
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('form').getByRole('button', { name: 'Create an account' }).click();
    await this.list.waitFor();
  }

  // ── what is where ──

  get list() {
    return this.page.getByRole('navigation', { name: 'Conversations' });
  }

  get composer() {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  /** What the messages scroll in. */
  get scroller() {
    return this.page.getByRole('list', { name: 'Messages' });
  }

  get messages() {
    return this.page.getByRole('listitem').and(this.page.locator('[data-message]'));
  }

  /** The channel's line in the list. */
  line(title) {
    return this.list.getByRole('link').filter({ hasText: title });
  }

  /** The message that says this. A number at its end is the end of it: the time comes next, and `1` at 02:17 would be `10`. */
  message(text) {
    return typeof text === 'string' && /\d$/.test(text) ? this.exactly(text) : this.messages.filter({ hasText: text });
  }

  /** The message that says exactly this. */
  exactly(text) {
    return this.messages.filter({ has: this.page.getByText(text, { exact: true }) });
  }

  // ── what they do ──

  async open(title) {
    await this.line(title).click();
    await this.composer.waitFor();
  }

  async write(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** Turns the wheel over the conversation, until it is away from its end. */
  async scrollUp(pixels) {
    const { x, y, width, height } = await this.scroller.boundingBox();
    await this.page.mouse.move(x + width / 2, y + height / 2);
    await eventually('the conversation to scroll', async () => {
      for (let turned = 0; turned < pixels; turned += 300) await this.page.mouse.wheel(0, -300);
      await this.page.waitForTimeout(50);
      return this.scroller.evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop > 100);
    });
  }

  /** Goes to no channel. */
  async leave() {
    await this.page.getByRole('link', { name: 'Chats' }).click();
    await this.composer.waitFor({ state: 'detached' });
  }

  /** Looks at the window, or away from it: another one is in front, or the screen is off. */
  async look(isLooking) {
    await this.page.evaluate((isLooking) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (isLooking ? 'visible' : 'hidden') });
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => !isLooking });
      document.hasFocus = () => isLooking;
      document.dispatchEvent(new Event('visibilitychange'));
      dispatchEvent(new Event(isLooking ? 'focus' : 'blur'));
    }, isLooking);
  }

  /** Offline as a train in a tunnel is, and back. */
  async goOffline() {
    await this.context.setOffline(true);
  }

  async goOnline() {
    await this.context.setOffline(false);
  }

  /** The choice of a language, in another window of the same browser: what is chosen there holds in all of them at once. */
  async languages() {
    const { page } = await this.tab('/settings/appearance');
    const select = page.getByRole('main').getByRole('combobox');
    return async (language) => {
      await select.selectOption(language);
      await eventually(`the language ${language}`, () => this.page.evaluate((wanted) => document.documentElement.lang === wanted, language));
    };
  }

  // ── what they see ──

  /** The mark of one's message has come so far. */
  async marked(text, mark) {
    await eventually(`"${text}" to be marked ${mark}`, async () => (await this.message(text).getAttribute('data-mark')) === mark);
  }

  /** Nothing of a channel is unread. */
  async isUpToDate(title) {
    await this.line(title).getByText(/unread/).waitFor({ state: 'detached' });
  }

  /** What the message in the middle of the conversation says, once it has come to rest. */
  async looksAt(pattern) {
    const { x, y, height } = await this.scroller.boundingBox();
    const look = () =>
      this.page.evaluate(([x, y]) => document.elementsFromPoint(x, y).find((element) => element.matches('[data-message]'))?.innerText, [x + 90, y + height / 2]);
    let seen;
    return eventually('the conversation to rest', async () => {
      const before = seen;
      seen = pattern.exec((await look()) ?? '')?.[0];
      await this.page.waitForTimeout(200);
      return seen !== undefined && seen === before && seen;
    });
  }

  /** What the messages in sight say, from the top, as far as it matches. */
  async read(pattern) {
    const texts = await this.messages.allInnerTexts();
    return texts.flatMap((text) => pattern.exec(text)?.[0] ?? []);
  }

  /** Sees exactly these, in this order. */
  async reads(pattern, expected) {
    let seen;
    const isThere = async () => (seen = await this.read(pattern)).join() === expected.join();
    try {
      await eventually('the messages', isThere);
    } catch {
      throw new Error(`${this.name} reads\n  ${seen.join('\n  ')}\ninstead of\n  ${expected.join('\n  ')}`);
    }
  }

  /** Scrolls from the end of the conversation to its beginning and back, and tells in order what matched on the way, each row once. */
  async scrollThrough(pattern) {
    const { scroller } = this;
    const found = new Map();
    const look = async () => {
      const rows = await this.messages.evaluateAll((rows) => rows.map((row) => [Number(row.dataset.seq), row.innerText]));
      const places = rows.map(([seq]) => seq);
      assert.deepEqual(places, [...new Set(places)].sort((one, other) => one - other), 'rows stand once, in order');
      for (const [seq, text] of rows) if (pattern.test(text)) found.set(seq, pattern.exec(text)[0]);
    };
    const step = (by) => scroller.evaluate((list, by) => list.scrollBy(0, by * list.clientHeight * 0.7), by);
    const isAt = (end) => scroller.evaluate((list, end) => (end === 'start' ? list.scrollTop <= 1 : list.scrollTop + list.clientHeight >= list.scrollHeight - 1), end);
    for (const [end, by] of [['start', -1], ['end', 1]]) {
      // At an end that is still growing there is more to come.
      for (let restedAt = 0; restedAt < 5; restedAt = (await isAt(end)) ? restedAt + 1 : 0) {
        await look();
        await step(by);
        await this.page.waitForTimeout(60);
      }
    }
    await look();
    return [...found].sort(([one], [other]) => one - other).map(([, text]) => text);
  }

  content() {
    assertContent(this.window);
  }
}
