//! Positions, not marks: how far each member has received and read, and the minima over all members.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::log::Seq;
use crate::time::Timestamp;

/// How far a member is. Both places only ever move forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// Everything up to here has reached a device of the member.
    pub delivered: Seq,
    /// Everything up to here has been seen by the member. Never beyond `delivered`.
    pub read: Seq,
    /// Countable entries up to `read`: unread is the head's count less this one.
    pub read_n: u64,
    /// When `delivered` last moved.
    pub delivered_at: Timestamp,
    /// When `read` last moved.
    pub read_at: Timestamp,
}

impl Position {
    /// The position of a member who starts at a place: everything up to it counts as read.
    pub const fn starting_at(seq: Seq, n: u64, at: Timestamp) -> Self {
        Self { delivered: seq, read: seq, read_n: n, delivered_at: at, read_at: at }
    }

    /// This position moved to at least the given places; `n_at_read` is the number of countable entries up to `read`.
    /// What was read was also delivered. Places beyond the head must be clamped by the caller.
    #[must_use]
    pub fn advanced(self, delivered: Seq, read: Seq, n_at_read: u64, now: Timestamp) -> Self {
        let mut moved = self;
        if read > moved.read {
            moved.read = read;
            moved.read_n = n_at_read;
            moved.read_at = now;
        }
        let delivered = delivered.max(moved.read);
        if delivered > moved.delivered {
            moved.delivered = delivered;
            moved.delivered_at = now;
        }
        moved
    }
}

/// The positions that *all* members have reached: *delivered to all* and *read by all* are these minima.
///
/// Kept as counts per place, so that a move costs O(log members) and never a walk over 100,000 members.
#[derive(Clone, Debug, Default)]
pub struct Minima {
    delivered: BTreeMap<Seq, u32>,
    read: BTreeMap<Seq, u32>,
}

impl Minima {
    /// Counts a member in.
    pub fn insert(&mut self, position: &Position) {
        *self.delivered.entry(position.delivered).or_default() += 1;
        *self.read.entry(position.read).or_default() += 1;
    }

    /// Counts a member out; `position` must be what was last counted in for it.
    pub fn remove(&mut self, position: &Position) {
        decrement(&mut self.delivered, position.delivered);
        decrement(&mut self.read, position.read);
    }

    /// A member moved.
    pub fn replace(&mut self, from: &Position, to: &Position) {
        self.remove(from);
        self.insert(to);
    }

    /// Everything up to here was delivered to all. Zero without members.
    pub fn delivered(&self) -> Seq {
        first(&self.delivered)
    }

    /// Everything up to here was read by all. Zero without members.
    pub fn read(&self) -> Seq {
        first(&self.read)
    }
}

fn first(counts: &BTreeMap<Seq, u32>) -> Seq {
    counts.first_key_value().map_or(Seq::ZERO, |(seq, _)| *seq)
}

fn decrement(counts: &mut BTreeMap<Seq, u32>, seq: Seq) {
    if let Some(count) = counts.get_mut(&seq) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_position_never_moves_back() {
        let at = Position::default().advanced(Seq(5), Seq(3), 3, Timestamp(1));
        let again = at.advanced(Seq(2), Seq(1), 1, Timestamp(2));
        assert_eq!(again, at);
    }

    #[test]
    fn what_was_read_was_also_delivered() {
        let position = Position::default().advanced(Seq::ZERO, Seq(7), 4, Timestamp(1));
        assert_eq!((position.delivered, position.read, position.read_n), (Seq(7), Seq(7), 4));
    }

    proptest! {
        #[test]
        fn minima_equal_a_plain_minimum_over_all_members(moves in prop::collection::vec((0usize..5, 0u64..50, 0u64..50), 0..200)) {
            let mut members = [Position::default(); 5];
            let mut minima = Minima::default();
            members.iter().for_each(|m| minima.insert(m));
            for (who, delivered, read) in moves {
                let moved = members[who].advanced(Seq(delivered), Seq(read), read, Timestamp(0));
                minima.replace(&members[who], &moved);
                members[who] = moved;
                prop_assert_eq!(Some(minima.delivered()), members.iter().map(|m| m.delivered).min());
                prop_assert_eq!(Some(minima.read()), members.iter().map(|m| m.read).min());
            }
        }
    }
}
