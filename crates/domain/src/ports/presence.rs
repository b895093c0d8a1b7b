//! Who is online now. All of it can be rebuilt: clients reconnect.

use async_trait::async_trait;

use super::error::PortResult;
use crate::id::UserId;
use crate::presence::Presence;
use crate::time::Timestamp;

/// Counts each user's connections.
#[async_trait]
pub trait PresenceBoard: Send + Sync {
    /// A connection opened. True when it is the user's first.
    async fn arrive(&self, user: UserId) -> PortResult<bool>;

    /// A connection closed. True when it was the user's last.
    async fn depart(&self, user: UserId, now: Timestamp) -> PortResult<bool>;

    /// The presence of these users, in the same order.
    async fn look(&self, users: &[UserId]) -> PortResult<Vec<Presence>>;
}
