//! What was committed to the log and the journal, but is not in the tables that follow them yet.
//!
//! A commit writes the end of `log` and `mark` and nothing else; where entries stand, which client ids were used,
//! heads and positions are kept here and folded into their tables later, many at a time. After a crash the tail is
//! read back from the log and the journal.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use rialto_domain::log::Head;
use rialto_domain::position::Position;
use rialto_domain::{Seq, UserId};

/// A channel's number.
pub(super) type ChannelKey = i64;

/// A row of `log`.
pub(super) type EntryId = i64;

/// Entries of one channel that stand in consecutive rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The place of the first one.
    pub(super) seq: u64,
    /// Its row.
    pub(super) id: EntryId,
    /// How many there are.
    pub(super) len: u64,
}

impl Run {
    /// The part within `low..=high`, if any.
    pub(super) fn within(self, low: u64, high: u64) -> Option<Self> {
        let from = self.seq.max(low);
        let to = (self.seq + self.len).min(high.saturating_add(1));
        (from < to).then(|| Self { seq: from, id: self.id + (from - self.seq).cast_signed(), len: to - from })
    }
}

/// What is newer about a channel than its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct ChannelTail {
    pub(super) head: Head,
    pub(super) minima: (Seq, Seq),
    /// Where its newest entries stand: ascending, and without gaps from the first on.
    pub(super) runs: Vec<Run>,
}

impl ChannelTail {
    /// The place of the first entry that this tail knows.
    fn first(&self) -> Option<u64> {
        self.runs.first().map(|run| run.seq)
    }

    /// Notes that the next entry stands in a row.
    pub(super) fn push(&mut self, seq: Seq, id: EntryId) {
        match self.runs.last_mut() {
            Some(last) if last.seq + last.len == seq.0 && last.id + last.len.cast_signed() == id => last.len += 1,
            _ => self.runs.push(Run { seq: seq.0, id, len: 1 }),
        }
    }
}

/// The changes of some commits.
#[derive(Debug, Default)]
pub(super) struct Tail {
    pub(super) channels: HashMap<ChannelKey, ChannelTail>,
    pub(super) positions: HashMap<(ChannelKey, UserId), Position>,
    /// Rows by the tag of their client id.
    pub(super) clients: HashMap<i64, Vec<EntryId>>,
    /// How many entries there are in it.
    pub(super) entries: usize,
}

impl Tail {
    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.positions.is_empty()
    }

    /// How much there is to fold.
    pub(super) fn weight(&self) -> usize {
        self.entries + self.channels.len() + self.positions.len()
    }

    /// Moves a position; it never goes back.
    pub(super) fn advance(&mut self, channel: ChannelKey, user: UserId, position: Position) {
        self.positions.entry((channel, user)).and_modify(|known| *known = later(*known, position)).or_insert(position);
    }

    /// Takes over newer changes.
    pub(super) fn absorb(&mut self, newer: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, newer);
            return;
        }
        for (key, mut channel) in newer.channels.drain() {
            let known = self.channels.entry(key).or_default();
            known.head = channel.head;
            known.minima = channel.minima;
            match (known.runs.last_mut(), channel.runs.first()) {
                (Some(last), Some(first)) if last.seq + last.len == first.seq && last.id + last.len.cast_signed() == first.id => {
                    last.len += first.len;
                    known.runs.extend(channel.runs.drain(1..));
                }
                (Some(_), _) => known.runs.append(&mut channel.runs),
                (None, _) => known.runs = channel.runs,
            }
        }
        for ((channel, user), position) in newer.positions.drain() {
            self.advance(channel, user, position);
        }
        for (tag, ids) in newer.clients.drain() {
            self.clients.entry(tag).or_default().extend(ids);
        }
        self.entries += std::mem::take(&mut newer.entries);
    }

    /// Adds the parts of `low..=high` that stand here to `runs`, and returns the place up to which the rest is elsewhere.
    pub(super) fn locate(&self, channel: ChannelKey, low: u64, high: u64, runs: &mut Vec<Run>) -> u64 {
        let Some(tail) = self.channels.get(&channel) else { return high };
        let Some(first) = tail.first().filter(|first| *first <= high) else { return high };
        let begin = tail.runs.partition_point(|run| run.seq + run.len <= low);
        runs.extend(tail.runs[begin..].iter().map_while(|run| run.within(low, high)));
        first - 1
    }
}

/// The further of two positions, part by part.
pub(super) fn later(one: Position, other: Position) -> Position {
    let delivered = if other.delivered > one.delivered { other } else { one };
    let read = if other.read > one.read { other } else { one };
    Position { delivered: delivered.delivered, delivered_at: delivered.delivered_at, ..read }
}

/// A tail that commits are added to, or that is being folded; shared with readers.
pub(super) type Generation = RwLock<Tail>;

/// The tail as readers find it: the generation that grows, and the one that is being folded.
#[derive(Debug, Default)]
pub(super) struct Tails {
    now: RwLock<Pinned>,
    /// How often commits were added.
    publications: AtomicU64,
}

/// Both generations at some moment. Whoever pins them *before* their database snapshot begins misses nothing that
/// was committed before: it stands in one of the two, or was folded before the snapshot.
#[derive(Clone, Debug, Default)]
pub(super) struct Pinned {
    growing: Arc<Generation>,
    folding: Arc<Generation>,
}

impl Tails {
    pub(super) fn pin(&self) -> Pinned {
        self.now.read().clone()
    }

    /// Adds what was committed.
    pub(super) fn publish(&self, committed: &mut Tail) {
        // First, so that who sees anything of this commit also sees that there was one.
        self.publications.fetch_add(1, Ordering::Release);
        let growing = self.now.read().growing.clone();
        growing.write().absorb(committed);
    }

