import type { World } from '../effects/world.ts';
import type { UserId } from '../protocol/generated.ts';
import { peopleWatched } from '../store/actions.ts';
import { done } from './done.ts';

/** Other users. */
export function peopleApi({ ask, dispatch }: World) {
  return {
    /** Finds somebody by their exact user name; rejected with `user.unknown` when there is nobody. */
    find: (username: string) => ask('user.find', { username }),
    load: (users: UserId[]) => done(ask('user.get', { users })),
    block: (user: UserId, isOn = true) => done(ask('block', { user, on: isOn })),
    listBlocked: () => done(ask('blocks.list', {})),
    /** Whose presence is of interest now; replaces who was watched before. */
    watch: (users: UserId[]) => void dispatch(peopleWatched({ users })),
  };
}
