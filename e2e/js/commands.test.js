// Every command, every refusal, every limit, over every carrier: one table, which `commands/` holds.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import './commands/accounts.js';
import './commands/channels.js';
import './commands/messages.js';
import './commands/people.js';
import './commands/reading.js';
import { cases, refuses } from './commands/table.js';
import { World, inhabitants } from './commands/world.js';
import { everyCarrier } from './support/carriers.js';
import { codes, contract } from './support/contract.js';
import { Server } from './support/server.js';

/** Servers that differ in what they allow. */
const servers = {
  roomy: {},
  tight: { 'limits.members': 4, 'limits.users_per_command': 2, 'limits.channels_per_user': 3, 'limits.page': 10 },
  strict: {
    'limits.command_burst': 60,
    'limits.commands_per_second': 1,
    'limits.registrations_per_address_per_hour': 3,
    'limits.log_ins_per_name_per_minute': 3,
    'limits.discoveries_per_minute': 6,
    minimum_client: '2.0',
  },
};

/** What no client can bring about, and why. */
const unreachable = {
  'server.outcome_unknown': 'needs a sequencer that does not answer for half a minute',
  'server.unavailable': 'needs a backend that is down',
  'server.storage_full': 'needs a disk that is full',
  'server.internal': 'needs a fault of ours',
};

// What holds for every command is not written down for each.

const ID = '01890000-0000-7000-8000-000000000001';
/** A value for every field that some command requires. */
const anything = {
  ...{ channel: ID, from: ID, user: ID, session: ID, client_id: ID, target: 1, seq: 1 },
  ...{ username: 'x', password: 'x', old: 'x', new: 'x', display_name: 'x', name: 'x', title: 'x', invite: 'x' },
  ...{ kind: 'group', role: 'member', emoji: '👍', body: { text: 'x' }, settings: {}, users: [], have: {} },
};

for (const [command, { before_hello: isOpen }] of Object.entries(contract.commands)) {
  if (isOpen) continue;
  refuses(command, 'auth.required', 'before hello', async (world) => {
    await (await world.nobody()).call(command, anything);
  });
}

for (const [command, { data }] of Object.entries(contract.commands)) {
  const shape = contract.$defs[data.$ref.split('/').at(-1)];
  if (!shape.required?.length) continue;
  refuses(command, 'command.invalid', `without ${shape.required.join(', ')}`, async (world) => {
    await world.ana.call(command, {});
  }, { not: ['REST'] });
}

for (const command of ['nonsense', 'hello.again', '__proto__', 'constructor']) {
  refuses(command, 'command.unknown', 'there is none', async ({ ana }) => ana.call(command), { not: ['REST'] });
}

test('the table speaks of every command of the contract', () => {
  const accepted = new Set(cases.filter(({ code }) => !code).map(({ command }) => command));
  assert.deepEqual([...accepted].sort(), Object.keys(contract.commands).sort());
});

test('the table speaks of every error code of the reference that a client can bring about', () => {
  const told = cases.map(({ code }) => code).filter(Boolean);
  assert.deepEqual([...new Set([...told, ...Object.keys(unreachable)])].sort(), [...codes.keys()].sort());
});

describe('commands', () => {
  const worlds = new Map();
  const started = [];

  before(async () => {
    for (const [name, settings] of Object.entries(servers)) {
      const server = await Server.start(settings);
      started.push(server);
      const people = await inhabitants(server);
      const opened = await Promise.all(everyCarrier.map((carrier) => World.open(server, carrier, people)));
      worlds.set(name, new Map(opened.map((world) => [world.carrier, world])));
    }
  });

  after(async () => {
    for (const server of started) await server.stop();
  });

  for (const { title, on, carriers, run } of cases) {
    test(title, async () => {
      const places = carriers.map((carrier) => worlds.get(on).get(carrier));
      const outcomes = await Promise.allSettled(places.map((world) => run(world).finally(() => world.dismiss())));
      const failures = outcomes.flatMap(({ reason }, place) => (reason ? [`over ${carriers[place]}: ${reason.stack}`] : []));
      if (failures.length > 0) assert.fail(failures.join('\n'));
    });
  }
});
