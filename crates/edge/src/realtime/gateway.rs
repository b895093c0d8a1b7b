//! What the shards ask of the service.

use rialto_domain::auth::Identity;
use rialto_domain::{ChannelId, Refusal, UserId};
use rialto_wire::command::{Command, Hello, Ready, Reply};
use std::net::IpAddr;
use std::pin::Pin;

/// An answer to come. It is polled on the shard's own thread: what can be answered without waiting is answered in the same
/// turn, what cannot is polled again when it is woken. It must not block, nor compute for long. When its client goes it
/// becomes a task of the runtime: what was begun is brought to its end.
pub type Promise<T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send>>;

/// In whose name a command is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who said hello; `None` for the commands that may come before it.
    pub identity: Option<Identity>,
    /// From where.
    pub address: IpAddr,
}

/// The service, as the shards see it.
///
/// Nothing here may block. Commands of one connection are handed over in the order in which they came, each after the
/// answer to the one before.
pub trait Gateway: Send + Sync + 'static {
    /// Whose token is it? Refuses a token that is no good, and a client that is too old.
    fn identify(&self, hello: &Hello, address: IpAddr) -> Promise<Identity>;

    /// The channels that a user is in. Asked after the user's connection was registered for what is announced to the
    /// user: later changes come as publications, and win.
    fn memberships(&self, user: UserId) -> Promise<Vec<ChannelId>>;

    /// The first payload. Asked after the connection was registered for all its channels. Must refuse a log-in that was
    /// ended since it was identified: that announcement may have come before the registration.
    fn welcome(&self, identity: Identity, hello: Hello) -> Promise<Box<Ready>>;

    /// Carries a command out.
    fn invoke(&self, caller: Caller, command: Command) -> Promise<Reply>;

    /// Of these users, those whose presence this one may watch. Asked before `presence.watch` is invoked.
    fn watchable(&self, identity: Identity, users: Vec<UserId>) -> Promise<Vec<UserId>>;

    /// A connection speaks for this identity from now on. Called once for each connection.
    fn connected(&self, identity: Identity);

    /// That connection is gone.
    fn disconnected(&self, identity: Identity);
}