    /// How often commits were added. While it stays the same, nothing is found here that was not in the database before.
    pub(super) fn publications(&self) -> u64 {
        self.publications.load(Ordering::Acquire)
    }

    /// Sets the growing generation aside to be folded, and returns it. The one before must have been folded.
    pub(super) fn freeze(&self) -> Arc<Generation> {
        let mut now = self.now.write();
        now.folding = std::mem::take(&mut now.growing);
        now.folding.clone()
    }

    /// The generation set aside is in its tables now, and committed.
    pub(super) fn folded(&self) {
        let folded = std::mem::take(&mut self.now.write().folding);
        drop(folded);
    }

    /// How much there is to fold, growing and folding.
    pub(super) fn weights(&self) -> (usize, usize) {
        let Pinned { growing, folding } = self.pin();
        (growing.read().weight(), folding.read().weight())
    }
}

impl Pinned {
    /// Both generations, the growing one first.
    pub(super) fn newest_first(&self) -> [&Generation; 2] {
        [&self.growing, &self.folding]
    }

    /// Head and minima of a channel, where they are newer than its row.
    pub(super) fn head(&self, channel: ChannelKey) -> Option<(Head, (Seq, Seq))> {
        let of = |generation: &&Generation| generation.read().channels.get(&channel).map(|tail| (tail.head, tail.minima));
        self.newest_first().iter().find_map(of)
    }

    /// The furthest of a member's position in its row and here.
    pub(super) fn position(&self, channel: ChannelKey, user: UserId, stored: Position) -> Position {
        let moved = |position, generation: &Generation| match generation.read().positions.get(&(channel, user)) {
            Some(newer) => later(position, *newer),
            None => position,
        };
        self.newest_first().into_iter().fold(stored, moved)
    }

    /// The rows that may hold an entry of a client id, by the id's tag.
    pub(super) fn client(&self, tag: i64) -> Vec<EntryId> {
        let mut ids = Vec::new();
        for generation in self.newest_first() {
            ids.extend(generation.read().clients.get(&tag).into_iter().flatten());
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::Timestamp;

    const ANA: UserId = UserId::from_bytes([1; 16]);

    fn entries(channel: ChannelKey, places: &[(u64, EntryId)]) -> Tail {
        let mut tail = Tail::default();
        for (seq, id) in places {
            tail.channels.entry(channel).or_default().push(Seq(*seq), *id);
            tail.entries += 1;
        }
        tail
    }

    fn located(pinned: &Pinned, low: u64, high: u64) -> (u64, Vec<(u64, EntryId)>) {
        let mut runs = Vec::new();
        let rest = pinned.newest_first().into_iter().fold(high, |high, generation| generation.read().locate(1, low, high, &mut runs));
        let mut places: Vec<_> = runs.iter().flat_map(|run| (0..run.len).map(|i| (run.seq + i, run.id + i.cast_signed()))).collect();
        places.sort_unstable();
        (rest, places)
    }

    #[test]
    fn entries_are_found_in_both_generations_and_the_rest_is_in_the_table() {
        let tails = Tails::default();
        tails.publish(&mut entries(1, &[(5, 50), (6, 51)]));
        tails.publish(&mut entries(1, &[(7, 60)]));
        tails.freeze();
        tails.publish(&mut entries(1, &[(8, 70), (9, 71)]));
        let pinned = tails.pin();
        assert_eq!(located(&pinned, 6, 8), (4, vec![(6, 51), (7, 60), (8, 70)]));
        assert_eq!(located(&pinned, 1, 4), (4, vec![]));
        assert_eq!(located(&pinned, 1, 100), (4, vec![(5, 50), (6, 51), (7, 60), (8, 70), (9, 71)]));
    }

    #[test]
    fn whoever_pinned_the_tail_keeps_it_while_it_is_folded() {
        let tails = Tails::default();
        tails.publish(&mut entries(1, &[(1, 10)]));
        let pinned = tails.pin();
        tails.freeze();
        tails.folded();
        assert_eq!(located(&pinned, 1, 1), (0, vec![(1, 10)]));
        assert_eq!(located(&tails.pin(), 1, 1), (1, vec![]));
    }

    #[test]
    fn rows_that_follow_each_other_are_one_run() {
        let tails = Tails::default();
        tails.publish(&mut entries(1, &[(1, 10), (2, 11)]));
        tails.publish(&mut entries(1, &[(3, 12), (4, 20)]));
        let mut runs = Vec::new();
        tails.pin().growing.read().locate(1, 1, 4, &mut runs);
        assert_eq!(runs, [Run { seq: 1, id: 10, len: 3 }, Run { seq: 4, id: 20, len: 1 }]);
    }

    #[test]
    fn a_position_is_the_furthest_of_all_that_is_known() {
        let at = |delivered, read| Position {
            delivered: Seq(delivered),
            read: Seq(read),
            read_n: read,
            delivered_at: Timestamp(delivered),
            read_at: Timestamp(read),
        };
        let tails = Tails::default();
        let mut tail = Tail::default();
        tail.advance(1, ANA, at(9, 2));
        tails.publish(&mut tail);
        tails.freeze();
        tail.advance(1, ANA, at(5, 5));
        tails.publish(&mut tail);
        assert_eq!(tails.pin().position(1, ANA, at(7, 1)), Position { read: Seq(5), read_n: 5, read_at: Timestamp(5), ..at(9, 9) });
        assert_eq!(tails.pin().position(2, ANA, at(7, 1)), at(7, 1));
    }
}
