// Written by scripts/generate.mjs from contract/schema/rialto.v1.json; do not edit.

import { both, either, float, lazy, list, map, natural, object, optional, tagged, text, truth, uuid, word, type Shape } from './shape.ts';

/** New values of one's own profile. */
export type AccountUpdate = {
  /** The name shown. */
  display_name: string;
};

/** One's own account. */
export type AccountView = {
  /** When it was made. */
  created_at: Timestamp;
  /** The name shown. */
  display_name: string;
  /** Who. */
  id: UserId;
  /** The settings. */
  settings: Settings;
  /** The unique name; absent for an anonymous account. */
  username?: Username;
};

/** Who may see something of mine. */
export type Audience = 'contacts' | 'nobody';

/** Whom to block. */
export type Block = {
  /** Block (when absent), or end it. */
  on?: boolean;
  /** Whom. */
  user: UserId;
};

/** How a channel changed. What is absent did not change. */
export type ChannelChange = {
  /** It was created, as this. */
  created?: ChannelKind;
  /** It was deleted; this is its last entry. */
  deleted?: boolean;
  /** It has this description now. */
  description?: string;
  /** It has this title now. */
  title?: string;
};

/** One's own membership or settings of a channel changed. */
export type ChannelChanged = {
  /** How. */
  change: Membership;
  /** Which channel; `channel.get` tells what it is now. */
  channel: ChannelId;
};

/** A channel to be opened. */
export type ChannelCreate = {
  /** The description. */
  description?: string;
  /** What sort. */
  kind: ChannelKind;
  /** The other members; for a direct channel exactly one. */
  members?: UserId[];
  /** The title; groups and broadcasts need one. */
  title?: string;
};

/** Members and their log. */
export type ChannelId = string;

/** Whom to bring in. */
export type ChannelInvite = {
  /** Where. */
  channel: ChannelId;
  /** Make a link instead. */
  link?: LinkTerms;
  /** Add these users at once. */
  users?: UserId[];
};

/** An invite to be used. */
export type ChannelJoin = {
  /** What `channel.invite` told. */
  invite: string;
};

/** A member to be removed. */
export type ChannelKick = {
  /** Where. */
  channel: ChannelId;
  /** Whom. */
  user: UserId;
};

/** What sort of channel. */
export type ChannelKind = 'direct' | 'group' | 'broadcast';

/** A page of one's channels. */
export type ChannelList = {
  /** Where to go on: `next` of the page before. */
  cursor?: string;
  /** How many, 1 to 100; otherwise 100. */
  limit?: number;
};

/** A page of a channel's members. */
export type ChannelMembers = {
  /** Go on after this member. */
  after?: UserId;
  /** Which channel. */
  channel: ChannelId;
  /** How many, 1 to 200; otherwise 200. */
  limit?: number;
};

/** Until when not to be notified. */
export type ChannelMute = {
  /** Which channel. */
  channel: ChannelId;
  /** Mute (when absent), or end it. */
  on?: boolean;
  /** Until then; otherwise until it is ended. */
  until?: Timestamp;
};

/** One channel. */
export type ChannelRef = {
  /** Which. */
  channel: ChannelId;
};

/** A role to be given. */
export type ChannelRole = {
  /** Where. */
  channel: ChannelId;
  /** Which. */
  role: Role;
  /** To whom. */
  user: UserId;
};

/** Something that is on or off for oneself. */
export type ChannelSwitch = {
  /** Which channel. */
  channel: ChannelId;
  /** On (when absent), or off. */
  on?: boolean;
};

/** New title or description; what is absent stays. */
export type ChannelUpdate = {
  /** Which channel. */
  channel: ChannelId;
  /** The new description. */
  description?: string;
  /** The new title. */
  title?: string;
};

/** A channel in one's list. */
export type ChannelView = {
  /** When it was active last. */
  active_at: Timestamp;
  /** Out of the way. */
  archived?: boolean;
  /** How far one is: received. */
  delivered: Seq;
  /** Delivered to all members up to here. */
  delivered_to_all: Seq;
  /** The description. */
  description?: string;
  /** Where the log ends. */
  head: Seq;
  /** Which. */
  id: ChannelId;
  /** What sort. */
  kind: ChannelKind;
  /** The newest message, its text cut to 256 characters. */
  last?: Folded;
  /** How many members it has. */
  members: number;
  /** Unread messages that mention one. */
  mentions: number;
  /** No notifications until then; the end of time means: until taken back. */
  muted_until?: Timestamp;
  /** The other member of a direct channel. */
  peer?: Profile;
  /** At the top. */
  pinned?: boolean;
  /** How far one is: read. */
  read: Seq;
  /** Read by all members up to here. */
  read_by_all: Seq;
  /** One's own role. */
  role: Role;
  /** One may read from here on. */
  since: Seq;
  /** The title; direct channels show their peer. */
  title?: string;
  /** Unread messages; beyond 999 a bound from above. */
  unread: number;
};

/** One's channels. */
export type Channels = {
  /** The most recently active first. */
  channels: ChannelView[];
  /** Where to go on, if there are more. */
  next?: string;
};

/** A name and password for an anonymous account. */
export type Claim = {
  /** The password. */
  password: string;
  /** The unique name. */
  username: string;
};

/**
 * What a client names its own command, so that a repeated one is recognised.
 * Unique per sender and channel; time-ordered ones (UUIDv7) are stored the fastest.
 */
export type ClientId = string;

/** What a client calls itself. */
export type ClientName = {
  /** Its name. */
  name: string;
  /** Its version: numbers with dots. */
  version?: string;
};

/** A person to get in touch with: a user here, or a name with an address. */
export type Contact = {
  /** Telephone numbers, mail addresses and the like; at most eight. */
  addresses?: string[];
  /** The person's name. */
  name: string;
  /** The person here. */
  user?: UserId;
};

