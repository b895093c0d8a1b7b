//! The reference presence board.

use std::collections::BTreeMap;

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::ports::{PortResult, PresenceBoard};
use rialto_domain::presence::Presence;
use rialto_domain::{Timestamp, UserId};

/// Counts connections in a map.
#[derive(Default)]
pub struct MemoryPresence(Mutex<BTreeMap<UserId, Seen>>);

#[derive(Clone, Copy, Default)]
struct Seen {
    connections: u64,
    last: Option<Timestamp>,
}

#[async_trait]
impl PresenceBoard for MemoryPresence {
    async fn arrive(&self, user: UserId) -> PortResult<bool> {
        let mut board = self.0.lock();
        let seen = board.entry(user).or_default();
        seen.connections += 1;
        Ok(seen.connections == 1)
    }

    async fn depart(&self, user: UserId, now: Timestamp) -> PortResult<bool> {
        let mut board = self.0.lock();
        let Some(seen) = board.get_mut(&user).filter(|seen| seen.connections > 0) else {
            return Ok(false);
        };
        seen.connections -= 1;
        if seen.connections > 0 {
            return Ok(false);
        }
        seen.last = Some(now);
        Ok(true)
    }

    async fn look(&self, users: &[UserId]) -> PortResult<Vec<Presence>> {
        let board = self.0.lock();
        let seen = |user| board.get(user).copied().unwrap_or_default();
        Ok(users.iter().map(seen).map(|seen| Presence { online: seen.connections > 0, last_seen: seen.last }).collect())
    }
}
