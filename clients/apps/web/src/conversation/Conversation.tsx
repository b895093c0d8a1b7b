// The place of the conversation.

import type { ChannelId, Seq } from '@rialto/core';

export interface ConversationProps {
  channel: ChannelId;
  /** A message to jump to; otherwise the first unread one, or the end. */
  at?: Seq;
}

export function Conversation(_: ConversationProps) {
  return <div id="messages" tabIndex={-1} />;
}