/** The content of a message: `{"text": "…"}`, `{"location": {…}}` or `{"contact": {…}}`. */
export type Content = {
  text: string;
} | {
  location: Location;
} | {
  contact: Contact;
};

/** An installation of a client. */
export type DeviceId = string;

/** A name for the device of this log-in. */
export type DeviceUpdate = {
  /** Shown in the list of log-ins. */
  name: string;
};

/** It is done. */
export type Done = Record<string, never>;

/** One line of a channel's log. */
export type Entry = {
  /** When the server stored it. */
  at: Timestamp;
  /** The log it stands in. */
  channel: ChannelId;
  /** What the sender's client called the command, where it named it. */
  client_id?: ClientId;
  /** Messages up to and including this entry. */
  n: number;
  /** Who did it. */
  sender: UserId;
  /** Its place there. */
  seq: Seq;
} & (
  | {
      kind: 'message';
    } & Message
  | {
      /** What it says now; absent once the message was deleted. */
      body?: Content;
      kind: 'edit';
      /** Whom it mentions now. */
      mentions?: Mentions;
      /** The message. */
      target: Seq;
    }
  | {
      kind: 'delete';
      /** The message. */
      target: Seq;
    }
  | {
      /** One emoji. */
      emoji: string;
      kind: 'reaction';
      /** Set, or taken back. */
      on: boolean;
      /** The message. */
      target: Seq;
    }
  | {
      kind: 'pin';
      /** Pinned, or unpinned. */
      on: boolean;
      /** The message. */
      target: Seq;
    }
  | {
      kind: 'member';
      /** Whose. */
      users: UserId[];
    } & (
      | {
          change: 'added';
          /** As what. */
          role: Role;
        }
      | {
          change: 'joined';
        }
      | {
          change: 'left';
        }
      | {
          change: 'removed';
        }
      | {
          change: 'role';
          /** To this. */
          role: Role;
        }
      | { change: 'unknown' }
    )
  | {
      kind: 'channel';
    } & ChannelChange
  | { kind: 'unknown' }
);

/** A refusal, as clients see it. */
export type ErrorBody = {
  /** A word with a dot, never reused. */
  code: string;
  /** Try again after so many milliseconds. */
  retry_after_ms?: number;
  /** For people. */
  text: string;
};

/** What a member keeps about a channel for themselves. */
export type Flags = {
  /** Out of the way. */
  archived?: boolean;
  /** No notifications until then; the end of time means: until taken back. */
  muted_until?: Timestamp;
  /** At the top. */
  pinned?: boolean;
};

/** A message as it is now. */
export type Folded = {
  /** When it was stored. */
  at: Timestamp;
  /** The content; absent once deleted. */
  body?: Content;
  /** The channel. */
  channel: ChannelId;
  /** What the sender's client called it. */
  client_id?: ClientId;
  /** It was deleted for everyone. */
  deleted?: boolean;
  /** When it was edited last. */
  edited_at?: Timestamp;
  /** Who wrote it first, when it was forwarded. */
  forwarded_from?: UserId;
  /** Whom it calls. */
  mentions?: Mentions;
  /** Messages up to and including it. */
  n: number;
  /** It is pinned. */
  pinned?: boolean;
  /** The reactions, in the order of their emoji. */
  reactions?: Reactions[];
  /** The message that this one answers. */
  reply_to?: Seq;
  /** Who wrote it. */
  sender: UserId;
  /** Its place. */
  seq: Seq;
};

/** What to do about a gap. */
export type Gap = 'refetch';

/** The first command on a plain WebSocket; on Socket.IO the `auth` of the CONNECT packet. */
export type Hello = {
  /** What the client is. */
  client?: ClientName;
  /** The device that the token was issued to; told for the client's own sake, the token decides. */
  device?: DeviceId;
  /** What the client can do beyond this reference. */
  features?: string[];
  /** How far the client is in its channels: what it missed comes with `ready`. */
  have?: Record<string, Seq>;
  /** The access token. */
  token?: string;
};

/** One of one's own devices deleted a message for oneself alone. */
export type Hidden = {
  /** Where. */
  channel: ChannelId;
  /** Which message. */
  seq: Seq;
};

/** Which messages to read: at most one of `before`, `after` and `around`; otherwise the newest. */
export type History = {
  /** Newer than this. */
  after?: Seq;
  /** On both sides of this, and itself. */
  around?: Seq;
  /** Older than this. */
  before?: Seq;
  /** Where. */
  channel: ChannelId;
  /** How many, 1 to 200; otherwise 50. */
  limit?: number;
};

/** Who was brought in. */
export type Invited = {
  /** What opens the channel to whoever has it. */
  invite?: string;
  /** Where the membership stands in the log, when somebody was added. */
  seq?: Seq;
};

/** The sizes and counts that clients must keep to. The defaults are those of the protocol. */
export type Limits = {
  /** Binary attachments of one packet. */
  attachments: number;
  /** Bytes of a message's text. */
  body_bytes: number;
  /** Channels one user may be a member of. */
  channels_per_user: number;
  /** Commands a user may send at once after a quiet time. */
  command_burst: number;
  /** Commands a user may send, per second, in the long run. */
  commands_per_second: number;
  /** Bytes of one frame or request body. */
  frame_bytes: number;
  /** How deeply values may nest. */
  json_depth: number;
  /** Members of one channel. */
  members: number;
  /** Entries or messages in one answer. */
  page: number;
  /** Packets in one answer to a poll. */
  poll_packets: number;
  /** Users named in one command (invitations, mentions, watched presence). */
  users_per_command: number;
};

