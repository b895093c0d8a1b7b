//! A channel is a log: entries numbered without gaps. Here is the arithmetic of reading one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::time::Timestamp;

/// The place of an entry in its channel's log: 1, 2, 3 … without gaps. Zero is *before the first*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The place before this one; zero stays zero.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a log ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The newest entry's place.
    pub seq: Seq,
    /// Countable entries (messages) up to and including it.
    pub n: u64,
    /// When the newest entry was stored.
    pub at: Timestamp,
}

/// Entries `from..=to` of a log. Empty when `to < from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The first place inside.
    pub from: Seq,
    /// The last place inside; `None`: open, everything still to come included.
    pub to: Option<Seq>,
}

impl Interval {
    /// Does the interval hold this place?
    pub fn contains(&self, seq: Seq) -> bool {
        self.from <= seq && self.to.is_none_or(|to| seq <= to)
    }

    /// What this interval shares with `from..=to`, if anything.
    pub fn overlap(&self, from: Seq, to: Seq) -> Option<(Seq, Seq)> {
        let low = self.from.max(from);
        let high = self.to.map_or(to, |end| end.min(to));
        (low <= high).then_some((low, high))
    }
}

/// Which part of a history a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The newest messages.
    Latest,
    /// Messages older than a place, the nearest first chosen.
    Before(Seq),
    /// Messages newer than a place, the nearest first chosen.
    After(Seq),
    /// Messages on both sides of a place, itself included.
    Around(Seq),
}

/// How a client that has everything up to some place catches up with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Nothing was missed.
    Current,
    /// Read these ranges (first and last place, both included), in order.
    Read(Vec<(Seq, Seq)>),
    /// Too much was missed, or the client names a place that does not exist: fetch history anew.
    Refetch,
}

/// Plans how to catch up from `have` to `head` within what may be seen, when at most `most` entries are replayed.
///
/// A position beyond the head is answered with *refetch*: the client saw a log that is not this one
/// (a restored backup), and to send it nothing would hide every new entry up to its position.
pub fn plan_resume(have: Seq, head: Seq, visible: &[Interval], most: u64) -> Resume {
    if have > head {
        return Resume::Refetch;
    }
    let ranges: Vec<_> = visible.iter().filter_map(|interval| interval.overlap(have.next(), head)).collect();
    let missed: u64 = ranges.iter().map(|(from, to)| to.0 - from.0 + 1).sum();
    match missed {
        0 => Resume::Current,
        _ if missed > most => Resume::Refetch,
        _ => Resume::Read(ranges),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Interval; 1] = [Interval { from: Seq(1), to: None }];

    #[test]
    fn a_client_at_the_head_missed_nothing() {
        assert_eq!(plan_resume(Seq(9), Seq(9), &ALL, 100), Resume::Current);
    }

    #[test]
    fn a_short_absence_is_replayed_and_a_long_one_refetched() {
        assert_eq!(plan_resume(Seq(4), Seq(9), &ALL, 5), Resume::Read(vec![(Seq(5), Seq(9))]));
        assert_eq!(plan_resume(Seq(3), Seq(9), &ALL, 5), Resume::Refetch);
    }

    #[test]
    fn a_position_from_another_history_is_refetched() {
        assert_eq!(plan_resume(Seq(10), Seq(9), &ALL, 100), Resume::Refetch);
    }

    #[test]
    fn only_the_intervals_of_membership_are_replayed() {
        let visible = [Interval { from: Seq(2), to: Some(Seq(4)) }, Interval { from: Seq(8), to: None }];
        assert_eq!(plan_resume(Seq(1), Seq(9), &visible, 100), Resume::Read(vec![(Seq(2), Seq(4)), (Seq(8), Seq(9))]));
    }
}
