import type { Ask } from '../effects/world.ts';
import { RialtoError } from '../errors.ts';
import type { ChannelId, CommandData, UserId } from '../protocol/generated.ts';
import { done } from './done.ts';

/** Channels: what they are, who is in them, what one sets about them for oneself. */
export function channelsApi(ask: Ask) {
  return {
    /** The direct channel with somebody: the one that there is, or a new one. */
    direct: async (user: UserId): Promise<ChannelId> => (await ask('channel.create', { kind: 'direct', members: [user] })).id,
    create: async (wish: Omit<CommandData['channel.create'], 'kind'> & { kind: 'group' | 'broadcast' }): Promise<ChannelId> => (await ask('channel.create', wish)).id,
    join: async (invite: string): Promise<ChannelId> => (await ask('channel.join', { invite })).id,
    load: (channel: ChannelId) => done(ask('channel.get', { channel })),
    /** Lists members, at most 200; pass the state's `next` as `after` to go on. */
    listMembers: (channel: ChannelId, after?: UserId) => done(ask('channel.members', { channel, ...(after && { after }) })),
    invite: (channel: ChannelId, users: UserId[]) => done(ask('channel.invite', { channel, users })),
    /** Makes an invite that others join by. */
    async inviteByLink(channel: ChannelId, terms: NonNullable<CommandData['channel.invite']['link']> = {}): Promise<string> {
      const { invite } = await ask('channel.invite', { channel, link: terms });
      if (invite === undefined) throw new RialtoError('client.malformed_answer', 'an invite was asked for, and none came');
      return invite;
    },
    leave: (channel: ChannelId) => done(ask('channel.leave', { channel })),
    kick: (channel: ChannelId, user: UserId) => done(ask('channel.kick', { channel, user })),
    setRole: (channel: ChannelId, user: UserId, role: CommandData['channel.role']['role']) => done(ask('channel.role', { channel, user, role })),
    update: (channel: ChannelId, change: { title?: string; description?: string }) => done(ask('channel.update', { channel, ...change })),
    mute: (channel: ChannelId, isOn = true, until?: number) => done(ask('channel.mute', { channel, on: isOn, ...(until !== undefined && { until }) })),
    archive: (channel: ChannelId, isOn = true) => done(ask('channel.archive', { channel, on: isOn })),
    pin: (channel: ChannelId, isOn = true) => done(ask('channel.pin', { channel, on: isOn })),
    delete: (channel: ChannelId) => done(ask('channel.delete', { channel })),
  };
}