/** How long an invite is good. */
export type LinkTerms = {
  /** For so many milliseconds; otherwise for ever. */
  expires_in_ms?: number;
  /** For so many people; otherwise for any number. */
  uses?: number;
};

/** A place on earth (WGS 84). */
export type Location = {
  /** What the place is called. */
  label?: string;
  /** Degrees north, −90 to 90. */
  latitude: number;
  /** Degrees east, −180 to 180. */
  longitude: number;
};

/** A log-in: name and password, or recovery key. */
export type Login = {
  /** What the client is. */
  client?: ClientName;
  /** The device, when the client has an id for it already. */
  device?: DeviceId;
  /** The password. */
  password?: string;
  /** The recovery key of an anonymous account. */
  recovery_key?: string;
  /** The unique name. */
  username?: string;
};

/** How far one is. In one channel, or in several at once. */
export type Mark = {
  /** In this channel: */
  channel?: ChannelId;
  /** In these channels. */
  channels?: Record<string, Marks>;
  /** received up to here, */
  delivered?: Seq;
  /** read up to here. */
  read?: Seq;
};

/** How far one is in one of several channels. */
export type Marks = {
  /** Received up to here. */
  delivered?: Seq;
  /** Read up to here. */
  read?: Seq;
};

/** How far one member is. */
export type MemberPosition = {
  /** Received up to here. */
  delivered: Seq;
  /** Read up to here. */
  read: Seq;
  /** Who. */
  user: UserId;
};

/** A member. */
export type MemberView = {
  /** Received up to here. */
  delivered: Seq;
  /** The name shown. */
  display_name: string;
  /** Who. */
  id: UserId;
  /** Read up to here. */
  read: Seq;
  /** What they are. */
  role: Role;
  /** The unique name; absent for an anonymous account. */
  username?: Username;
};

/** Members, in the order of their ids. */
export type Members = {
  /** The members. */
  members: MemberView[];
  /** Where to go on, if there are more. */
  next?: UserId;
};

/** How a user's own membership changed. */
export type Membership = 'joined' | 'left' | 'settings' | 'deleted';

/** Whom a message calls. */
export type Mentions = {
  /** Everyone. */
  all?: boolean;
  /** These members. */
  users?: UserId[];
};

/** What somebody wrote. */
export type Message = {
  /** The content; absent once deleted. */
  body?: Content;
  /** Who wrote it first, when it was forwarded. */
  forwarded_from?: UserId;
  /** Whom it calls. */
  mentions?: Mentions;
  /** The message that this one answers. */
  reply_to?: Seq;
};

/** A message to be deleted. */
export type MessageDelete = {
  /** Where. */
  channel: ChannelId;
  /** What the client calls this command. */
  client_id?: ClientId;
  /** For whom. */
  for?: Scope;
  /** Which message. */
  target: Seq;
};

/** New words for a message. */
export type MessageEdit = {
  /** What it says from now on. */
  body: Content;
  /** Where. */
  channel: ChannelId;
  /** What the client calls this command. */
  client_id?: ClientId;
  /** Whom it calls from now on. */
  mentions?: Mentions;
  /** Which message. */
  target: Seq;
};

/** A message to be sent on. */
export type MessageForward = {
  /** Where it goes. */
  channel: ChannelId;
  /** What the client calls the new message. */
  client_id: ClientId;
  /** Where it stands. */
  from: ChannelId;
  /** Which message. */
  target: Seq;
  /** Answer when it is stored, with its `seq`, instead of when it is received. */
  wait?: boolean;
};

/** A message to be pinned or unpinned. */
export type MessagePin = {
  /** Where. */
  channel: ChannelId;
  /** Pin (when absent), or unpin. */
  on?: boolean;
  /** Which message. */
  target: Seq;
};

/** A reaction to be set or taken back. */
export type MessageReact = {
  /** Where. */
  channel: ChannelId;
  /** What the client calls this command. */
  client_id?: ClientId;
  /** One emoji. */
  emoji: string;
  /** Set (when absent), or take back. */
  on?: boolean;
  /** Which message. */
  target: Seq;
};

/** A message to be sent. */
export type MessageSend = {
  /** What is said: `{"text": "…"}`, `{"location": {…}}` or `{"contact": {…}}`. */
  body: Content;
  /** Where. */
  channel: ChannelId;
  /** What the client calls it; the same name again is the same message. */
  client_id: ClientId;
  /** Whom it calls. */
  mentions?: Mentions;
  /** The message that this one answers. */
  reply_to?: Seq;
  /** Answer when it is stored, with its `seq`, instead of when it is received. */
  wait?: boolean;
};

/** Messages, oldest first. */
export type Messages = {
  /** The messages. */
  messages: Folded[];
};

/** What a client missed of one channel. */
export type Missed = {
  /** The entries. */
  entries: Entry[];
  /** Where the log ends. */
  head: Seq;
  /** There are more. */
  more?: boolean;
  /** How far the members are. */
  positions: PositionsMoved;
} | {
  /** Always `refetch`. */
  gap: Gap;
  /** Where the log ends. */
  head: Seq;
} | {
  /** The reason: a code. */
  code: string;
};

/** No data. */
export type Nothing = Record<string, never>;

/** Something about this server that clients should act on. */
export type Notice = (
  | {
      kind: 'drain';
      /** After so many milliseconds; each connection is told another number. */
      reconnect_after_ms: number;
    }
  | { kind: 'unknown' }
);

/** A new password. */
export type PasswordChange = {
  /** The password as it shall be. */
  new: string;
  /** The password as it was. */
  old: string;
};

/** Positions of a channel that moved. */
export type PositionsMoved = {
  /** The channel. */
  channel: ChannelId;
  /** Delivered to all up to here. */
  delivered: Seq;
  /** The members who moved, in channels of up to 32 members; in larger ones at most oneself. */
  members?: MemberPosition[];
  /** Read by all up to here. */
  read: Seq;
};

