// Where one was in each channel, for coming back. Kept as long as the page lives.

import type { ChannelId, Seq } from '@rialto/core';

export interface Place {
  /** The row at the upper edge, and how far it reached above that edge, in pixels. */
  key: string;
  above: number;
  /** The stretch, when it is not the newest. */
  around?: Seq;
}

const left = new Map<ChannelId, Place>();

export const placeIn = (channel: ChannelId): Place | undefined => left.get(channel);

/** Without a place one was at the end, where every channel opens. */
export function leave(channel: ChannelId, place: Place | undefined): void {
  if (place) left.set(channel, place);
  else left.delete(channel);
}
