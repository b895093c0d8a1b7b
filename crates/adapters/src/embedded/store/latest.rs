//! The newest rows of the channels that were read lately, in memory.
//!
//! Whatever changes what a message says, or what became of it, is itself an entry of its channel. So what was read while a
//! channel's log ended at some place is right for as long as the log ends there, and nobody has to be told of changes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use rialto_domain::Seq;

use super::row::LogRow;
use super::tail::ChannelKey;

/// Bytes of rows kept: at least those that were asked for last, up to this; at most twice as many.
const KEPT_BYTES: usize = 4 << 20;

/// A stretch of rows that is larger is not kept: it would push out too many others.
const LONGEST_BYTES: usize = 256 << 10;

/// The newest rows of channels.
#[derive(Debug, Default)]
pub(super) struct Latest {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    young: HashMap<ChannelKey, Stretch>,
    old: HashMap<ChannelKey, Stretch>,
    young_bytes: usize,
}

/// The rows up to a log's end, without gaps.
#[derive(Clone, Debug)]
struct Stretch {
    head: Seq,
    rows: Arc<[LogRow]>,
}

impl Latest {
    /// The rows `low..=high` of a channel whose log ends at `head`, if they are known.
    pub(super) fn find(&self, channel: ChannelKey, head: Seq, low: Seq, high: Seq) -> Option<Vec<LogRow>> {
        let rows = self.kept.lock().find(channel, head)?;
        let skipped = low.0.checked_sub(rows.first()?.seq.0)?;
        let wanted = usize::try_from(skipped).ok()?..=usize::try_from(high.0.checked_sub(low.0)? + skipped).ok()?;
        rows.get(wanted).map(<[LogRow]>::to_vec)
    }

    /// Keeps the last rows of a channel whose log ends with them. They must have been read from a state that is not older.
    pub(super) fn keep(&self, channel: ChannelKey, rows: &[LogRow]) {
        let Some(last) = rows.last() else { return };
        let weight = weight(rows);
        if weight <= LONGEST_BYTES {
            self.kept.lock().keep(channel, Stretch { head: last.seq, rows: rows.into() }, weight);
        }
    }
}

impl Kept {
    fn find(&mut self, channel: ChannelKey, head: Seq) -> Option<Arc<[LogRow]>> {
        if let Some(stretch) = self.young.get(&channel) {
            return (stretch.head == head).then(|| stretch.rows.clone());
        }
        let stretch = self.old.remove(&channel).filter(|stretch| stretch.head == head)?;
        let rows = stretch.rows.clone();
        self.keep(channel, stretch, weight(&rows));
        Some(rows)
    }

    fn keep(&mut self, channel: ChannelKey, stretch: Stretch, weight: usize) {
        let is_better = |known: &Stretch| known.head > stretch.head || (known.head == stretch.head && known.rows.len() >= stretch.rows.len());
        if self.young.get(&channel).is_some_and(is_better) {
            return;
        }
        if self.young_bytes + weight > KEPT_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += weight;
        if let Some(replaced) = self.young.insert(channel, stretch) {
            self.young_bytes -= self::weight(&replaced.rows);
        }
    }
}

/// Roughly the bytes that rows take in memory.
fn weight(rows: &[LogRow]) -> usize {
    rows.iter().map(|row| size_of::<LogRow>() + row.payload.size_bytes()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::payload::{Kind, Payload};
    use super::*;
    use rialto_domain::Timestamp;

    /// Rows of so many bytes each.
    fn rows(low: u64, high: u64, bytes: usize) -> Vec<LogRow> {
        let row = |seq| LogRow {
            id: 100 + i64::try_from(seq).unwrap_or_default(),
            channel: 1,
            seq: Seq(seq),
            at: Timestamp(seq),
            sender: 1,
            client_id: None,
            kind: Kind::Text,
            n: seq,
            payload: Payload::Text("x".repeat(bytes)),
            edited_at: None,
            revision: None,
        };
        (low..=high).map(row).collect()
    }

    fn found(latest: &Latest, head: u64, low: u64, high: u64) -> Option<Vec<u64>> {
        latest.find(1, Seq(head), Seq(low), Seq(high)).map(|rows| rows.iter().map(|row| row.seq.0).collect())
    }

    #[test]
    fn rows_are_known_for_as_long_as_the_log_ends_with_them() {
        let latest = Latest::default();
        latest.keep(1, &rows(4, 9, 10));
        assert_eq!(found(&latest, 9, 5, 9), Some(vec![5, 6, 7, 8, 9]));
        assert_eq!(found(&latest, 9, 4, 4), Some(vec![4]));
        assert_eq!(found(&latest, 9, 3, 9), None, "not so far back");
        assert_eq!(found(&latest, 10, 5, 9), None, "something may have changed since");
        assert_eq!(latest.find(2, Seq(9), Seq(5), Seq(9)).map(|rows| rows.len()), None, "another channel");
    }

    #[test]
    fn what_is_older_or_shorter_replaces_nothing() {
        let latest = Latest::default();
        latest.keep(1, &rows(4, 9, 10));
        latest.keep(1, &rows(1, 8, 10));
        latest.keep(1, &rows(7, 9, 10));
        assert_eq!(found(&latest, 9, 4, 9).map(|seqs| seqs.len()), Some(6));
        latest.keep(1, &rows(8, 10, 10));
        assert_eq!(found(&latest, 10, 8, 10).map(|seqs| seqs.len()), Some(3));
    }

    #[test]
    fn what_is_asked_for_stays_and_all_of_it_is_bounded() {
        let latest = Latest::default();
        latest.keep(1, &rows(1, 1, 10));
        for channel in 2..1_000 {
            latest.keep(channel, &rows(1, 10, 10_000));
            assert_eq!(found(&latest, 1, 1, 1), Some(vec![1]));
        }
        let kept = latest.kept.lock();
        let bytes: usize = kept.young.values().chain(kept.old.values()).map(|stretch| weight(&stretch.rows)).sum();
        assert!(bytes <= 2 * KEPT_BYTES, "{bytes}");
        assert!(!kept.young.contains_key(&2) && !kept.old.contains_key(&2));
    }

    #[test]
    fn a_stretch_that_would_push_out_too_many_is_not_kept() {
        let latest = Latest::default();
        latest.keep(1, &rows(1, 30, 10_000));
        assert_eq!(found(&latest, 30, 30, 30), None);
    }
}