/** Who is online. */
export type Presences = {
  /** What may be known of each user that was asked about. */
  presences: UserPresence[];
};

/** What others see of a user. */
export type Profile = {
  /** The name shown. */
  display_name: string;
  /** Who. */
  id: UserId;
  /** The unique name; absent for an anonymous account. */
  username?: Username;
};

/** What others see of some users. */
export type Profiles = {
  /** Their profiles; unknown users are left out. */
  users: Profile[];
};

/** One emoji on a message. */
export type Reactions = {
  /** How many set it. */
  count: number;
  /** The emoji. */
  emoji: string;
  /** The asker is one of them. */
  mine?: boolean;
  /** Some of them: at most [`NAMED_REACTORS`], in the order of their ids. */
  users: UserId[];
};

/** The first payload: who you are, what is allowed, and the channels you were in last. */
export type Ready = {
  /** Your channels, the most recently active first. */
  channels: Channels;
  /** Your device. */
  device: DeviceId;
  /** Which history this is: when it changes (a backup was restored), what a client has kept is void. */
  epoch: string;
  /** What the server can do beyond this reference. */
  features: string[];
  /** What is allowed. */
  limits: Limits;
  /** What you missed, when you told what you have. */
  missed?: Synced;
  /** The last ten messages (fewer when they are large) of the five most recently active channels. */
  recent: Record<string, Folded[]>;
  /** The server's time. */
  server_time: Timestamp;
  /** Your log-in. */
  session: SessionId;
  /** Who you are. */
  user: Profile;
};

/**
 * How a message fared with one member. Times are those of the member's latest mark: exact for the newest
 * message it covered, not earlier than the truth for older ones.
 */
export type Receipt = {
  /** Received it, at the latest then. */
  delivered_at?: Timestamp;
  /** Read it, at the latest then. */
  read_at?: Timestamp;
  /** Who. */
  user: UserId;
};

/** Who received and read a message. */
export type Receipts = {
  /** Members who may read it, without its sender, in the order of their ids. */
  members: Receipt[];
  /** Where to go on, if there are more. */
  next?: UserId;
};

/** Whose receipts to tell. */
export type ReceiptsOf = {
  /** Go on after this member. */
  after?: UserId;
  /** Where. */
  channel: ChannelId;
  /** How many members, 1 to 200; otherwise 200. */
  limit?: number;
  /** Of which message. */
  seq: Seq;
};

/** A message was taken in. */
export type Received = {
  /** Always true. */
  received: boolean;
  /** Where it stands, when the sender wished to wait for that. */
  seq?: Seq;
};

/** A refresh token to be traded. */
export type Refresh = {
  /** The refresh token that was issued last. */
  refresh_token: string;
};

/** A new account. */
export type Register = {
  /** What the client is. */
  client?: ClientName;
  /** The device, when the client has an id for it already. */
  device?: DeviceId;
  /** The name shown; otherwise the user name, or "Guest" and a number. */
  display_name?: string;
  /** The password; goes with the user name. */
  password?: string;
  /** The unique name; without one the account is anonymous. */
  username?: string;
};

/** A command that was received is refused after all. */
export type Rejected = {
  /** In which channel. */
  channel: ChannelId;
  /** What the client called the command. */
  client_id: ClientId;
  /** A word with a dot, never reused. */
  code: string;
  /** Try again after so many milliseconds. */
  retry_after_ms?: number;
  /** For people. */
  text: string;
};

/** You were too slow, and events for you were dropped: call `sync`. */
export type Resync = Record<string, never>;

/** The log-ins that were ended. */
export type Revoked = {
  /** These. */
  revoked: SessionId[];
};

/** What a member is. The order is the order of power. */
export type Role = 'member' | 'admin' | 'owner';

/** For whom a message is deleted. */
export type Scope = 'all' | 'me';

/** The place of an entry in its channel's log: 1, 2, 3 … without gaps. Zero is *before the first*. */
export type Seq = number;

/** A log-in: what a refresh token keeps alive and a log-out ends. */
export type SessionId = string;

/** One log-in. */
export type SessionView = {
  /** What the client calls itself or its device. */
  client: string;
  /** When it began. */
  created_at: Timestamp;
  /** It is the one that asks. */
  current: boolean;
  /** The device. */
  device: DeviceId;
  /** Which. */
  id: SessionId;
  /** When it was refreshed last. */
  used_at: Timestamp;
};

/** One's log-ins. */
export type Sessions = {
  /** The newest first. */
  sessions: SessionView[];
};

/** Which log-ins to end. */
export type SessionsRevoke = {
  /** All but the one that asks. */
  others?: boolean;
  /** This one. */
  session?: SessionId;
};

/** What a user sets for all of their devices. */
export type Settings = {
  /** Who sees when I was online last. */
  last_seen?: Audience;
  /** Who sees whether I am online. */
  presence?: Audience;
  /** Who sees that I am typing. */
  typing?: Audience;
};

/** New settings; what is absent takes its default. */
export type SettingsSet = {
  /** All settings. */
  settings: Settings;
};

/** A command was carried out. */
export type Stored = {
  /** Where its entry stands; absent when there was nothing to change. */
  seq?: Seq;
};

/** How far the client is in its channels. */
export type Sync = {
  /** The newest `seq` that the client has of each channel, without a hole before it. */
  have: Record<string, Seq>;
};

/** What a client missed. */
export type Synced = {
  /** For each channel asked about. One that is missing here did not fit: ask again. */
  channels: Record<string, Missed>;
  /** Some channels did not fit, or some entries: ask again, for those alone, with the new positions. */
  more: boolean;
};

