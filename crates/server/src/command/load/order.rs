//! Whether one connection sees one channel's log whole, once, and in order.

use rialto_domain::Seq;
use std::collections::BTreeSet;

/// How far a connection is in a channel. The client's side of the protocol's promise: seq is gapless, and what arrives
/// live does so in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    /// Everything up to here was seen.
    whole: Seq,
    /// Seen beyond a hole. Empty nearly always.
    beyond: BTreeSet<Seq>,
    /// The newest that came live.
    live: Seq,
    /// The newest that was fetched, or that the first payload covered: it may come live once more.
    fetched: Seq,
    is_based: bool,
}

/// What an entry is to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The next one, or one that was missing and was fetched.
    New,
    /// New, but something before it is missing: time to sync.
    AfterHole,
    /// New, but it came live after a newer one.
    Reordered,
    /// Seen before, as the protocol permits around a fetch.
    Known,
    /// Came live twice.
    Doubled,
}

impl Verdict {
    /// Seen for the first time.
    pub(super) fn is_new(self) -> bool {
        matches!(self, Self::New | Self::AfterHole | Self::Reordered)
    }
}

impl Follower {
    /// Everything up to `head` is taken as seen: the first payload covers it.
    pub(super) fn based_at(head: Seq) -> Self {
        Self { whole: head, beyond: BTreeSet::new(), live: Seq::ZERO, fetched: head, is_based: true }
    }

    /// The position for `sync`: everything up to here was seen. `None` while nothing is known of the channel.
    pub(super) fn have(&self) -> Option<Seq> {
        self.is_based.then_some(self.whole)
    }

    /// Something before the newest entry is missing.
    pub(super) fn has_hole(&self) -> bool {
        !self.beyond.is_empty()
    }

    /// An entry came live.
    pub(super) fn live(&mut self, seq: Seq) -> Verdict {
        if !self.is_based {
            *self = Self::based_at(seq.previous());
        }
        let is_late = seq < self.live;
        self.live = self.live.max(seq);
        if self.has(seq) {
            return if seq <= self.fetched { Verdict::Known } else { Verdict::Doubled };
        }
        self.take(seq);
        match (is_late, self.has_hole()) {
            (true, _) => Verdict::Reordered,
            (false, true) => Verdict::AfterHole,
            (false, false) => Verdict::New,
        }
    }

    /// An entry came in the answer to a `sync` or a `history`.
    pub(super) fn fetched(&mut self, seq: Seq) -> Verdict {
        self.fetched = self.fetched.max(seq);
        if self.has(seq) {
            return Verdict::Known;
        }
        self.take(seq);
        Verdict::New
    }

    /// The server said that nothing up to `head` is left to be fetched.
    pub(super) fn caught_up(&mut self, head: Seq) {
        if head > self.whole {
            self.whole = head;
            self.close_holes();
        }
    }

    fn has(&self, seq: Seq) -> bool {
        seq <= self.whole || self.beyond.contains(&seq)
    }

    fn take(&mut self, seq: Seq) {
        if seq == self.whole.next() {
            self.whole = seq;
            self.close_holes();
        } else {
            self.beyond.insert(seq);
        }
    }

    fn close_holes(&mut self) {
        while let Some(first) = self.beyond.first().copied().filter(|first| *first <= self.whole.next()) {
            self.beyond.remove(&first);
            self.whole = self.whole.max(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(follower: &mut Follower, seqs: &[u64]) -> Vec<Verdict> {
        seqs.iter().map(|seq| follower.live(Seq(*seq))).collect()
    }

    #[test]
    fn a_log_that_comes_whole_once_and_in_order_is_all_new() {
        let mut follower = Follower::based_at(Seq(3));
        assert_eq!(live(&mut follower, &[4, 5, 6]), [Verdict::New; 3]);
        assert_eq!(follower.have(), Some(Seq(6)));
    }

    #[test]
    fn an_entry_twice_is_doubled_and_an_older_one_late_is_reordered() {
        let mut follower = Follower::based_at(Seq(0));
        assert_eq!(live(&mut follower, &[1, 3, 3, 2]), [Verdict::New, Verdict::AfterHole, Verdict::Doubled, Verdict::Reordered]);
        assert!(!follower.has_hole());
        assert_eq!(follower.have(), Some(Seq(3)));
    }

    #[test]
    fn a_hole_is_closed_by_what_is_fetched_and_the_overlap_is_no_fault() {
        let mut follower = Follower::based_at(Seq(0));
        assert_eq!(live(&mut follower, &[1, 4]), [Verdict::New, Verdict::AfterHole]);
        let fetched: Vec<_> = [2, 3, 4, 5].map(|seq| follower.fetched(Seq(seq))).into();
        assert_eq!(fetched, [Verdict::New, Verdict::New, Verdict::Known, Verdict::New]);
        assert_eq!(live(&mut follower, &[5, 6]), [Verdict::Known, Verdict::New]);
    }

    #[test]
    fn what_the_first_payload_covered_may_come_live_as_well() {
        let mut follower = Follower::based_at(Seq(9));
        assert_eq!(live(&mut follower, &[9, 10]), [Verdict::Known, Verdict::New]);
    }

    #[test]
    fn a_channel_nothing_is_known_of_begins_where_it_is_first_seen() {
        let mut follower = Follower::default();
        assert_eq!(follower.have(), None);
        assert_eq!(live(&mut follower, &[7, 8, 8]), [Verdict::New, Verdict::New, Verdict::Doubled]);
    }

    #[test]
    fn after_a_refetch_everything_up_to_the_head_counts_as_seen() {
        let mut follower = Follower::based_at(Seq(1));
        follower.live(Seq(5000));
        follower.caught_up(Seq(4999));
        assert_eq!((follower.have(), follower.has_hole()), (Some(Seq(5000)), false));
    }
}
