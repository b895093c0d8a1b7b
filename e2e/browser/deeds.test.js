// What people do with messages, and what others see of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './support/patience.js';
import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { PHONE, hold, swipe } from './support/fingers.js';
import { Person } from './support/person.js';

async function two(t, server, options) {
  const [ana, bo] = [await Person.arrive(t, server, 'ana', options), await Person.arrive(t, server, 'bob')];
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Rialto', 'ana', 'bob');
  await ana.open('Rialto');
  await bo.open('Rialto');
  return { ana, bo, cy, channel };
}

test('9: one’s own message is there at once, with the server stopped too', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana');
  await (await Correspondent.arrive(server, 'Cy')).group('Rialto', 'ana');
  await ana.open('Rialto');
  await server.kill();
  await ana.page.evaluate(() => {
    addEventListener('keydown', ({ key, timeStamp }) => key === 'Enter' && (globalThis.pressedAt = timeStamp), true);
    new MutationObserver(() => {
      if (globalThis.pressedAt && !globalThis.shownAfter && document.querySelector('[data-mine]')) {
        requestAnimationFrame(() => (globalThis.shownAfter ??= performance.now() - globalThis.pressedAt));
      }
    }).observe(document.body, { subtree: true, childList: true });
  });
  await ana.write('Hello?');
  await ana.message('Hello?').waitFor();
  await ana.marked('Hello?', 'sending');
  const after = await eventually('its frame', () => ana.page.evaluate(() => globalThis.shownAfter));
  t.diagnostic(`shown ${after.toFixed(0)} ms after Enter`);
});

test('12: Shift+Enter begins a line, and Enter while an input method composes sends nothing', async (t) => {
  const server = await Server.during(t);
  const { ana, bo } = await two(t, server);
  await ana.composer.pressSequentially('one');
  await ana.composer.press('Shift+Enter');
  await ana.composer.pressSequentially('two');
  assert.equal(await ana.messages.count(), 0);
  await ana.composer.press('Enter');
  await bo.message('one').waitFor();
  assert.match(await bo.message('one').innerText(), /one\ntwo/);

  await ana.composer.focus();
  const devtools = await ana.context.newCDPSession(ana.page);
  await devtools.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
  await ana.composer.press('Enter');
  assert.equal(await ana.messages.count(), 1);
  await devtools.send('Input.insertText', { text: '日本' });
  await ana.composer.press('Enter');
  await bo.message('日本').waitFor();
  assert.equal(await bo.messages.count(), 2);
});

test('14: what could not be sent says so, and can be tried again or thrown away', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana');
  const cy = await Correspondent.arrive(server, 'Cy');
  const me = await cy.find('ana');
  const { id: channel } = await cy.ask('POST', '/channels', { kind: 'broadcast', title: 'News', members: [me] });
  const role = (role) => cy.ask('PUT', `/channels/${channel}/members/${me}/role`, { role });
  await role('admin');
  await ana.open('News');
  await ana.goOffline();
  await role('member');
  await ana.write('first');
  await ana.write('second');
  await ana.goOnline();
  await ana.marked('first', 'failed');
  await ana.marked('second', 'failed');
  await ana.message('second').getByRole('button', { name: 'Delete' }).click();
  await ana.message('second').waitFor({ state: 'detached' });
  await role('admin');
  await ana.message('first').getByRole('button', { name: 'Retry' }).click();
  await ana.marked('first', 'stored');
  assert.deepEqual((await cy.history(channel)).map(({ body }) => body?.text), ['first']);
});

test('23: edit, delete, reply and react by keyboard; the other one sees each', async (t) => {
  const server = await Server.during(t);
  const { ana, bo } = await two(t, server);
  const { page } = ana;
  await ana.write('Spelt rong');
  await ana.marked('Spelt rong', 'stored');
  // Up in an empty composer edits the last message.
  await ana.composer.press('ArrowUp');
  await eventually('the text to edit', async () => (await ana.composer.inputValue()) === 'Spelt rong');
  await ana.composer.fill('Spelt right');
  await ana.composer.press('Enter');
  await bo.message('Spelt right').getByText(/edited/i).waitFor();

  await bo.write('An answer');
  await ana.message('An answer').waitFor();
  // From the composer back into the messages, with the keyboard alone.
  await ana.scroller.focus();
  await ana.message('An answer').and(page.locator(':focus')).waitFor();
  await page.keyboard.press('r');
  await page.keyboard.type('Quite so');
  await page.keyboard.press('Enter');
  await bo.message('Quite so').getByText('An answer').waitFor();

  // The one that is answered, and not the answer, which quotes it.
  const answered = (reader) => reader.messages.filter({ hasText: 'An answer' }).filter({ hasNotText: 'Quite so' });
  await answered(ana).focus();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'React with 👍' }).press('Enter');
  await answered(bo).getByRole('button', { name: /👍.*ana/ }).waitFor();

  await ana.message('Spelt right').focus();
  await page.keyboard.press('Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for everyone' }).press('Enter');
  await bo.message('Message deleted').waitFor();
  assert.equal(await bo.message('Spelt right').count(), 0);
  ana.content();
  bo.content();
});

