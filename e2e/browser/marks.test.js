// What people see of their own messages: received, stored, delivered to all, read by all.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server } from '../js/support/server.js';
import { Correspondent } from './support/correspondent.js';
import { shownMarks, watchMarks } from './support/history.js';
import { Person } from './support/person.js';

const ORDER = ['sending', 'received', 'stored', 'delivered', 'read'];

/** Marks only rise; some may pass too quickly to be painted. */
function assertRising(histories) {
  assert.ok(histories.length > 0);
  for (const marks of histories) {
    const ranks = marks.map((mark) => ORDER.indexOf(mark));
    assert.ok(!ranks.includes(-1), marks.join(' → '));
    assert.deepEqual(ranks, ranks.toSorted(), marks.join(' → '));
  }
}

test('10: a message’s marks come in order and none goes back, through a crash of the server', async (t) => {
  const server = await Server.during(t);
  const [ana, bo] = [await Person.arrive(t, server, 'ana'), await Person.arrive(t, server, 'bob')];
  await (await Correspondent.arrive(server, 'Cy')).group('Rialto', 'ana', 'bob');
  await ana.open('Rialto');
  await watchMarks(ana.page);
  await ana.write('before the crash');
  await ana.marked('before the crash', 'stored');
  await server.kill();
  await ana.write('amid the crash');
  await server.revive();
  await ana.marked('amid the crash', 'stored');
  await bo.open('Rialto');
  await bo.message('amid the crash').waitFor();
  const histories = await shownMarks(ana.page);
  assertRising(histories);
  assert.equal(histories.length, 2);
  ana.content();
  bo.content();
});

test('11: delivered and read come only when every member has', async (t) => {
  const server = await Server.during(t);
  const ana = await Person.arrive(t, server, 'ana');
  const bo = await Person.arrive(t, server, 'bob');
  const cy = await Correspondent.arrive(server, 'Cy');
  const channel = await cy.group('Rialto', 'ana', 'bob');
  await ana.open('Rialto');
  await watchMarks(ana.page);
  await bo.open('Rialto');
  await ana.write('to all of you');
  await bo.message('to all of you').waitFor();
  const { seq } = (await cy.history(channel)).at(-1);
  // Bo has read it; Cy has not even received it.
  await bo.isUpToDate('Rialto');
  await ana.marked('to all of you', 'stored');
  await cy.mark(channel, { delivered: seq });
  await ana.marked('to all of you', 'delivered');
  await cy.mark(channel, { read: seq });
  await ana.marked('to all of you', 'read');
  assertRising(await shownMarks(ana.page));
});

test('11: with three browsers, the last one to read makes it read', async (t) => {
  const server = await Server.during(t);
  const [ana, bo, cy] = [await Person.arrive(t, server, 'ana'), await Person.arrive(t, server, 'bob'), await Person.arrive(t, server, 'cyd')];
  // Whoever makes the group is a member too, and reads everything.
  const di = await Correspondent.arrive(server, 'Di');
  const channel = await di.group('Rialto', 'ana', 'bob', 'cyd');
  await ana.open('Rialto');
  await bo.open('Rialto');
  await cy.line('Rialto').waitFor();
  await ana.write('who reads this?');
  await bo.message('who reads this?').waitFor();
  await di.mark(channel, { read: (await di.history(channel)).at(-1).seq });
  await ana.marked('who reads this?', 'delivered');
  await cy.open('Rialto');
  await ana.marked('who reads this?', 'read');
});
