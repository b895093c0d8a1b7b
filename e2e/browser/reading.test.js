// How a conversation reads: where it opens, what moves, what counts as read.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from './support/patience.js';
import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { placeOf, seenRows, watchRows } from './support/history.js';
import { retell } from './support/retell.js';
import { Person } from './support/person.js';

/** Ana in a browser, Cy without, and a group of theirs with so many messages that Ana has read. */
async function group(t, server, { read = 0, unread = 0, ...options } = {}) {
  const ana = await Person.arrive(t, server, 'ana', options);
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Rialto', 'ana');
  await ana.line('Rialto').waitFor();
  if (read > 0) {
    await ana.open('Rialto');
    await cy.fill(channel, read, 'Read');
    await ana.message(`Read ${read}`).last().waitFor();
    await ana.isUpToDate('Rialto');
    await ana.leave();
  }
  if (unread > 0) await cy.fill(channel, unread, 'Unread');
  return { ana, cy, channel };
}

test('15: the same message stands under the date of each reader’s own time zone', async (t) => {
  const server = await Server.during(t);
  // 25 hours apart: never on the same day.
  const [east, west] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
  const cy = await Correspondent.arrive(server, 'Cy');
  const readers = [await Person.arrive(t, server, 'ana', { timezoneId: east }), await Person.arrive(t, server, 'bob', { timezoneId: west })];
  const channel = await cy.group('Rialto', 'ana', 'bob');
  await cy.say(channel, 'What day is it?');
  const { at } = (await cy.history(channel)).at(-1);
  for (const [reader, zone] of [[readers[0], east], [readers[1], west]]) {
    await reader.open('Rialto');
    await reader.message('What day').waitFor();
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(at);
    assert.equal(await reader.page.locator('[data-day]').getAttribute('data-day'), day);
    const time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(at);
    await reader.message('What day').getByText(time).waitFor();
  }
});

test('15: midnight parts two days, also when one of them has 25 hours, and today becomes yesterday while one looks on', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server, { timezoneId: 'Europe/Paris' });
  // Clocks are put back on the 25th of October 2026.
  await retell(ana.context, {
    'last of Saturday': '2026-10-24T23:59:59.999+02:00',
    'first of Sunday': '2026-10-25T00:00:00.000+02:00',
    'last of Sunday': '2026-10-25T23:59:59.999+01:00',
    'first of Monday': '2026-10-26T00:00:00.000+01:00',
  });
  await ana.context.clock.install({ time: '2026-10-25T23:50:00+01:00' });
  await ana.page.reload();
  await ana.open('Rialto');
  for (const text of ['last of Saturday', 'first of Sunday', 'last of Sunday']) await cy.say(channel, text);
  await ana.message('last of Sunday').waitFor();
  // What stands in the list, from the top: days by their names, messages by what they say.
  const order = async () => (await ana.scroller.locator('[data-day], [data-message]').allInnerTexts()).map((text) => /(last|first) of \w+/.exec(text)?.[0] ?? text.trim());
  const reads = (...expected) => eventually(expected.join(', '), async () => (await order()).join() === expected.join());
  await reads('Yesterday', 'last of Saturday', 'Today', 'first of Sunday', 'last of Sunday');
  // Nothing happens but time.
  await ana.context.clock.fastForward('15:00');
  await reads('Saturday 24 October', 'last of Saturday', 'Yesterday', 'first of Sunday', 'last of Sunday');
  await cy.say(channel, 'first of Monday');
  await reads('Saturday 24 October', 'last of Saturday', 'Yesterday', 'first of Sunday', 'last of Sunday', 'Today', 'first of Monday');
});

test('16: what one person says within five minutes is one group', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server);
  await ana.open('Rialto');
  for (const text of ['one', 'two', 'three']) await cy.say(channel, text);
  await ana.message('three').waitFor();
  await ana.write('four');
  await ana.marked('four', 'stored');
  await cy.say(channel, 'five');
  await ana.message('five').waitFor();
  const named = await ana.messages.evaluateAll((rows) => rows.map((row) => [row.innerText.match(/one|two|three|four|five/)[0], row.dataset.first !== undefined]));
  assert.deepEqual(named, [['one', true], ['two', false], ['three', false], ['four', true], ['five', true]]);
});

test('16: after more than five minutes the same person begins another group', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server);
  await retell(ana.context, { noon: '2026-10-24T12:00:00Z', soon: '2026-10-24T12:04:59Z', later: '2026-10-24T12:10:00Z' });
  await ana.page.reload();
  await ana.open('Rialto');
  for (const text of ['noon', 'soon', 'later']) await cy.say(channel, text);
  await ana.message('later').waitFor();
  const begins = await ana.messages.evaluateAll((rows) => rows.map((row) => row.dataset.first !== undefined));
  assert.deepEqual(begins, [true, false, true]);
});

