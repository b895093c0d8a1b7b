import type { World } from '../effects/world.ts';
import { RialtoError } from '../errors.ts';
import type { Listeners } from '../occasions.ts';
import type { Composed } from '../ports.ts';
import type { ChannelId, Content, Mentions, Seq, UserId } from '../protocol/generated.ts';
import { channelOpened, draftChanged, messageComposed, messageDiscarded, messageRetried, messagesSeen, pageWanted, typed } from '../store/actions.ts';
import type { Draft } from '../store/drafts.ts';
import type { Page } from '../store/log.ts';
import type { Store } from '../store/store.ts';
import { done } from './done.ts';

/** A message on its way. */
export interface Sending {
  clientId: string;
  /** Fulfilled with its place once it is on the server's disk; rejected when the server refuses it, or it is discarded. */
  stored: Promise<Seq>;
}

/** What is said, and what happens to it. */
export function messagesApi({ ask, random, clock }: World, store: Store, { on }: Listeners) {
  function compose(channel: ChannelId, what: Composed['what']): Sending {
    const sender = store.getState().session.user;
    if (sender === undefined) throw new RialtoError('auth.required', 'nobody is signed in');
    const clientId = random.uuid();
    store.dispatch(messageComposed({ clientId, channel, sender, composedAt: clock.now(), what }));
    return { clientId, stored: storing(clientId) };
  }

  /** Waits for the end of a message's way. */
  function storing(clientId: string): Promise<Seq> {
    const stored = new Promise<Seq>((resolve, reject) => {
      const stops = [
        on('stored', (message) => message.clientId === clientId && settle(() => resolve(message.seq))),
        on('failed', (message) => message.clientId === clientId && settle(() => reject(new RialtoError(message.fault.code, message.fault.text)))),
        store.subscribe(() => {
          // Who leaves the outbox because it was stored is told of in this same turn.
          if (!store.getState().outbox.some((message) => message.clientId === clientId)) {
            queueMicrotask(() => settle(() => reject(new RialtoError('client.discarded', 'the message was discarded'))));
          }
        }),
      ];
      const settle = (end: () => void) => {
        stops.forEach((stop) => stop());
        end();
      };
    });
    // Who does not wait for it need not handle it: the state tells of failures.
    stored.catch(() => {});
    return stored;
  }

  return {
    /** Sends; works without a connection too, and survives this process if the storage does. */
    send: (channel: ChannelId, text: string | Content, more: { replyTo?: Seq; mentions?: Mentions } = {}): Sending =>
      compose(channel, { body: typeof text === 'string' ? { text } : text, ...more }),
    forward: (to: ChannelId, from: ChannelId, target: Seq): Sending => compose(to, { from, target }),
    retry: (clientId: string) => void store.dispatch(messageRetried({ clientId })),
    discard: (clientId: string) => void store.dispatch(messageDiscarded({ clientId })),
    edit: (channel: ChannelId, target: Seq, text: string | Content, mentions?: Mentions) =>
      done(ask('message.edit', { channel, target, body: typeof text === 'string' ? { text } : text, client_id: random.uuid(), ...(mentions && { mentions }) })),
    deleteForAll: (channel: ChannelId, target: Seq) => done(ask('message.delete', { channel, target, for: 'all', client_id: random.uuid() })),
    deleteForMe: (channel: ChannelId, target: Seq) => done(ask('message.delete', { channel, target, for: 'me' })),
    react: (channel: ChannelId, target: Seq, emoji: string, isOn = true) => done(ask('message.react', { channel, target, emoji, on: isOn, client_id: random.uuid() })),
    pin: (channel: ChannelId, target: Seq, isOn = true) => done(ask('message.pin', { channel, target, on: isOn })),
    /** Who received and read a message: pass `next` as `after` to go on. */
    receipts: (channel: ChannelId, seq: Seq, after?: UserId) => ask('receipts', { channel, seq, ...(after && { after }) }),
    listPins: (channel: ChannelId) => done(ask('channel.pins', { channel })),
    /** A view opened: it gets a screenful of messages, and its members. */
    open: (channel: ChannelId) => void store.dispatch(channelOpened({ channel })),
    /** More messages are wanted; they come into the state, at once or when there is a connection. */
    want: (channel: ChannelId, page: Page) => void store.dispatch(pageWanted({ channel, page })),
    /** Everything up to here was seen. */
    see: (channel: ChannelId, seq: Seq) => void store.dispatch(messagesSeen({ channel, seq })),
    /** Something was typed; the others are told so, but not with each letter. */
    type: (channel: ChannelId) => void store.dispatch(typed({ channel })),
    draft: (channel: ChannelId, draft: Draft | undefined) => void store.dispatch(draftChanged({ channel, draft })),
  };
}
