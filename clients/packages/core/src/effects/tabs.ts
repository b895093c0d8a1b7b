// What other tabs did.

import { take } from 'redux-saga/effects';

import type { TabMessage } from '../ports.ts';
import { draftChanged, messageFailed, messageKept, messageReceived, messageRetried, messagesSettled, preferencesChanged, signedOut } from '../store/actions.ts';
import { tailOf } from '../store/log.ts';
import type { State } from '../store/store.ts';
import { fromTab, type Saga, type World } from './world.ts';

export function* tabsSaga(world: World): Saga {
  const stop = world.tabs.listen((message) => {
    const { user } = world.state().session;
    if ('user' in message && message.user !== user && message.type !== 'signedOut') return;
    const action = actionOf(message, world.state());
    if (action) world.dispatch(fromTab(action));
  });
  try {
    yield take('never');
  } finally {
    stop();
  }
}

/** The one place where what another tab tells becomes what happened. */
function actionOf(message: TabMessage, state: State) {
  switch (message.type) {
    case 'outboxAppended':
      // Its entry may have overtaken this.
      return isStored(state, message.message.channel, message.message.clientId) ? undefined : messageKept(message.message);
    case 'outboxReceived':
      return messageReceived({ clientId: message.clientId });
    case 'outboxMarked':
      return message.fault ? messageFailed({ clientId: message.clientId, fault: message.fault }) : messageRetried({ clientId: message.clientId });
    case 'outboxRemoved':
      return messagesSettled({ clientIds: message.clientIds });
    case 'draftChanged':
      return draftChanged({ channel: message.channel, draft: message.draft });
    case 'preferencesChanged':
      return preferencesChanged(message.preferences);
    case 'signedOut':
      return signedOut({ user: message.user });
  }
}

function isStored(state: State, channel: string, clientId: string): boolean {
  const log = state.messages.logs[channel];
  return !!log && !!tailOf(log)?.messages.some((message) => message.client_id === clientId);
}