/** Milliseconds since the Unix epoch. */
export type Timestamp = number;

/** The tokens of a log-in. */
export type Tokens = {
  /** For how many milliseconds. */
  access_expires_in_ms: number;
  /** Good for hello and for REST, for a short while. */
  access_token: string;
  /** The device. */
  device: DeviceId;
  /** Opens an anonymous account on another device. Told once; keep it. */
  recovery_key?: string;
  /** Good once, for the next tokens. */
  refresh_token: string;
  /** The log-in. */
  session: SessionId;
  /** Whose. */
  user: UserId;
};

/** A member is typing. */
export type Typing = {
  /** Where. */
  channel: ChannelId;
  /** Who. */
  user: UserId;
};

/** A user to be found. */
export type UserFind = {
  /** The unique name, exactly. */
  username: string;
};

/** A person. */
export type UserId = string;

/** One user's presence, as told to another. */
export type UserPresence = {
  /** When the last connection closed. */
  last_seen?: Timestamp;
  /** At least one connection is open. */
  online: boolean;
  /** Whose. */
  user: UserId;
};

/**
 * A user's unique name: 3 to 32 of `a–z 0–9 . _ -`, beginning with a letter.
 *
 * ASCII only, so that no name looks like another; capital letters are folded, compatibility forms
 * (full width and the like) are normalised once, here (NFKC).
 */
export type Username = string;

/** Some users. */
export type Users = {
  /** Their ids; at most as many as `ready` tells (`users_per_command`). */
  users: UserId[];
};

/** The data of each command. */
export interface CommandData {
  /** Gives an anonymous account a user name and a password. */
  'account.claim': Claim;
  /** Tells one's own account. */
  'account.get': Nothing;
  /** Logs in with name and password, or with a recovery key. */
  'account.login': Login;
  /** Ends this log-in and closes its connections. */
  'account.logout': Nothing;
  /** Changes the password and ends all other log-ins. */
  'account.password': PasswordChange;
  /** Trades a refresh token for new tokens. A token used twice ends its whole log-in. */
  'account.refresh': Refresh;
  /** Makes an account and logs in. Without a user name: an instant anonymous account, whose recovery key is told this once. */
  'account.register': Register;
  /** Changes the display name. */
  'account.update': AccountUpdate;
  /** Blocks a user, or ends that. */
  'block': Block;
  /** Lists whom one blocks. */
  'blocks.list': Nothing;
  /** Puts a channel out of the way for oneself, or back. */
  'channel.archive': ChannelSwitch;
  /** Opens a channel. A second direct channel for a pair is the first one. */
  'channel.create': ChannelCreate;
  /** Deletes a channel and everything in it. */
  'channel.delete': ChannelRef;
  /** Tells one channel of one's list. */
  'channel.get': ChannelRef;
  /** Adds users to a channel, or makes an invite that others can join by. */
  'channel.invite': ChannelInvite;
  /** Joins by an invite. */
  'channel.join': ChannelJoin;
  /** Removes a member. */
  'channel.kick': ChannelKick;
  /** Leaves. */
  'channel.leave': ChannelRef;
  /** Lists one's channels, the most recently active first. */
  'channel.list': ChannelList;
  /** Lists the members of a channel. */
  'channel.members': ChannelMembers;
  /** Mutes a channel for oneself, or ends that. */
  'channel.mute': ChannelMute;
  /** Puts a channel at the top for oneself, or back. */
  'channel.pin': ChannelSwitch;
  /** Lists the pinned messages of a channel. */
  'channel.pins': ChannelRef;
  /** Gives a member a role. */
  'channel.role': ChannelRole;
  /** Changes title or description. */
  'channel.update': ChannelUpdate;
  /** Names the device of this log-in. */
  'device.update': DeviceUpdate;
  /** Says who is there: the first command on a plain WebSocket; on Socket.IO the `auth` of the CONNECT packet. */
  'hello': Hello;
  /** Reads messages, with edits, deletions and reactions folded in. */
  'history': History;
  /** Moves one's own delivered and read positions forward. */
  'mark': Mark;
  /** Deletes a message, for everyone or for oneself. */
  'message.delete': MessageDelete;
  /** Replaces what one's message says. */
  'message.edit': MessageEdit;
  /** Sends a message that stands elsewhere on to a channel. */
  'message.forward': MessageForward;
  /** Pins a message in its channel, or unpins it. */
  'message.pin': MessagePin;
  /** Sets a reaction, or takes it back. */
  'message.react': MessageReact;
  /** Sends a message. The acknowledgement means *received*; *stored* is the sender's own `entry`. */
  'message.send': MessageSend;
  /** Tells who is online, and watches for changes. Replaces what was watched before. */
  'presence.watch': Users;
  /** Tells who received and read a message. */
  'receipts': ReceiptsOf;
  /** Lists one's log-ins. */
  'sessions.list': Nothing;
  /** Ends one of one's log-ins, or all others. */
  'sessions.revoke': SessionsRevoke;
  /** Tells one's settings. */
  'settings.get': Nothing;
  /** Replaces one's settings. */
  'settings.set': SettingsSet;
  /** Catches up: the entries after the positions that one has. */
  'sync': Sync;
  /** Tells the other members that one is typing. */
  'typing': ChannelRef;
  /** Finds a user by the exact user name. */
  'user.find': UserFind;
  /** Tells the profiles of users. */
  'user.get': Users;
}

