import { createClient, type ClientOptions, type Rialto } from './client.ts';
import { socketIo, type SocketIoOptions } from './platform/socketio.ts';

export interface RialtoOptions extends SocketIoOptions, Partial<ClientOptions> {}

/** The client, over Socket.IO unless another transport is given. */
export function createRialto(options: RialtoOptions = {}): Rialto {
  return createClient({ ...options, transport: options.transport ?? socketIo(options) });
}

export { createClient, type ClientOptions, type Rialto } from './client.ts';
export type { Occasions } from './occasions.ts';
export type { Sending } from './api/messages.ts';
export { RialtoError, isPassing, type Fault } from './errors.ts';
export type * from './ports.ts';
export type * from './protocol/generated.ts';
export type { Command, ServerEvent } from './protocol/decode.ts';
export type { Connection } from './connection/machine.ts';

export { socketIo, type SocketIoOptions } from './platform/socketio.ts';
export { memoryStorage } from './platform/memory.ts';
export { indexedDbStorage } from './platform/indexeddb.ts';
export { singleTab, steadySurroundings } from './platform/single.ts';
export { browserSurroundings, browserTabs } from './platform/browser.ts';
export { systemClock, systemRandom } from './platform/common.ts';

export * as actions from './store/actions.ts';
export type { State, Store } from './store/store.ts';
export type { Account, SessionState } from './store/session.ts';
export type { Channel, ChannelsState } from './store/channels.ts';
export type { Draft } from './store/drafts.ts';
export type { Log, Page, Span } from './store/log.ts';
export type { MessagesState } from './store/messages.ts';
export type { Outgoing } from './store/outbox.ts';
export type { Member, PeopleState } from './store/people.ts';
export type { Places, Position } from './store/positions.ts';
export type { PresenceState } from './store/presence.ts';
export { DEFAULT_PREFERENCES, type Preferences, type SettingsState } from './store/settings.ts';

export { dayOf } from './selectors/day.ts';
export { markOf, type Mark } from './selectors/marks.ts';
export * from './selectors/selectors.ts';
export { timeline, type MessageRow, type TimelineOptions, type TimelineRow } from './selectors/timeline.ts';
export { UNREAD_SHOWN, unreadOf, type Unread } from './selectors/unread.ts';
