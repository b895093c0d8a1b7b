// The one place where what the server tells becomes what happened.

import type { UnknownAction } from '@reduxjs/toolkit';

import type { ServerEvent } from '../protocol/decode.ts';
import type { UserId } from '../protocol/generated.ts';
import {
  commandRejected,
  drainAnnounced,
  entryArrived,
  eventsDropped,
  membershipChanged,
  messageHidden,
  positionsMoved,
  presenceChanged,
  readied,
  typingHeard,
  unknownTold,
} from './actions.ts';
import { TYPING_FADES_MS } from './presence.ts';

export interface Hearing {
  me: UserId;
  now: number;
  /** Which history the state is of. */
  epoch: string | undefined;
}

/** What happened, by what the server told. */
export function actionOf(told: ServerEvent, { me, now, epoch }: Hearing): UnknownAction {
  switch (told.event) {
    case 'ready':
      return readied({ ready: told.data, isOtherHistory: epoch !== undefined && epoch !== told.data.epoch, at: now });
    case 'entry':
      return entryArrived({ entry: told.data, me });
    case 'positions':
      return positionsMoved({ moved: told.data, me });
    case 'typing':
      return typingHeard({ ...told.data, until: now + TYPING_FADES_MS });
    case 'presence':
      return presenceChanged(told.data);
    case 'channel':
      return membershipChanged(told.data);
    case 'rejected':
      return commandRejected(told.data);
    case 'notice':
      switch (told.data.kind) {
        case 'drain':
          return drainAnnounced({ reconnectAfterMs: told.data.reconnect_after_ms });
        case 'unknown':
          return unknownTold('notice');
      }
      break;
    case 'hidden':
      return messageHidden({ channel: told.data.channel, target: told.data.seq });
    case 'resync':
      return eventsDropped();
  }
}
