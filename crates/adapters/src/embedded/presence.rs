//! Who is online, counted in this process.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::ports::{PortResult, PresenceBoard};
use rialto_domain::presence::Presence;
use rialto_domain::{Timestamp, UserId};

/// Of how many users it is remembered when they were here last, unless said otherwise.
const REMEMBERED: usize = 1_000_000;

/// Counts connections, and remembers when the last ones went. A restart forgets both.
pub struct LocalPresence {
    board: Mutex<Board>,
}

impl Default for LocalPresence {
    fn default() -> Self {
        Self::remembering(REMEMBERED)
    }
}

impl LocalPresence {
    /// A board that remembers of at most so many users when they were here last: of those who went last.
    pub fn remembering(most: usize) -> Self {
        Self { board: Mutex::new(Board { most, ..Board::default() }) }
    }
}

#[async_trait]
impl PresenceBoard for LocalPresence {
    async fn arrive(&self, user: UserId) -> PortResult<bool> {
        let mut board = self.board.lock();
        let connections = board.connections.entry(user).or_default();
        *connections += 1;
        Ok(*connections == 1)
    }

    async fn depart(&self, user: UserId, now: Timestamp) -> PortResult<bool> {
        Ok(self.board.lock().depart(user, now))
    }

    async fn look(&self, users: &[UserId]) -> PortResult<Vec<Presence>> {
        let board = self.board.lock();
        let look = |user: &UserId| Presence { online: board.connections.contains_key(user), last_seen: board.gone.get(user).copied() };
        Ok(users.iter().map(look).collect())
    }
}

#[derive(Default)]
struct Board {
    /// Of those who are online; never zero.
    connections: HashMap<UserId, u32>,
    /// When the last connection closed …
    gone: HashMap<UserId, Timestamp>,
    /// … and the same in the order of time, to forget the oldest first.
    by_time: BTreeSet<(Timestamp, UserId)>,
    most: usize,
}

impl Board {
    fn depart(&mut self, user: UserId, now: Timestamp) -> bool {
        let Some(connections) = self.connections.get_mut(&user) else {
            return false;
        };
        *connections -= 1;
        if *connections > 0 {
            return false;
        }
        self.connections.remove(&user);
        self.remember(user, now);
        true
    }

    fn remember(&mut self, user: UserId, now: Timestamp) {
        if let Some(before) = self.gone.insert(user, now) {
            self.by_time.remove(&(before, user));
        }
        self.by_time.insert((now, user));
        if self.gone.len() > self.most
            && let Some((_, oldest)) = self.by_time.pop_first()
        {
            self.gone.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use rialto_testkit::builders::{user, users};

    use super::*;

    async fn visit(board: &LocalPresence, n: u64, until: u64) {
        board.arrive(user(n)).await.expect("counts");
        board.depart(user(n), Timestamp(until)).await.expect("counts");
    }

    #[tokio::test]
    async fn only_so_many_are_remembered_and_the_oldest_is_forgotten_first() {
        let board = LocalPresence::remembering(3);
        for (n, until) in [(1, 10), (2, 20), (3, 30), (1, 40), (4, 50), (4, 60)] {
            visit(&board, n, until).await;
        }
        let told = board.look(&users(1, 4)).await.expect("tells");
        let last_seen: Vec<_> = told.iter().map(|presence| presence.last_seen.map(|at| at.0)).collect();
        assert_eq!(last_seen, [Some(40), None, Some(30), Some(60)]);
        let board = board.board.lock();
        assert_eq!((board.gone.len(), board.by_time.len(), board.connections.len()), (3, 3, 0));
    }

    #[tokio::test]
    async fn whoever_is_online_is_counted_however_many_are_remembered() {
        let board = LocalPresence::remembering(1);
        for n in 1..=50 {
            board.arrive(user(n)).await.expect("counts");
        }
        assert!(board.look(&users(1, 50)).await.expect("tells").iter().all(|presence| presence.online));
    }
}