/** The result of each command. */
export interface CommandResults {
  /** Gives an anonymous account a user name and a password. */
  'account.claim': AccountView;
  /** Tells one's own account. */
  'account.get': AccountView;
  /** Logs in with name and password, or with a recovery key. */
  'account.login': Tokens;
  /** Ends this log-in and closes its connections. */
  'account.logout': Done;
  /** Changes the password and ends all other log-ins. */
  'account.password': Done;
  /** Trades a refresh token for new tokens. A token used twice ends its whole log-in. */
  'account.refresh': Tokens;
  /** Makes an account and logs in. Without a user name: an instant anonymous account, whose recovery key is told this once. */
  'account.register': Tokens;
  /** Changes the display name. */
  'account.update': AccountView;
  /** Blocks a user, or ends that. */
  'block': Done;
  /** Lists whom one blocks. */
  'blocks.list': Users;
  /** Puts a channel out of the way for oneself, or back. */
  'channel.archive': Flags;
  /** Opens a channel. A second direct channel for a pair is the first one. */
  'channel.create': ChannelView;
  /** Deletes a channel and everything in it. */
  'channel.delete': Stored;
  /** Tells one channel of one's list. */
  'channel.get': ChannelView;
  /** Adds users to a channel, or makes an invite that others can join by. */
  'channel.invite': Invited;
  /** Joins by an invite. */
  'channel.join': ChannelView;
  /** Removes a member. */
  'channel.kick': Stored;
  /** Leaves. */
  'channel.leave': Stored;
  /** Lists one's channels, the most recently active first. */
  'channel.list': Channels;
  /** Lists the members of a channel. */
  'channel.members': Members;
  /** Mutes a channel for oneself, or ends that. */
  'channel.mute': Flags;
  /** Puts a channel at the top for oneself, or back. */
  'channel.pin': Flags;
  /** Lists the pinned messages of a channel. */
  'channel.pins': Messages;
  /** Gives a member a role. */
  'channel.role': Stored;
  /** Changes title or description. */
  'channel.update': Stored;
  /** Names the device of this log-in. */
  'device.update': Done;
  /** Says who is there: the first command on a plain WebSocket; on Socket.IO the `auth` of the CONNECT packet. */
  'hello': Ready;
  /** Reads messages, with edits, deletions and reactions folded in. */
  'history': Messages;
  /** Moves one's own delivered and read positions forward. */
  'mark': Done;
  /** Deletes a message, for everyone or for oneself. */
  'message.delete': Stored;
  /** Replaces what one's message says. */
  'message.edit': Stored;
  /** Sends a message that stands elsewhere on to a channel. */
  'message.forward': Received;
  /** Pins a message in its channel, or unpins it. */
  'message.pin': Stored;
  /** Sets a reaction, or takes it back. */
  'message.react': Stored;
  /** Sends a message. The acknowledgement means *received*; *stored* is the sender's own `entry`. */
  'message.send': Received;
  /** Tells who is online, and watches for changes. Replaces what was watched before. */
  'presence.watch': Presences;
  /** Tells who received and read a message. */
  'receipts': Receipts;
  /** Lists one's log-ins. */
  'sessions.list': Sessions;
  /** Ends one of one's log-ins, or all others. */
  'sessions.revoke': Revoked;
  /** Tells one's settings. */
  'settings.get': Settings;
  /** Replaces one's settings. */
  'settings.set': Settings;
  /** Catches up: the entries after the positions that one has. */
  'sync': Synced;
  /** Tells the other members that one is typing. */
  'typing': Done;
  /** Finds a user by the exact user name. */
  'user.find': Profile;
  /** Tells the profiles of users. */
  'user.get': Profiles;
}

/** The data of each event. */
export interface EventData {
  /** Your own membership or settings of a channel changed. */
  'channel': ChannelChanged;
  /** An entry was stored in one of your channels. A hole in `seq` means that you missed some: call `sync`. */
  'entry': Entry;
  /** You deleted a message for yourself, on one of your devices: it is shown no more. */
  'hidden': Hidden;
  /** Something about this server that clients should act on. */
  'notice': Notice;
  /** Members received or read messages. */
  'positions': PositionsMoved;
  /** Somebody whom you watch came or went. */
  'presence': UserPresence;
  /** The first payload after hello. */
  'ready': Ready;
  /** A command that was received is refused after all. */
  'rejected': Rejected;
  /** You were too slow, and events for you were dropped: call `sync`. */
  'resync': Resync;
  /** A member is typing; repeated every few seconds while it goes on. */
  'typing': Typing;
}

/** The commands that may be sent before hello. */
export type EarlyCommand = 'account.login' | 'account.refresh' | 'account.register' | 'hello';

