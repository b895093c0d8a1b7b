// What holds for many commands alike.

import { randomUUID } from 'node:crypto';

import { refuses } from './table.js';

/**
 * To outsiders a channel does not exist; who was in is told that only members may do this.
 * `data(person)` is the rest of the command's data.
 */
export function membersOnly(command, data, { afterLeaving = 'channel.not_a_member' } = {}) {
  refuses(command, 'channel.unknown', 'there is none', async ({ ana, bo }) => {
    await ana.call(command, { channel: randomUUID(), ...data(bo) });
  });
  refuses(command, 'channel.unknown', 'strangers have one', async (world) => {
    await world.cy.call(command, { channel: await world.group(world.ana, world.bo), ...data(world.ana) });
  });
  refuses(command, afterLeaving, 'after leaving', async (world) => {
    const channel = await world.group(world.ana, world.bo);
    await world.bo.call('channel.leave', { channel });
    await world.bo.call(command, { channel, ...data(world.ana) });
  });
}

/** What two people cannot do in their direct channel. */
export function notInDirect(command, data) {
  refuses(command, 'channel.wrong_kind', 'in a direct channel', async (world) => {
    await world.ana.call(command, { channel: await world.direct(world.ana, world.bo), ...data(world) });
  });
}

/** What a mere member cannot do. */
export function roleTooLow(command, data, kind = 'group') {
  refuses(command, 'channel.role_too_low', `a member of a ${kind}`, async (world) => {
    const channel = await world[kind](world.ana, world.bo, world.cy);
    await world.bo.call(command, { channel, ...data(world) });
  });
}
