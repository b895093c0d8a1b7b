//! What a run experienced, apart from the fate of its messages.

use std::collections::BTreeMap;

use super::histogram::Histogram;

/// Latencies and mishaps of a run. Latency counts from when a message was due.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// To the acknowledgement: the server has it.
    pub(super) received: Histogram,
    /// To the sender's own entry: it is in the log.
    pub(super) stored: Histogram,
    /// To the entry at another member.
    pub(super) delivered: Histogram,
    /// To the positions that say that all members have read it, at its sender.
    pub(super) seen: Histogram,
    /// Messages due from here on, in microseconds of the run, are timed.
    pub(super) timed_from_us: Option<u64>,
    /// Entries that came live after a newer one.
    pub(super) reordered: u64,
    /// Times that a connection was too slow, or missed something, and caught up.
    pub(super) resyncs: u64,
    /// Marks that were sent.
    pub(super) marks: u64,
    /// Positions that came.
    pub(super) positions: u64,
    /// Times that the server asked whether a connection is still there, and it was.
    pub(super) heartbeats: u64,
    /// Connections that ended before their time.
    pub(super) lost_connections: u64,
    /// Refusals by code.
    pub(super) refusals: BTreeMap<String, u64>,
    /// Frames that are none of the protocol's, or not understood.
    pub(super) strange: u64,
    complaints: u32,
}

/// Complaints shown; after them only the sums tell.
const SHOWN: u32 = 5;

impl Tally {
    /// Whether a message that was due then is timed.
    pub(super) fn times(&self, due_us: u64) -> bool {
        self.timed_from_us.is_some_and(|from| due_us >= from)
    }

    /// Tells the person who looks on, unless that happened often already.
    pub(super) fn complain(&mut self, what: impl std::fmt::Display) {
        self.complaints += 1;
        if self.complaints <= SHOWN {
            eprintln!("rialto load: {what}");
        }
    }

    /// A command was refused.
    pub(super) fn refused(&mut self, code: &str) {
        *self.refusals.entry(code.to_owned()).or_default() += 1;
    }
}
