// Names of those who write, who is there, and who is typing.

import { call, fork, put, take, takeEvery } from 'redux-saga/effects';

import { faultOf, isPassing } from '../errors.ts';
import type { Folded, UserId } from '../protocol/generated.ts';
import { entryArrived, membersListed, messageComposed, pageRead, peopleWatched, readied, synced, typed, typingFaded, typingHeard } from '../store/actions.ts';
import { afterQuiet, sleep, soonAfter } from './time.ts';
import type { Saga, World } from './world.ts';

/** Others see one as typing for a little longer than this. */
const TYPING_EVERY_MS = 3000;

const GATHER_MS = 100;

export function* peopleSaga(world: World): Saga {
  const asked = new Set<UserId>();
  yield takeEvery(readied, function* (): Saga {
    asked.clear();
    if (world.state().settings.account === undefined) yield fork(tryTo, world, () => world.ask('account.get', {}));
  });
  yield fork(soonAfter, world.clock, GATHER_MS, [entryArrived, pageRead, synced, readied, membersListed], () => learnNames(world, asked));
  yield fork(afterQuiet, world.clock, GATHER_MS, (action: object) => peopleWatched.match(action) || (readied.match(action) && world.state().presence.watched.length > 0), () => watch(world));
  yield fork(tellTyping, world);
  yield fork(fade, world);
}

/** Whoever is shown and has no name yet. */
function* learnNames(world: World, asked: Set<UserId>): Saga {
  const { channels, messages, people, session } = world.state();
  const isUnknown = (user: UserId) => !people.profiles[user] && !asked.has(user);
  const shown = Object.values(messages.logs).flatMap(({ spans }) => spans.flatMap((span) => span.messages));
  const lines = Object.values(channels.byId).flatMap(({ last }) => last ?? []);
  const unknown = [...new Set([...lines, ...shown].flatMap(usersOf))].filter(isUnknown);
  const atOnce = session.limits?.users_per_command ?? 100;
  for (let at = 0; at < unknown.length && world.state().connection.phase === 'live'; at += atOnce) {
    const users = unknown.slice(at, at + atOnce);
    users.forEach((user) => asked.add(user));
    yield call(tryTo, world, () => world.ask('user.get', { users }));
  }
}

const usersOf = ({ sender, forwarded_from }: Folded): UserId[] => (forwarded_from ? [sender, forwarded_from] : [sender]);

/** The server watches for one connection; the next must be told again. */
function* watch(world: World): Saga {
  const { presence, session, connection } = world.state();
  if (connection.phase !== 'live') return;
  yield call(tryTo, world, () => world.ask('presence.watch', { users: presence.watched.slice(0, session.limits?.users_per_command ?? 100) }));
}

function* tellTyping(world: World): Saga {
  const last = new Map<string, number>();
  yield takeEvery(typed, function* ({ payload: { channel } }: ReturnType<typeof typed>): Saga {
    const now = world.clock.now();
    if (world.state().connection.phase !== 'live' || now - (last.get(channel) ?? -Infinity) < TYPING_EVERY_MS) return;
    last.set(channel, now);
    yield call(tryTo, world, () => world.ask('typing', { channel }));
  });
  // Whoever sends has stopped typing to all others; what is typed next is news to them.
  yield takeEvery(messageComposed, ({ payload: { channel } }) => void last.delete(channel));
}

/** Nobody says that they stopped. */
function* fade(world: World): Saga {
  while (true) {
    const ends = Object.values(world.state().presence.typing).flatMap((users) => Object.values(users));
    if (ends.length === 0) {
      yield take(typingHeard);
      continue;
    }
    yield call(sleep, world.clock, Math.max(0, Math.min(...ends) - world.clock.now()));
    yield put(typingFaded({ now: world.clock.now() }));
  }
}

/** What is pleasant to have, and not worth a word when it does not come. */
function* tryTo(world: World, ask: () => Promise<unknown>): Saga {
  try {
    yield call(ask);
  } catch (error) {
    if (!isPassing(faultOf(error).code)) world.report('a side question was refused', error);
  }
}