const AccountViewShape: Shape<AccountView> = object({ created_at: lazy(() => TimestampShape), display_name: text, id: lazy(() => UserIdShape), settings: lazy(() => SettingsShape), username: optional(lazy(() => UsernameShape)) });
const AudienceShape: Shape<Audience> = word('contacts', 'nobody');
const ChannelChangeShape: Shape<ChannelChange> = object({ created: optional(lazy(() => ChannelKindShape)), deleted: optional(truth), description: optional(text), title: optional(text) });
const ChannelChangedShape: Shape<ChannelChanged> = object({ change: lazy(() => MembershipShape), channel: lazy(() => ChannelIdShape) });
const ChannelIdShape: Shape<ChannelId> = uuid;
const ChannelKindShape: Shape<ChannelKind> = word('direct', 'group', 'broadcast');
const ChannelViewShape: Shape<ChannelView> = object({ active_at: lazy(() => TimestampShape), archived: optional(truth), delivered: lazy(() => SeqShape), delivered_to_all: lazy(() => SeqShape), description: optional(text), head: lazy(() => SeqShape), id: lazy(() => ChannelIdShape), kind: lazy(() => ChannelKindShape), last: optional(lazy(() => FoldedShape)), members: natural, mentions: natural, muted_until: optional(lazy(() => TimestampShape)), peer: optional(lazy(() => ProfileShape)), pinned: optional(truth), read: lazy(() => SeqShape), read_by_all: lazy(() => SeqShape), role: lazy(() => RoleShape), since: lazy(() => SeqShape), title: optional(text), unread: natural });
const ChannelsShape: Shape<Channels> = object({ channels: list(lazy(() => ChannelViewShape)), next: optional(text) });
const ClientIdShape: Shape<ClientId> = uuid;
const ContactShape: Shape<Contact> = object({ addresses: optional(list(text)), name: text, user: optional(lazy(() => UserIdShape)) });
const ContentShape: Shape<Content> = either(object({ text: text }), object({ location: lazy(() => LocationShape) }), object({ contact: lazy(() => ContactShape) }));
const DeviceIdShape: Shape<DeviceId> = uuid;
const DoneShape: Shape<Done> = object({  });
const EntryShape: Shape<Entry> = both(object({ at: lazy(() => TimestampShape), channel: lazy(() => ChannelIdShape), client_id: optional(lazy(() => ClientIdShape)), n: natural, sender: lazy(() => UserIdShape), seq: lazy(() => SeqShape) }), tagged('kind', { message: both(object({ kind: word('message') }), lazy(() => MessageShape)), edit: object({ body: optional(lazy(() => ContentShape)), kind: word('edit'), mentions: optional(lazy(() => MentionsShape)), target: lazy(() => SeqShape) }), delete: object({ kind: word('delete'), target: lazy(() => SeqShape) }), reaction: object({ emoji: text, kind: word('reaction'), on: truth, target: lazy(() => SeqShape) }), pin: object({ kind: word('pin'), on: truth, target: lazy(() => SeqShape) }), member: both(object({ kind: word('member'), users: list(lazy(() => UserIdShape)) }), tagged('change', { added: object({ change: word('added'), role: lazy(() => RoleShape) }), joined: object({ change: word('joined') }), left: object({ change: word('left') }), removed: object({ change: word('removed') }), role: object({ change: word('role'), role: lazy(() => RoleShape) }) })), channel: both(object({ kind: word('channel') }), lazy(() => ChannelChangeShape)) }));
const ErrorBodyShape: Shape<ErrorBody> = object({ code: text, retry_after_ms: optional(natural), text: text });
const FlagsShape: Shape<Flags> = object({ archived: optional(truth), muted_until: optional(lazy(() => TimestampShape)), pinned: optional(truth) });
const FoldedShape: Shape<Folded> = object({ at: lazy(() => TimestampShape), body: optional(lazy(() => ContentShape)), channel: lazy(() => ChannelIdShape), client_id: optional(lazy(() => ClientIdShape)), deleted: optional(truth), edited_at: optional(lazy(() => TimestampShape)), forwarded_from: optional(lazy(() => UserIdShape)), mentions: optional(lazy(() => MentionsShape)), n: natural, pinned: optional(truth), reactions: optional(list(lazy(() => ReactionsShape))), reply_to: optional(lazy(() => SeqShape)), sender: lazy(() => UserIdShape), seq: lazy(() => SeqShape) });
const GapShape: Shape<Gap> = word('refetch');
const HiddenShape: Shape<Hidden> = object({ channel: lazy(() => ChannelIdShape), seq: lazy(() => SeqShape) });
const InvitedShape: Shape<Invited> = object({ invite: optional(text), seq: optional(lazy(() => SeqShape)) });
const LimitsShape: Shape<Limits> = object({ attachments: natural, body_bytes: natural, channels_per_user: natural, command_burst: natural, commands_per_second: natural, frame_bytes: natural, json_depth: natural, members: natural, page: natural, poll_packets: natural, users_per_command: natural });
const LocationShape: Shape<Location> = object({ label: optional(text), latitude: float, longitude: float });
const MemberPositionShape: Shape<MemberPosition> = object({ delivered: lazy(() => SeqShape), read: lazy(() => SeqShape), user: lazy(() => UserIdShape) });
const MemberViewShape: Shape<MemberView> = object({ delivered: lazy(() => SeqShape), display_name: text, id: lazy(() => UserIdShape), read: lazy(() => SeqShape), role: lazy(() => RoleShape), username: optional(lazy(() => UsernameShape)) });
const MembersShape: Shape<Members> = object({ members: list(lazy(() => MemberViewShape)), next: optional(lazy(() => UserIdShape)) });
const MembershipShape: Shape<Membership> = word('joined', 'left', 'settings', 'deleted');
const MentionsShape: Shape<Mentions> = object({ all: optional(truth), users: optional(list(lazy(() => UserIdShape))) });
const MessageShape: Shape<Message> = object({ body: optional(lazy(() => ContentShape)), forwarded_from: optional(lazy(() => UserIdShape)), mentions: optional(lazy(() => MentionsShape)), reply_to: optional(lazy(() => SeqShape)) });
const MessagesShape: Shape<Messages> = object({ messages: list(lazy(() => FoldedShape)) });
const MissedShape: Shape<Missed> = either(object({ entries: list(lazy(() => EntryShape)), head: lazy(() => SeqShape), more: optional(truth), positions: lazy(() => PositionsMovedShape) }), object({ gap: lazy(() => GapShape), head: lazy(() => SeqShape) }), object({ code: text }));
const NoticeShape: Shape<Notice> = tagged('kind', { drain: object({ kind: word('drain'), reconnect_after_ms: natural }) });
const PositionsMovedShape: Shape<PositionsMoved> = object({ channel: lazy(() => ChannelIdShape), delivered: lazy(() => SeqShape), members: optional(list(lazy(() => MemberPositionShape))), read: lazy(() => SeqShape) });
const PresencesShape: Shape<Presences> = object({ presences: list(lazy(() => UserPresenceShape)) });
const ProfileShape: Shape<Profile> = object({ display_name: text, id: lazy(() => UserIdShape), username: optional(lazy(() => UsernameShape)) });
const ProfilesShape: Shape<Profiles> = object({ users: list(lazy(() => ProfileShape)) });
const ReactionsShape: Shape<Reactions> = object({ count: natural, emoji: text, mine: optional(truth), users: list(lazy(() => UserIdShape)) });
const ReadyShape: Shape<Ready> = object({ channels: lazy(() => ChannelsShape), device: lazy(() => DeviceIdShape), epoch: text, features: list(text), limits: lazy(() => LimitsShape), missed: optional(lazy(() => SyncedShape)), recent: map(list(lazy(() => FoldedShape))), server_time: lazy(() => TimestampShape), session: lazy(() => SessionIdShape), user: lazy(() => ProfileShape) });
const ReceiptShape: Shape<Receipt> = object({ delivered_at: optional(lazy(() => TimestampShape)), read_at: optional(lazy(() => TimestampShape)), user: lazy(() => UserIdShape) });
const ReceiptsShape: Shape<Receipts> = object({ members: list(lazy(() => ReceiptShape)), next: optional(lazy(() => UserIdShape)) });
const ReceivedShape: Shape<Received> = object({ received: truth, seq: optional(lazy(() => SeqShape)) });
const RejectedShape: Shape<Rejected> = object({ channel: lazy(() => ChannelIdShape), client_id: lazy(() => ClientIdShape), code: text, retry_after_ms: optional(natural), text: text });
const ResyncShape: Shape<Resync> = object({  });
const RevokedShape: Shape<Revoked> = object({ revoked: list(lazy(() => SessionIdShape)) });
const RoleShape: Shape<Role> = word('member', 'admin', 'owner');
const SeqShape: Shape<Seq> = natural;
const SessionIdShape: Shape<SessionId> = uuid;
const SessionViewShape: Shape<SessionView> = object({ client: text, created_at: lazy(() => TimestampShape), current: truth, device: lazy(() => DeviceIdShape), id: lazy(() => SessionIdShape), used_at: lazy(() => TimestampShape) });
const SessionsShape: Shape<Sessions> = object({ sessions: list(lazy(() => SessionViewShape)) });
const SettingsShape: Shape<Settings> = object({ last_seen: optional(lazy(() => AudienceShape)), presence: optional(lazy(() => AudienceShape)), typing: optional(lazy(() => AudienceShape)) });
const StoredShape: Shape<Stored> = object({ seq: optional(lazy(() => SeqShape)) });
const SyncedShape: Shape<Synced> = object({ channels: map(lazy(() => MissedShape)), more: truth });
const TimestampShape: Shape<Timestamp> = natural;
const TokensShape: Shape<Tokens> = object({ access_expires_in_ms: natural, access_token: text, device: lazy(() => DeviceIdShape), recovery_key: optional(text), refresh_token: text, session: lazy(() => SessionIdShape), user: lazy(() => UserIdShape) });
const TypingShape: Shape<Typing> = object({ channel: lazy(() => ChannelIdShape), user: lazy(() => UserIdShape) });
const UserIdShape: Shape<UserId> = uuid;
const UserPresenceShape: Shape<UserPresence> = object({ last_seen: optional(lazy(() => TimestampShape)), online: truth, user: lazy(() => UserIdShape) });
const UsernameShape: Shape<Username> = text;
const UsersShape: Shape<Users> = object({ users: list(lazy(() => UserIdShape)) });