/** By long press and swipe, and by the button that each message has for those who do neither. */
const WAYS = {
  gestures: {
    // On its time: a quote within a message is a button, and leads to what is quoted.
    menu: (person, message) => hold(person.page, message.locator('time')),
    reply: (person, message) => swipe(person.page, message.locator('time'), 90),
  },
  buttons: {
    menu: (person, message) => message.getByRole('button', { name: 'Message actions' }).tap(),
    async reply(person, message) {
      await this.menu(person, message);
      await person.page.getByRole('menuitem', { name: 'Reply' }).tap();
    },
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  test(`23: edit, delete, reply and react by touch, by ${name}; the other one sees each`, async (t) => {
    const server = await Server.during(t);
    const { ana, bo } = await two(t, server, PHONE);
    const { page } = ana;
    const choose = (item) => page.getByRole('menuitem', { name: item, exact: true }).tap();
    const answered = (reader) => reader.messages.filter({ hasText: 'An answer' }).filter({ hasNotText: 'Quite so' });
    await bo.write('An answer');
    await answered(ana).waitFor();

    await way.reply(ana, answered(ana));
    await page.getByText('Replying to').waitFor();
    await ana.composer.fill('Quite so');
    await page.getByRole('button', { name: 'Send' }).tap();
    await bo.message('Quite so').getByText('An answer').waitFor();
    await ana.marked('Quite so', 'stored');

    await way.menu(ana, answered(ana));
    await choose('React');
    await page.getByRole('button', { name: 'React with 👍' }).tap();
    await answered(bo).getByRole('button', { name: /👍.*ana/ }).waitFor();

    await way.menu(ana, ana.message('Quite so'));
    await choose('Edit');
    await page.getByText('Editing your message').waitFor();
    await ana.composer.fill('Quite wrong');
    await page.getByRole('button', { name: 'Save the change' }).tap();
    await bo.message('Quite wrong').getByText(/edited/i).waitFor();

    await way.menu(ana, ana.message('Quite wrong'));
    await choose('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for everyone' }).tap();
    await bo.message('Message deleted').waitFor();
    assert.equal(await bo.message('Quite wrong').count(), 0);
    ana.content();
    bo.content();
  });
}

test('from right to left, a swipe to the left answers', async (t) => {
  const server = await Server.during(t);
  const { ana, bo } = await two(t, server, PHONE);
  await bo.write('An answer');
  const bubble = ana.message('An answer').locator('[data-bubble]');
  await bubble.waitFor();
  await (await ana.languages())('ar');
  await swipe(ana.page, bubble, -90);
  await ana.page.getByText('ردّ على').waitFor();
});

test('24: a quoted message is jumped to and pointed out', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await two(t, server);
  const seq = await cy.say(channel, 'The very first thing');
  await cy.fill(channel, 120);
  await cy.say(channel, 'Remember that?', { reply_to: seq });
  await ana.message('Remember that?').waitFor();
  await ana.message('Remember that?').getByRole('button', { name: /The very first thing/ }).click();
  await eventually('the message, pointed out', async () => (await ana.message('The very first thing').and(ana.page.locator('[data-pointed-out]')).count()) === 1);
});

test('25: one sees that the other is typing, and that they stopped', async (t) => {
  const server = await Server.during(t);
  const { ana, bo } = await two(t, server);
  await ana.composer.pressSequentially('I was going to');
  const typing = bo.page.getByRole('main').getByText(/typing/i);
  await typing.first().waitFor();
  await eventually('silence', async () => (await typing.count()) === 0);
});

test('26: a draft survives another channel, a reload and a closed tab', async (t) => {
  const server = await Server.during(t);
  const { ana, cy } = await two(t, server);
  await cy.group('Elsewhere', 'ana');
  await ana.composer.fill('half a thou');
  await ana.open('Elsewhere');
  assert.equal(await ana.composer.inputValue(), '');
  await ana.open('Rialto');
  assert.equal(await ana.composer.inputValue(), 'half a thou');
  await ana.page.reload();
  await eventually('the draft', async () => (await ana.composer.inputValue()) === 'half a thou');
  await ana.page.close();
  const later = await ana.tab();
  await later.open('Rialto');
  await eventually('the draft', async () => (await later.composer.inputValue()) === 'half a thou');
});

test('32: a plain member sees nothing of roles, and the server refuses them all the same', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await two(t, server);
  await ana.page.getByRole('button', { name: 'Details' }).click();
  const details = ana.page.getByRole('complementary', { name: /details/i });
  await details.getByText('Cy').waitFor();
  for (const power of [/role/i, /remove/i, /promote/i, /admin\b.*make|make .*admin/i, /delete .*(group|channel|conversation)/i]) {
    assert.equal(await details.getByRole('button', { name: power }).count(), 0, `${power}`);
  }
  // Somebody who is a plain member as well, and knows how to ask.
  const di = await Correspondent.arrive(server, 'Di');
  await cy.ask('POST', `/channels/${channel}/members`, { users: [di.user] });
  await assert.rejects(di.ask('PUT', `/channels/${channel}/members/${di.user}/role`, { role: 'admin' }), { code: 'channel.role_too_low' });
  await assert.rejects(di.ask('DELETE', `/channels/${channel}/members/${cy.user}`), { code: 'channel.role_too_low' });
});
