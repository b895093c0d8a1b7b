import { accountOf, logInLock, logInOf } from '../effects/accounts.ts';
import type { Flush } from '../effects/persistence.ts';
import type { World } from '../effects/world.ts';
import { faultOf, isPassing, RialtoError } from '../errors.ts';
import { askEarly } from '../line.ts';
import type { LogIn } from '../ports.ts';
import type { CommandData, CommandResults, UserId } from '../protocol/generated.ts';
import { accountChosen, signedOut } from '../store/actions.ts';
import type { Account } from '../store/session.ts';
import { done } from './done.ts';

/** Log-ins on this device, and what belongs to one's account. */
export function accountsApi({ transport, storage, tabs, clock, line, client, ask, state, dispatch }: World, flush: Flush) {
  async function signIn(logIn: LogIn): Promise<Account> {
    await storage.putLogIn(logIn);
    const account = accountOf(logIn);
    dispatch(accountChosen(account));
    return account;
  }

  return {
    /** Makes an account with a name and a password, and signs in. */
    async register(wish: { username: string; password: string; displayName?: string }): Promise<Account> {
      const { username, password, displayName } = wish;
      const tokens = await askEarly(transport, 'account.register', { username, password, ...(displayName && { display_name: displayName }), client });
      return signIn(logInOf(tokens, { username, displayName: displayName ?? username }, clock.now()));
    },
    /** Makes an anonymous account, and signs in. `recoveryKey` of what it gives opens the account elsewhere. */
    async registerInstantly(displayName?: string): Promise<Account> {
      const tokens = await askEarly(transport, 'account.register', { ...(displayName && { display_name: displayName }), client });
      return signIn(logInOf(tokens, displayName ? { displayName } : {}, clock.now()));
    },
    async logIn(by: { username: string; password: string } | { recoveryKey: string }): Promise<Account> {
      const named = 'username' in by;
      const tokens = await askEarly(transport, 'account.login', { ...(named ? by : { recovery_key: by.recoveryKey }), client });
      const names = named ? { username: by.username } : { recoveryKey: by.recoveryKey };
      return signIn({ ...logInOf(tokens, {}, clock.now()), ...names });
    },
    /** Uses tokens that were got in another way. */
    adopt: (tokens: CommandResults['account.login']): Promise<Account> => signIn(logInOf(tokens, {}, clock.now())),
    /** Goes on as somebody else who is logged in on this device. */
    async choose(user: UserId): Promise<Account> {
      await flush();
      // Another tab may be replacing its tokens at this moment; that is done under the same lock.
      return tabs.exclusively(logInLock(user), async () => {
        const logIn = await storage.findLogIn(user);
        if (!logIn) throw new RialtoError('auth.required', 'nobody of that id is logged in on this device');
        return signIn({ ...logIn, usedAt: clock.now() });
      });
    },
    /** Ends this log-in and forgets the account on this device, unsent messages included. */
    async logOut(): Promise<void> {
      const { user } = state().session;
      if (user === undefined) return;
      try {
        await line.ask('account.logout', {});
      } catch (error) {
        // Offline, the tokens are forgotten all the same; the log-in ages away, or is ended from another device.
        if (!isPassing(faultOf(error).code)) throw error;
      }
      dispatch(signedOut({ user }));
      // What is being saved at this moment is removed as well.
      await flush();
      await storage.removeAccount(user);
    },
    /** Gives an anonymous account a name and a password. */
    claim: (username: string, password: string) => done(ask('account.claim', { username, password })),
    changePassword: (old: string, to: string) => done(ask('account.password', { old, new: to })),
    rename: (displayName: string) => done(ask('account.update', { display_name: displayName })),
    setSettings: (settings: CommandData['settings.set']['settings']) => done(ask('settings.set', { settings })),
    listSessions: () => done(ask('sessions.list', {})),
    revokeSession: (session: string) => done(ask('sessions.revoke', { session })),
    revokeOtherSessions: () => done(ask('sessions.revoke', { others: true })),
    nameDevice: (name: string) => done(ask('device.update', { name })),
  };
}
