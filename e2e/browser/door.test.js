// How one comes in, and what one finds: by keyboard, and as a screen reader finds it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { eventually } from './support/patience.js';
import { PASSWORD, Person } from './support/person.js';

/** Presses Tab until what has the focus is this. */
async function tabTo(page, locator) {
  for (let stops = 0; stops < 40; stops += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to ${locator} by the Tab key`);
}

test('1: one signs in by keyboard alone, and an error is tied to its field, which has the focus', async (t) => {
  const server = await Server.during(t);
  await (await Person.arrive(t, server, 'ana')).context.close();
  const { page, list } = await Person.visit(t, server, 'ana');
  const [name, password] = [page.getByLabel('User name'), page.getByLabel('Password', { exact: true })];
  await name.waitFor();
  await tabTo(page, name);
  await page.keyboard.type('ana');
  await tabTo(page, password);
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await eventually('the field to be marked', async () => (await password.getAttribute('aria-invalid')) === 'true');
  const described = await password.evaluate((field) => field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent));
  assert.match(described.join(), /wrong|password/i);
  // A screen reader tells the field that has the focus, and what is tied to it.
  await password.and(page.locator(':focus')).waitFor();
  await page.keyboard.press('Control+A');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await list.waitFor();
});

test('3: the first stop of the Tab key leads to the messages', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana');
  const cy = await Correspondent.arrive(server, 'Cy');
  await cy.say(await cy.group('Rialto', 'ana'), 'Welcome');
  await ana.page.reload();
  await ana.line('Rialto').waitFor();
  await ana.page.keyboard.press('Tab');
  // Nothing is open yet: there are no messages to lead to.
  await ana.page.getByRole('link', { name: /^Skip to/ }).and(ana.page.locator(':focus')).waitFor();
  await ana.open('Rialto');
  const skip = ana.page.getByRole('link', { name: 'Skip to the messages' });
  await ana.message('Welcome').waitFor();
  await skip.focus();
  await skip.press('Enter');
  await ana.scroller.or(ana.messages).and(ana.page.locator(':focus')).waitFor();
});

test('by a key and a few letters one goes to a conversation, and back to where one was', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana');
  const cy = await Correspondent.arrive(server, 'Cy');
  await cy.group('Rialto', 'ana');
  await cy.group('Belmont', 'ana');
  const { keyboard } = ana.page;
  const isAt = (title) => ana.page.getByRole('heading', { level: 1, name: title }).waitFor();
  await ana.open('Rialto');
  await isAt('Rialto');
  await keyboard.press('Control+k');
  // What was chosen at once must also be written into at once: nothing is clicked here.
  await ana.page.getByRole('combobox').and(ana.page.locator(':focus')).waitFor();
  await keyboard.type('bel');
  await keyboard.press('Enter');
  await isAt('Belmont');
  await ana.composer.and(ana.page.locator(':focus')).waitFor();
  await keyboard.press('Control+k');
  await ana.page.getByRole('combobox').waitFor();
  await keyboard.press('Escape');
  await ana.composer.and(ana.page.locator(':focus')).waitFor();
});

test('4: every view has one main, one first heading, and a list of conversations that has a name', async (t) => {
  const server = await Server.during(t);
  const visitor = await Person.visit(t, server, 'ana');
  const assertOne = async (what) => {
    await visitor.page.getByRole('heading', { level: 1 }).first().waitFor();
    assert.equal(await visitor.page.getByRole('main').count(), 1, what);
    assert.equal(await visitor.page.getByRole('heading', { level: 1 }).count(), 1, what);
  };
  await visitor.page.getByLabel('User name').waitFor();
  await assertOne('the door');
  await visitor.register();
  await assertOne('no conversation');
  await (await Correspondent.arrive(server, 'Cy')).group('Rialto', 'ana');
  await visitor.open('Rialto');
  await assertOne('a conversation');
  assert.equal(await visitor.list.count(), 1);
  await visitor.page.goto('/settings');
  await assertOne('settings');
});
