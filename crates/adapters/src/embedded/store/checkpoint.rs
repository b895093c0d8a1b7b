//! Copying the write-ahead log back into the database, so that it stays short.
//!
//! The bulk is copied by a thread of its own beside the writer. Only the log's last pages are left to the writer,
//! which copies them between two commits when the log is long: then the next commit begins it anew.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use super::connection::{self, PAGE_BYTES};
use super::fault::Fault;

/// Pages in the log that are worth a checkpoint beside the writer: 16 MiB.
const WORTH_COPYING: i64 = 4_096;

/// Pages at which the log is to begin anew: 64 MiB.
const LONG: i64 = 16_384;

/// Pages that the writer copies without being felt.
const SHORT_REST: i64 = 1_024;

/// How long to wait before trying again when a reader keeps pages of the log from being copied.
const PATIENCE: Duration = Duration::from_millis(200);

/// What the writer asks of the thread that checkpoints.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    state: Mutex<State>,
    asked: Condvar,
}

#[derive(Debug, Default)]
struct State {
    wanted: bool,
    closed: bool,
}

impl Checkpoints {
    fn want(&self) {
        self.state.lock().wanted = true;
        self.asked.notify_one();
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.asked.notify_one();
    }

    /// The thread: copies when asked, until closed.
    pub(super) fn run(&self, sql: &Connection) {
        let mut state = self.state.lock();
        while !state.closed {
            if !std::mem::take(&mut state.wanted) {
                self.asked.wait(&mut state);
                continue;
            }
            drop(state);
            if let Err(error) = checkpoint(sql, "PRAGMA wal_checkpoint(PASSIVE)") {
                tracing::error!(%error, "the store cannot checkpoint");
            }
            state = self.state.lock();
            if !state.closed {
                // Under load there is always more to copy; it comes cheaper in larger portions.
                self.asked.wait_for(&mut state, PATIENCE);
            }
        }
    }
}

/// The writer's share in keeping the log short.
#[derive(Debug)]
pub(super) struct Upkeep {
    /// A reader was in the way: not again before.
    not_before: Instant,
}

impl Upkeep {
    pub(super) fn new() -> Self {
        Self { not_before: Instant::now() }
    }

    /// After a commit: has the log grown so long that something must be done?
    pub(super) fn keep_short(&mut self, writer: &Connection, checkpoints: &Checkpoints) -> rusqlite::Result<()> {
        let Progress { pages, copied, .. } = checkpoint(writer, "PRAGMA wal_checkpoint(NOOP)")?;
        let rest = pages - copied;
        let own_turn = pages >= LONG && rest > 0 && (rest <= SHORT_REST || pages >= 4 * LONG);
        if own_turn && Instant::now() >= self.not_before {
            let Progress { pages, copied, .. } = checkpoint(writer, "PRAGMA wal_checkpoint(PASSIVE)")?;
            if copied < pages {
                self.not_before = Instant::now() + PATIENCE;
            }
        } else if rest >= WORTH_COPYING || (pages >= LONG && rest > 0) {
            checkpoints.want();
        }
        Ok(())
    }
}

/// Copies everything and empties the log. False when a reader was in the way for longer than this.
pub(super) fn truncate(writer: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    checkpoint(writer, "PRAGMA wal_checkpoint(PASSIVE)")?;
    writer.busy_timeout(patience)?;
    let truncated = checkpoint(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    writer.busy_timeout(connection::PATIENCE)?;
    truncated.map(|progress| !progress.busy)
}

/// Takes what was written and not committed out of the write-ahead log's file.
///
/// When a flush fails, the system takes for written what is not: the rest of a commit can be read, but is not on the disk
/// and never will be. A later start must not find it there and take it for committed.
pub(super) fn cut(writer: &Connection, log: &Path) -> Result<(), Fault> {
    let pages = u64::try_from(checkpoint(writer, "PRAGMA wal_checkpoint(NOOP)")?.pages).unwrap_or(0);
    // https://www.sqlite.org/fileformat2.html#walformat. The header is written anew with the first frame.
    let committed = if pages == 0 { 0 } else { HEADER_BYTES + pages * (FRAME_HEADER_BYTES + PAGE_BYTES) };
    let file = OpenOptions::new().write(true).open(log)?;
    if file.metadata()?.len() > committed {
        file.set_len(committed)?;
    }
    Ok(())
}

/// The write-ahead log's header, and that of each page in it.
const HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;

struct Progress {
    busy: bool,
    pages: i64,
    copied: i64,
}

fn checkpoint(sql: &Connection, command: &str) -> rusqlite::Result<Progress> {
    sql.prepare_cached(command)?.query_row([], |row| Ok(Progress { busy: row.get(0)?, pages: row.get(1)?, copied: row.get(2)? }))
}
