//! From places in a channel to rows of the log.

use rialto_domain::Seq;
use rusqlite::Connection;

use super::fault::Fault;
use super::row::LogRow;
use super::tail::{ChannelKey, EntryId, Pinned, Run, Tail};

/// Finds the entries of channels: in the tail where they are new, in `run` otherwise.
#[derive(Clone, Copy)]
pub(super) struct Places<'s> {
    pub(super) sql: &'s Connection,
    /// What the transaction at work has added so far; empty for readers.
    pub(super) pending: Option<&'s Tail>,
    pub(super) tails: &'s Pinned,
}

impl Places<'_> {
    /// The rows of the entries `low..=high`, in the order of their places. `high` must not lie beyond the head.
    pub(super) fn runs(&self, channel: ChannelKey, low: Seq, high: Seq) -> Result<Vec<Run>, Fault> {
        let (low, mut high) = (low.0.max(1), high.0);
        let mut newest_first = Vec::new();
        // Each of these adds a stretch in ascending order, the newest stretch first.
        let mut add = |stretch: &mut Vec<Run>| {
            stretch.reverse();
            newest_first.append(stretch);
        };
        let mut stretch = Vec::new();
        if let Some(pending) = self.pending {
            high = pending.locate(channel, low, high, &mut stretch);
            add(&mut stretch);
        }
        for generation in self.tails.newest_first() {
            high = generation.read().locate(channel, low, high, &mut stretch);
            add(&mut stretch);
        }
        if low <= high {
            self.stored(channel, low, high, &mut newest_first)?;
        }
        newest_first.reverse();
        Ok(newest_first)
    }

    fn stored(&self, channel: ChannelKey, low: u64, high: u64, newest_first: &mut Vec<Run>) -> Result<(), Fault> {
        let mut select = self.sql.prepare_cached("SELECT seq, id FROM run WHERE channel = ?1 AND seq <= ?2 ORDER BY seq DESC")?;
        let mut rows = select.query((channel, high.cast_signed()))?;
        let mut upto = high;
        while let Some(row) = rows.next()? {
            let (seq, id): (i64, EntryId) = (row.get(0)?, row.get(1)?);
            let seq = seq.cast_unsigned();
            let run = Run { seq, id, len: (upto + 1).saturating_sub(seq) };
            newest_first.extend(run.within(low, upto));
            if seq <= low {
                break;
            }
            upto = seq - 1;
        }
        Ok(())
    }

    /// The entry at a place; `None` beyond the log's ends.
    pub(super) fn find(&self, channel: ChannelKey, seq: Seq) -> Result<Option<LogRow>, Fault> {
        Ok(self.rows(channel, seq, seq)?.pop())
    }

    /// The entries `low..=high`, in the order of their places. `high` must not lie beyond the head.
    pub(super) fn rows(&self, channel: ChannelKey, low: Seq, high: Seq) -> Result<Vec<LogRow>, Fault> {
        let rows = LogRow::read_runs(self.sql, &self.runs(channel, low, high)?)?;
        let strange = rows.iter().zip(low.0.max(1)..).find(|(row, seq)| row.channel != channel || row.seq.0 != *seq);
        match strange {
            Some((row, seq)) => Err(Fault::Unreadable(format!("row {} of the log holds another entry than number {seq} of channel {channel}", row.id))),
            None => Ok(rows),
        }
    }

    /// How many messages there are up to a place.
    pub(super) fn messages_up_to(&self, channel: ChannelKey, seq: Seq) -> Result<u64, Fault> {
        Ok(self.find(channel, seq)?.map_or(0, |row| row.n))
    }

    /// The first place in `low..=high` up to which there are `n` messages: the `n`th message itself, if it lies there.
    ///
    /// By halving, since `n` never falls: a channel in which nothing but reactions happened for long costs no more.
    pub(super) fn nth_message(&self, channel: ChannelKey, n: u64, low: Seq, high: Seq) -> Result<Seq, Fault> {
        let (mut low, mut high) = (low.0, high.0);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.messages_up_to(channel, Seq(middle))? >= n {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Seq(low))
    }
}