test('17, 20: a thousand messages scroll by without a jump, and few of them are rows at any time', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server);
  await cy.fill(channel, 1000);
  await ana.open('Rialto');
  await eventually('the end', async () => {
    const toEnd = ana.page.getByRole('button', { name: /Jump to latest/ });
    if (await toEnd.isVisible()) await toEnd.click();
    await ana.page.waitForTimeout(500);
    return ana.message('Message 1000').isVisible();
  });
  await watchRows(ana.page);
  await eventually('the first message', async () => {
    await ana.scrollUp(2500);
    return (await ana.exactly('Message 1').count()) > 0;
  }, 90_000);
  const { jump, rows } = await seenRows(ana.page);
  t.diagnostic(`largest jump ${jump.toFixed(1)} px, at most ${rows} rows`);
  assert.ok(jump <= 2, `a row moved by ${jump} px against the others`);
  assert.ok(rows <= 100, `${rows} rows`);
});

test('18: while one reads further up, what comes in moves nothing, and the button counts it', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server, { read: 60 });
  await ana.open('Rialto');
  await ana.message('Read 60').waitFor();
  await ana.scrollUp(900);
  const text = await ana.looksAt(/Read \d+/);
  const place = await placeOf(ana.exactly(text));
  for (let count = 1; count <= 5; count += 1) {
    await cy.say(channel, `Meanwhile ${count}`);
    await ana.page.getByRole('button', { name: new RegExp(`\\b${count}\\b.*(new|unread)`, 'i') }).waitFor();
  }
  assert.equal(await placeOf(ana.exactly(text)), place, 'what one reads stays where it is');
  await ana.page.getByRole('button', { name: /\b5\b/ }).last().click();
  await ana.message('Meanwhile 5').waitFor();
});

test('19: at the end one stays at the end, when messages come and when the window changes', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server, { read: 40 });
  await ana.open('Rialto');
  await ana.message('Read 40').waitFor();
  const isAtEnd = () => ana.scroller.evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop <= 8);
  await cy.say(channel, 'And another\nof several\nlines');
  await ana.message('And another').waitFor();
  await eventually('the end', isAtEnd);
  for (const height of [400, 900, 500]) {
    await ana.page.setViewportSize({ width: 1280, height });
    await eventually(`the end at a height of ${height}`, isAtEnd);
  }
  await ana.page.setViewportSize({ width: 390, height: 700 });
  await eventually('the end on a narrow window', isAtEnd);
});

test('19: a conversation that fits into the window is at its end, though something in it is new', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server, { unread: 2 });
  await ana.open('Rialto');
  await ana.page.locator('[data-new]').waitFor();
  await ana.isUpToDate('Rialto');
  const toEnd = ana.page.getByRole('button', { name: /Jump to latest/ });
  await toEnd.waitFor({ state: 'detached' });
  // More than fits now.
  await cy.fill(channel, 30, 'Then');
  await ana.message('Then 30').waitFor();
  await ana.isUpToDate('Rialto');
  assert.equal(await toEnd.count(), 0);
});

test('21: a channel opens at a line above what is new, and counts are gone in a second tab too', async (t) => {
  const server = await Server.during(t);
  const { ana } = await group(t, server, { read: 5, unread: 3 });
  const other = await ana.tab();
  await other.line('Rialto').getByText('3 unread').waitFor();
  await ana.open('Rialto');
  const line = ana.page.locator('[data-new]');
  await line.waitFor();
  const after = await ana.page.locator('[data-new] ~ *, [data-message]').allInnerTexts();
  assert.ok(after.length > 0);
  const [top, first, last] = [await placeOf(line), await placeOf(ana.message('Unread 1')), await placeOf(ana.message(/Read 5/))];
  assert.ok(last < top && top < first, 'the line is between what was read and what is new');
  await ana.isUpToDate('Rialto');
  await other.isUpToDate('Rialto');
  assert.equal(await line.count(), 1, 'the line stays while one is there');
});

test('22: a tab that nobody looks at marks nothing read', async (t) => {
  const server = await Server.during(t);
  const { ana, cy, channel } = await group(t, server);
  await ana.open('Rialto');
  await ana.look(false);
  const seq = await cy.say(channel, 'Are you there?');
  await ana.message('Are you there?').waitFor();
  const positions = async () => (await cy.ask('GET', `/channels/${channel}/members`)).members.find(({ user }) => user !== cy.user);
  await eventually('delivery', async () => (await positions()).delivered >= seq);
  // What would mark it does so within half a second; a message that is read in order after this one shows that nothing did.
  await ana.page.waitForTimeout(1500);
  assert.ok((await positions()).read < seq);
  await ana.look(true);
  await eventually('reading', async () => (await positions()).read >= seq);
});
