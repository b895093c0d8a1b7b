//! People, their log-ins, and whom they block.

use async_trait::async_trait;

use super::error::PortResult;
use crate::auth::{Account, LogIn};
use crate::id::{SessionId, UserId};
use crate::time::Timestamp;
use crate::user::{Profile, Settings, Username};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The account.
    pub account: Account,
    /// Digest (SHA-256) of the recovery key, for an anonymous account.
    pub recovery_digest: Option<[u8; 32]>,
}

/// What became of the wish for the next generation of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The log-in is at the new generation.
    Done,
    /// Another request was faster: the log-in was not at the expected generation any more.
    Raced,
}

/// Accounts and log-ins.
///
/// Every implementation promises, and `testkit::conformance::accounts` asks:
/// - a user name belongs to one account, also when two ask for it at the same moment;
/// - `rotate` succeeds once per generation;
/// - after a change returned, every later read sees it.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Makes an account. [`Conflict`](super::PortError::Conflict) when the user name is taken.
    async fn create(&self, account: NewAccount) -> PortResult<()>;

    /// An account by its user name.
    async fn find_by_username(&self, name: &Username) -> PortResult<Option<Account>>;

    /// The account that a recovery key opens, by the key's digest.
    async fn find_by_recovery(&self, digest: [u8; 32]) -> PortResult<Option<UserId>>;

    /// An account. [`NotFound`](super::PortError::NotFound) when there is none.
    async fn load(&self, user: UserId) -> PortResult<Account>;

    /// What others see of these users; unknown ones are left out.
    async fn profiles(&self, users: &[UserId]) -> PortResult<Vec<Profile>>;

    /// Gives an anonymous account a name and a password. [`Conflict`](super::PortError::Conflict) when the name is taken
    /// or the account has one already.
    async fn set_username(&self, user: UserId, name: Username, password_hash: String) -> PortResult<()>;

    /// Replaces a password.
    async fn set_password(&self, user: UserId, password_hash: String) -> PortResult<()>;

    /// Replaces the name shown.
    async fn set_display_name(&self, user: UserId, name: String) -> PortResult<()>;

    /// Replaces a user's settings.
    async fn set_settings(&self, user: UserId, settings: Settings) -> PortResult<()>;

    /// Begins a log-in.
    async fn open_log_in(&self, log_in: LogIn) -> PortResult<()>;

    /// Forgets the log-ins of a user that ended before a moment, by themselves or by somebody's hand.
    async fn forget_log_ins(&self, user: UserId, ended_before: Timestamp) -> PortResult<()>;

    /// A log-in, ended or not, unless it was forgotten.
    async fn find_log_in(&self, session: SessionId) -> PortResult<Option<LogIn>>;

    /// The log-ins of a user that have not ended at `now`, the newest first.
    async fn log_ins(&self, user: UserId, now: Timestamp) -> PortResult<Vec<LogIn>>;

    /// Names the client or device of a log-in.
    async fn name_log_in(&self, session: SessionId, client: String) -> PortResult<()>;

    /// Moves a log-in from one generation to the next.
    async fn rotate(&self, session: SessionId, from: u64, now: Timestamp, expires_at: Timestamp) -> PortResult<Rotated>;

    /// Ends log-ins of a user: these, or all but one. Returns those that this call ended.
    async fn revoke(&self, user: UserId, which: Which, now: Timestamp) -> PortResult<Vec<SessionId>>;

    /// The log-ins ended after a moment: access tokens issued before may still look good.
    async fn revoked_since(&self, since: Timestamp) -> PortResult<Vec<SessionId>>;

    /// Blocks a user, or ends that. May be repeated.
    async fn set_block(&self, user: UserId, other: UserId, on: bool) -> PortResult<()>;

    /// Whom a user blocks.
    async fn blocks(&self, user: UserId) -> PortResult<Vec<UserId>>;

    /// Does either of the two block the other?
    async fn blocked_between(&self, one: UserId, other: UserId) -> PortResult<bool>;
}

/// Which log-ins of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All.
    All,
}
