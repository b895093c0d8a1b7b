// The life of the connection, as a value. No socket, no timer, no store: happenings come in, effects go out.

import type { Fault } from '../errors.ts';
import { backoffMs } from './backoff.ts';

export type Connection =
  /** Nobody is signed in, or the client was closed. */
  | { phase: 'idle' }
  /** A link is being opened, and hello said. */
  | { phase: 'connecting'; attempt: number; isRenewed: boolean }
  /** The access token is being replaced. */
  | { phase: 'renewing'; attempt: number }
  /** The server greeted us. `drain`: it goes down, and told when to come back. */
  | { phase: 'live'; drain?: { afterMs: number } }
  /** Trying again in a while. */
  | { phase: 'waiting'; attempt: number; afterMs: number }
  /** The platform says that there is no network; there is no use in trying. */
  | { phase: 'offline'; attempt: number }
  /** The server does not want this client; trying again changes nothing. */
  | { phase: 'refused'; fault: Fault };

export type Happening =
  | { type: 'wanted' }
  | { type: 'unwanted' }
  /** The time that `wake` asked for is up. */
  | { type: 'timer' }
  | { type: 'greeted' }
  | { type: 'lost'; dice: number }
  | { type: 'refused'; fault: Fault; retryAfterMs?: number; dice: number }
  | { type: 'renewed' }
  | { type: 'renewalFailed'; fault: Fault; isFinal: boolean; dice: number }
  | { type: 'draining'; reconnectAfterMs: number }
  | { type: 'online' }
  | { type: 'offline' }
  /** Somebody looks again: a phone was woken, a tab came to the front. */
  | { type: 'looked' };

export type Effect =
  | { type: 'open' }
  | { type: 'close' }
  | { type: 'renew' }
  | { type: 'wake'; afterMs: number }
  | { type: 'sleepOn' }
  | { type: 'endLogIn'; fault: Fault };

export const idle: Connection = { phase: 'idle' };

const NOT_YET: [Effect] = [{ type: 'sleepOn' }];

/** What the connection becomes, and what to do about it. */
export function step(connection: Connection, happening: Happening): [Connection, Effect[]] {
  switch (happening.type) {
    case 'wanted':
      if (connection.phase !== 'idle' && connection.phase !== 'refused') return [connection, []];
      return [connecting(0), [{ type: 'open' }]];

    case 'unwanted':
      if (connection.phase === 'idle') return [connection, []];
      return [idle, [{ type: 'sleepOn' }, { type: 'close' }]];

    case 'timer':
      if (connection.phase === 'waiting') return [connecting(connection.attempt), [{ type: 'open' }]];
      // The server has not gone at its time. Whoever it was, it wants us elsewhere now.
      if (connection.phase === 'live' && connection.drain) return [connecting(0), [{ type: 'close' }, { type: 'open' }]];
      return [connection, []];

    case 'greeted':
      if (connection.phase !== 'connecting') return [connection, []];
      return [{ phase: 'live' }, []];

    case 'lost':
      switch (connection.phase) {
        case 'live':
          // The drain's own delay was spread over all clients, and its timer runs already.
          if (connection.drain) return [{ phase: 'waiting', attempt: 0, afterMs: connection.drain.afterMs }, []];
          return wait(0, happening.dice);
        case 'connecting':
          return wait(connection.attempt + 1, happening.dice);
        case 'idle':
        case 'renewing':
        case 'waiting':
        case 'offline':
        case 'refused':
          return [connection, []];
      }
      break;

    case 'refused':
      if (connection.phase !== 'connecting') return [connection, []];
      if (happening.fault.code === 'auth.required') {
        // A fresh token that is refused as well: there is no such log-in any more.
        if (connection.isRenewed) return [{ phase: 'refused', fault: happening.fault }, [{ type: 'endLogIn', fault: happening.fault }]];
        return [{ phase: 'renewing', attempt: connection.attempt }, [{ type: 'renew' }]];
      }
      if (happening.fault.code === 'client.too_old') return [{ phase: 'refused', fault: happening.fault }, []];
      return wait(connection.attempt + 1, happening.dice, happening.retryAfterMs);

    case 'renewed':
      if (connection.phase !== 'renewing') return [connection, []];
      return [{ phase: 'connecting', attempt: connection.attempt, isRenewed: true }, [{ type: 'open' }]];

    case 'renewalFailed':
      if (connection.phase !== 'renewing') return [connection, []];
      if (happening.isFinal) return [{ phase: 'refused', fault: happening.fault }, [{ type: 'endLogIn', fault: happening.fault }]];
      return wait(connection.attempt + 1, happening.dice);

    case 'draining': {
      if (connection.phase !== 'live') return [connection, []];
      const afterMs = happening.reconnectAfterMs;
      return [{ phase: 'live', drain: { afterMs } }, [...NOT_YET, { type: 'wake', afterMs }]];
    }

    case 'online':
    case 'looked':
      if (connection.phase !== 'offline' && connection.phase !== 'waiting') return [connection, []];
      // What was waited for may be over; the count goes on, so that a server in trouble is not hammered.
      return [connecting(connection.attempt), [...NOT_YET, { type: 'open' }]];

    case 'offline':
      switch (connection.phase) {
        case 'connecting':
        case 'live':
          // A hint and no more: while the link holds, the network cannot be quite gone.
          return [connection, []];
        case 'waiting':
          return [{ phase: 'offline', attempt: connection.attempt }, [...NOT_YET]];
        case 'idle':
        case 'renewing':
        case 'offline':
        case 'refused':
          return [connection, []];
      }
  }
}

const connecting = (attempt: number): Connection => ({ phase: 'connecting', attempt, isRenewed: false });

function wait(attempt: number, dice: number, atLeastMs = 0): [Connection, Effect[]] {
  const afterMs = Math.max(atLeastMs, backoffMs(attempt, dice));
  return [{ phase: 'waiting', attempt, afterMs }, [{ type: 'wake', afterMs }]];
}
