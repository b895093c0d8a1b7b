// What programs can listen to.

import type { Middleware, UnknownAction } from '@reduxjs/toolkit';

import type { Connection } from './connection/machine.ts';
import type { Fault } from './errors.ts';
import type { ChannelId, Entry, Folded, Presences, Seq, Typing, UserId } from './protocol/generated.ts';
import { accountChosen, connectionChanged, entriesTaken, entryArrived, messageFailed, positionsMoved, presenceChanged, readied, signedOut, synced, typingHeard } from './store/actions.ts';
import { find } from './store/log.ts';
import type { Account } from './store/session.ts';
import { ownMessagesIn } from './store/stored.ts';
import { newsOf, type State } from './store/store.ts';

/** What one can listen to. */
export interface Occasions {
  /** A message took its place in a channel: each once, in order. */
  message: { channel: ChannelId; message: Folded; isMine: boolean };
  /** Anything took its place in a channel's log: each once, in order. */
  entry: Entry;
  /** The server greeted us. */
  ready: { user: UserId };
  connection: Connection;
  /** A message of one's own is on the server's disk; told again when it was sent again. */
  stored: { clientId: string; channel: ChannelId; seq: Seq };
  /** A message was refused. */
  failed: { clientId: string; fault: Fault };
  typing: Typing;
  presence: Presences['presences'][number];
  positions: { channel: ChannelId };
  signedIn: Account;
  signedOut: { user: UserId; fault?: Fault };
}

export type Listener<O extends keyof Occasions> = (data: Occasions[O]) => void;

type Tell = <O extends keyof Occasions>(occasion: O, data: Occasions[O]) => void;

/** Who listens to what. */
export class Listeners {
  #byOccasion = new Map<keyof Occasions, Set<Listener<never>>>();
  #report: (what: string, error: unknown) => void;

  constructor(report: (what: string, error: unknown) => void) {
    this.#report = report;
  }

  on = <O extends keyof Occasions>(occasion: O, listener: Listener<O>): (() => void) => {
    const known = this.#byOccasion.get(occasion) ?? new Set();
    this.#byOccasion.set(occasion, known);
    known.add(listener as Listener<never>);
    return () => void known.delete(listener as Listener<never>);
  };

  /** Tells of what happened, once the state has it. */
  get middleware(): Middleware<unknown, State> {
    return ({ getState }) =>
      (next) =>
      (action) => {
        const result = next(action);
        tellOf(action as UnknownAction, getState(), this.#tell);
        return result;
      };
  }

  #tell: Tell = (occasion, data) => {
    for (const listener of [...(this.#byOccasion.get(occasion) ?? [])]) {
      try {
        (listener as Listener<typeof occasion>)(data);
      } catch (error) {
        this.#report(`a listener to '${occasion}' failed`, error);
      }
    }
  };
}

function tellOf(action: UnknownAction, state: State, tell: Tell): void {
  if (entryArrived.match(action) || synced.match(action) || readied.match(action)) {
    for (const { payload } of newsOf(state, action)) tellNews(payload, state, tell);
  }
  for (const { client_id: clientId, channel, seq } of ownMessagesIn(action, state.session.user)) if (clientId) tell('stored', { clientId, channel, seq });
  if (readied.match(action)) tell('ready', { user: action.payload.ready.user.id });
  if (connectionChanged.match(action)) tell('connection', action.payload);
  if (messageFailed.match(action)) tell('failed', action.payload);
  if (typingHeard.match(action)) tell('typing', { channel: action.payload.channel, user: action.payload.user });
  if (presenceChanged.match(action)) tell('presence', action.payload);
  if (positionsMoved.match(action)) tell('positions', { channel: action.payload.moved.channel });
  if (accountChosen.match(action)) tell('signedIn', action.payload);
  if (signedOut.match(action)) tell('signedOut', action.payload);
}

function tellNews(
  { channel, entries, me }: ReturnType<typeof entriesTaken>['payload'],
  state: State,
  tell: Tell,
): void {
  for (const entry of entries) {
    tell('entry', entry);
    const log = state.messages.logs[channel];
    const message = entry.kind === 'message' && log && find(log, entry.seq);
    if (message) tell('message', { channel, message, isMine: message.sender === me });
  }
}
