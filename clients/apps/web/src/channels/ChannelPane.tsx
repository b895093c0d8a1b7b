// An open channel: its header, and the conversation.

import { selectTitle, type ChannelId, type Seq } from '@rialto/core';

import { useRialtoState } from '../app/rialto.tsx';
import { Conversation } from '../conversation/Conversation.tsx';

export function ChannelPane({ channel, at }: { channel: ChannelId; at?: Seq }) {
  const title = useRialtoState((state) => selectTitle(state, channel));
  return (
    <>
      <header>
        <h1 tabIndex={-1}>
          <bdi>{title}</bdi>
        </h1>
      </header>
      <Conversation channel={channel} {...(at !== undefined && { at })} />
    </>
  );
}
