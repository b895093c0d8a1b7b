// Everything that can have happened. Reducers decide what it means; listeners act on it.

import { createAction } from '@reduxjs/toolkit';

import type { Connection } from '../connection/machine.ts';
import type { Fault } from '../errors.ts';
import type { Cache, Composed, Kept } from '../ports.ts';
import type * as wire from '../protocol/generated.ts';
import type { Draft } from './drafts.ts';
import type { Page } from './log.ts';
import type { Account } from './session.ts';
import type { Preferences } from './settings.ts';

type ChannelId = wire.ChannelId;
type UserId = wire.UserId;
type Seq = wire.Seq;

// ── accounts on this device ──
/** The device's log-ins were read: with the client's start, and when another tab changed them. */
export const accountsLoaded = createAction<Account[]>('session/accountsLoaded');
/** Somebody logged in, or chose an account that was logged in here. Everything of the one before is gone from the store. */
export const accountChosen = createAction<Account>('session/accountChosen');
/** The account is gone from this device: by log-out, or because the server ended the log-in (then there is a fault). */
export const signedOut = createAction<{ user: UserId; fault?: Fault }>('session/signedOut');
/** What was kept of the account was read. */
export const cacheLoaded = createAction<{ user: UserId; cache: Cache; outbox: Kept[] }>('session/cacheLoaded');

// ── the connection ──
export const connectionChanged = createAction<Connection>('connection/changed');
/** `isOtherHistory`: a backup was restored, and what was kept is void. */
export const readied = createAction<{ ready: wire.Ready; isOtherHistory: boolean; at: number }>('server/readied');
export const drainAnnounced = createAction<{ reconnectAfterMs: number }>('server/drainAnnounced');
export const eventsDropped = createAction('server/eventsDropped');
/** A newer server said something that this version does not know. */
export const unknownTold = createAction<string>('server/unknownTold');

// ── what the server tells ──
/** Entries took their place in a channel's log, in order and without a hole. Follows from what was told; nobody dispatches it. */
export const entriesTaken = createAction<{ channel: ChannelId; entries: wire.Entry[]; me: UserId }>('log/entriesTaken');
export const entryArrived = createAction<{ entry: wire.Entry; me: UserId }>('server/entryArrived');
export const positionsMoved = createAction<{ moved: wire.PositionsMoved; me: UserId }>('server/positionsMoved');
export const typingHeard = createAction<wire.Typing & { until: number }>('server/typingHeard');
export const presenceChanged = createAction<wire.UserPresence>('server/presenceChanged');
export const membershipChanged = createAction<wire.ChannelChanged>('server/membershipChanged');
export const commandRejected = createAction<wire.Rejected>('server/commandRejected');

// ── what it answers ──
export const synced = createAction<{ synced: wire.Synced; me: UserId }>('server/synced');
export const channelsListed = createAction<{ channels: wire.ChannelView[]; cursor?: string; next?: string; me: UserId }>('server/channelsListed');
/** One channel was told anew. */
export const channelTold = createAction<{ channel: wire.ChannelView; me: UserId }>('server/channelTold');
export const pageRead = createAction<{ channel: ChannelId; page: Page; messages: wire.Folded[]; haveThen: Seq; me: UserId }>('server/pageRead');
/** The server knows now how far one is. */
export const marksTold = createAction<Record<ChannelId, wire.Marks>>('server/marksTold');
export const membersListed = createAction<{ channel: ChannelId; after?: UserId; members: wire.MemberView[]; next?: UserId }>('server/membersListed');
export const pinsListed = createAction<{ channel: ChannelId; messages: wire.Folded[] }>('server/pinsListed');
export const flagsChanged = createAction<{ channel: ChannelId; flags: wire.Flags }>('server/flagsChanged');
export const messageHidden = createAction<{ channel: ChannelId; target: Seq }>('server/messageHidden');
export const channelLeft = createAction<{ channel: ChannelId }>('server/channelLeft');
export const profilesFound = createAction<wire.Profile[]>('server/profilesFound');
export const presencesTold = createAction<wire.UserPresence[]>('server/presencesTold');
export const accountTold = createAction<wire.AccountView>('server/accountTold');
export const accountSettingsTold = createAction<wire.Settings>('server/accountSettingsTold');
export const blocksListed = createAction<UserId[]>('server/blocksListed');
export const userBlocked = createAction<{ user: UserId; on: boolean }>('server/userBlocked');
export const sessionsListed = createAction<wire.SessionView[]>('server/sessionsListed');
export const sessionsRevoked = createAction<wire.SessionId[]>('server/sessionsRevoked');

// ── messages of one's own ──
/** Somebody wrote a message: it is shown, then kept, then sent. */
export const messageComposed = createAction<Composed>('outbox/messageComposed');
/** It is in the stored outbox, here or by another tab: it will be sent, whatever happens to this page. */
export const messageKept = createAction<Kept>('outbox/messageKept');
/** The server took it in. Stored it is when its entry comes. */
export const messageReceived = createAction<{ clientId: string }>('outbox/messageReceived');
/** The server does not want it, or the device could not keep it. */
export const messageFailed = createAction<{ clientId: string; fault: Fault }>('outbox/messageFailed');
export const messageRetried = createAction<{ clientId: string }>('outbox/messageRetried');
export const messageDiscarded = createAction<{ clientId: string }>('outbox/messageDiscarded');
/** Other tabs know these as stored or discarded. */
export const messagesSettled = createAction<{ clientIds: string[] }>('outbox/messagesSettled');

// ── what the person does ──
/** A channel came into view: its newest messages are wanted, its positions, and who is there. */
export const channelOpened = createAction<{ channel: ChannelId }>('ui/channelOpened');
/** Messages are wanted that are not here. */
export const pageWanted = createAction<{ channel: ChannelId; page: Page }>('ui/pageWanted');
/** The page was asked for. */
export const pageAsked = createAction<{ channel: ChannelId; page: Page }>('ui/pageAsked');
/** The server refused it. */
export const pageRefused = createAction<{ channel: ChannelId; page: Page; fault: Fault }>('ui/pageRefused');
/** Everything up to here was before somebody's eyes. */
export const messagesSeen = createAction<{ channel: ChannelId; seq: Seq }>('ui/messagesSeen');
/** Something was typed into a channel's composer. */
export const typed = createAction<{ channel: ChannelId }>('ui/typed');
/** Nobody heard them type for a while. */
export const typingFaded = createAction<{ now: number }>('presence/typingFaded');
/** These people are in view, and whether they are online is of interest. Replaces the ones before. */
export const peopleWatched = createAction<{ users: UserId[] }>('ui/peopleWatched');
export const draftChanged = createAction<{ channel: ChannelId; draft: Draft | undefined }>('ui/draftChanged');
export const preferencesChanged = createAction<Partial<Preferences>>('ui/preferencesChanged');