export const resultShapes: { [C in keyof CommandResults]: Shape<CommandResults[C]> } = {
  'account.claim': AccountViewShape,
  'account.get': AccountViewShape,
  'account.login': TokensShape,
  'account.logout': DoneShape,
  'account.password': DoneShape,
  'account.refresh': TokensShape,
  'account.register': TokensShape,
  'account.update': AccountViewShape,
  'block': DoneShape,
  'blocks.list': UsersShape,
  'channel.archive': FlagsShape,
  'channel.create': ChannelViewShape,
  'channel.delete': StoredShape,
  'channel.get': ChannelViewShape,
  'channel.invite': InvitedShape,
  'channel.join': ChannelViewShape,
  'channel.kick': StoredShape,
  'channel.leave': StoredShape,
  'channel.list': ChannelsShape,
  'channel.members': MembersShape,
  'channel.mute': FlagsShape,
  'channel.pin': FlagsShape,
  'channel.pins': MessagesShape,
  'channel.role': StoredShape,
  'channel.update': StoredShape,
  'device.update': DoneShape,
  'hello': ReadyShape,
  'history': MessagesShape,
  'mark': DoneShape,
  'message.delete': StoredShape,
  'message.edit': StoredShape,
  'message.forward': ReceivedShape,
  'message.pin': StoredShape,
  'message.react': StoredShape,
  'message.send': ReceivedShape,
  'presence.watch': PresencesShape,
  'receipts': ReceiptsShape,
  'sessions.list': SessionsShape,
  'sessions.revoke': RevokedShape,
  'settings.get': SettingsShape,
  'settings.set': SettingsShape,
  'sync': SyncedShape,
  'typing': DoneShape,
  'user.find': ProfileShape,
  'user.get': ProfilesShape,
};

export const eventShapes: { [E in keyof EventData]: Shape<EventData[E]> } = {
  'channel': ChannelChangedShape,
  'entry': EntryShape,
  'hidden': HiddenShape,
  'notice': NoticeShape,
  'positions': PositionsMovedShape,
  'presence': UserPresenceShape,
  'ready': ReadyShape,
  'rejected': RejectedShape,
  'resync': ResyncShape,
  'typing': TypingShape,
};

export const errorShape: Shape<ErrorBody> = ErrorBodyShape;
