// The one place where what the server answers becomes what happened.

import type { UnknownAction } from '@reduxjs/toolkit';

import type { Command } from '../protocol/decode.ts';
import type { CommandData, CommandResults, UserId } from '../protocol/generated.ts';
import {
  accountSettingsTold,
  accountTold,
  blocksListed,
  channelLeft,
  channelTold,
  channelsListed,
  flagsChanged,
  marksTold,
  membersListed,
  messageHidden,
  messageReceived,
  pageRead,
  pinsListed,
  presencesTold,
  profilesFound,
  sessionsListed,
  sessionsRevoked,
  synced,
  userBlocked,
} from './actions.ts';
import { pageOf } from './log.ts';
import type { State } from './store.ts';

/** A command with its data and its result. */
export type Answer = { [C in Command]: { command: C; data: CommandData[C]; result: CommandResults[C] } }[Command];

export interface Asking {
  me: UserId;
  /** The state when the command was sent. */
  then: State;
}

/** What happened, by what the server answered. Commands whose outcome comes as an event need nothing here. */
export function actionsOf({ command, data, result }: Answer, { me, then }: Asking): UnknownAction[] {
  switch (command) {
    case 'account.get':
    case 'account.claim':
    case 'account.update':
      return [accountTold(result)];
    case 'settings.get':
    case 'settings.set':
      return [accountSettingsTold(result)];
    case 'sessions.list':
      return [sessionsListed(result.sessions)];
    case 'sessions.revoke':
      return [sessionsRevoked(result.revoked)];
    case 'user.find':
      return [profilesFound([result])];
    case 'user.get':
      return [profilesFound(result.users)];
    case 'block':
      return [userBlocked({ user: data.user, on: data.on ?? true })];
    case 'blocks.list':
      return [blocksListed(result.users)];
    case 'sync':
      return [synced({ synced: result, me })];
    case 'channel.create':
    case 'channel.get':
    case 'channel.join':
      return [channelTold({ channel: result, me })];
    case 'channel.list':
      return [
        channelsListed({
          channels: result.channels,
          me,
          ...(data.cursor !== undefined && { cursor: data.cursor }),
          ...(result.next !== undefined && { next: result.next }),
        }),
      ];
    case 'channel.members':
      return [
        membersListed({
          channel: data.channel,
          members: result.members,
          ...(data.after !== undefined && { after: data.after }),
          ...(result.next !== undefined && { next: result.next }),
        }),
      ];
    case 'channel.pins':
      return [pinsListed({ channel: data.channel, messages: result.messages })];
    case 'channel.mute':
    case 'channel.archive':
    case 'channel.pin':
      return [flagsChanged({ channel: data.channel, flags: result })];
    case 'channel.leave':
    case 'channel.delete':
      return [channelLeft({ channel: data.channel })];
    case 'message.send':
    case 'message.forward':
      return [messageReceived({ clientId: data.client_id })];
    case 'message.delete':
      return data.for === 'me' ? [messageHidden({ channel: data.channel, target: data.target })] : [];
    case 'history': {
      const log = then.messages.logs[data.channel];
      return log ? [pageRead({ channel: data.channel, page: pageOf(data), messages: result.messages, haveThen: log.have, me })] : [];
    }
    case 'mark': {
      const { channel, delivered, read, channels = {} } = data;
      const one = channel && { [channel]: { ...(delivered !== undefined && { delivered }), ...(read !== undefined && { read }) } };
      return [marksTold({ ...channels, ...one })];
    }
    case 'presence.watch':
      return [presencesTold(result.presences)];
    // Their outcome is told by events, or is the asker's affair alone.
    case 'hello':
    case 'account.register':
    case 'account.login':
    case 'account.refresh':
    case 'account.logout':
    case 'account.password':
    case 'device.update':
    case 'channel.invite':
    case 'channel.kick':
    case 'channel.role':
    case 'channel.update':
    case 'message.edit':
    case 'message.react':
    case 'message.pin':
    case 'receipts':
    case 'typing':
      return [];
  }
}
