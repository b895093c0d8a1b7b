//! The one thread that writes: it takes what waits, commits it together, and answers when it is on disk.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::Shared;
use super::checkpoint::{self, Upkeep};
use super::doom;
use super::fault::{Failure, Fault};
use super::fold::{Fold, Watermark};
use super::group::{Group, Memory};
use super::job::{Job, Reply};
use super::queue::Taken;
use super::tail::Tail;

/// The most weight in one commit: 1,024 small entries, or a mebibyte of large ones.
const GROUP_WEIGHT: usize = 1 << 20;

/// A generation of the tail is folded when it weighs this much, or when it is old enough.
const FOLD_WEIGHT: usize = 1 << 17;

/// Rows folded in a commit that has nothing else to do, unless something comes meanwhile.
const IDLE_SLICE: usize = 4096;

/// Rows folded in a commit beside its jobs, which wait for them.
const BUSY_SLICE: usize = 64;

/// How long to rest after something failed.
const REST: Duration = Duration::from_secs(1);

/// How long everybody may wait for readers when the write-ahead log is emptied at work, and at the end.
const ERASE_PATIENCE: Duration = Duration::from_millis(20);
const CLOSE_PATIENCE: Duration = Duration::from_secs(10);

/// The writer's thread.
pub(super) struct Writer {
    sql: Connection,
    /// The write-ahead log's file.
    log: PathBuf,
    shared: Arc<Shared>,
    memory: Memory,
    waiting: VecDeque<Job>,
    pending: Tail,
    fold: Option<Fold>,
    /// How far the log and the journal are folded.
    folded: Watermark,
    /// Since when there is something to fold.
    unfolded_since: Option<Instant>,
    /// When to empty the write-ahead log, since erased text may still stand in it.
    erase_at: Option<Instant>,
    upkeep: Upkeep,
    /// There may be deleted channels to erase.
    doomed: bool,
    /// After a failure: until when not to try again of one's own accord.
    resting_until: Option<Instant>,
    /// After a failure: the write-ahead log may hold what was not committed.
    must_cut: bool,
}

impl Writer {
    pub(super) fn new(sql: Connection, log: PathBuf, shared: Arc<Shared>) -> Result<Self, Fault> {
        let memory = Memory::read(&sql)?;
        let folded = sql.query_row("SELECT log, mark FROM progress", [], |row| Ok(Watermark { entry: row.get(0)?, mark: row.get(1)? }))?;
        let unfolded_since = (shared.tails.weights().0 > 0).then(Instant::now);
        // What was erased before a crash may not have left the write-ahead log.
        let erase_at = Some(Instant::now() + shared.options.erase_within);
        let (waiting, pending) = (VecDeque::new(), Tail::default());
        Ok(Self {
            sql,
            log,
            shared,
            memory,
            waiting,
            pending,
            fold: None,
            folded,
            unfolded_since,
            erase_at,
            upkeep: Upkeep::new(),
            doomed: true,
            resting_until: None,
            must_cut: false,
        })
    }

    /// Works until the queue is closed and empty, and everything is folded.
    pub(super) fn run(mut self) {
        let _closing = Closing(self.shared.clone());
        loop {
            if self.waiting.is_empty() {
                match self.shared.writes.take(GROUP_WEIGHT, self.next_chore()) {
                    Taken::Items(jobs) => self.waiting.extend(jobs),
                    Taken::Nothing => {}
                    Taken::Closed => break,
                }
            }
            self.begin_fold(self.shared.options.fold_after);
            // A failure was told to everyone it concerns, and logged; the next group starts anew.
            let _ = self.commit_group();
            self.keep_wal_short();
        }
        self.finish();
    }

    /// Until when to wait for jobs before there is something else to do.
    fn next_chore(&self) -> Option<Instant> {
        let now = (self.fold.is_some() || self.doomed || self.is_ailing()).then(Instant::now);
        let fold = self.unfolded_since.map(|since| since + self.shared.options.fold_after);
        let next = [now, fold, self.erase_at].into_iter().flatten().min();
        next.map(|next| self.resting_until.map_or(next, |rest| next.max(rest)))
    }

    /// Sets the tail aside to be folded, if it is large or old enough and the one before is done.
    fn begin_fold(&mut self, age: Duration) {
        let due = self.unfolded_since.is_some_and(|since| since.elapsed() >= age) || self.shared.tails.weights().0 >= FOLD_WEIGHT;
        if self.fold.is_none() && due {
            let frozen = self.shared.tails.freeze();
            self.fold = Some(Fold::new(&frozen.read(), self.folded, self.memory.last));
            self.unfolded_since = None;
        }
    }

    /// Commits what waits together with a slice of the fold.
    fn commit_group(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() && self.fold.is_none() && !self.doomed && !self.is_ailing() {
            return Ok(());
        }
        let mut replies = Vec::with_capacity(self.waiting.len());
        let last = self.memory.last;
        let outcome = self.transact(&mut replies).map_err(|fault| Failure::of(&fault));
        match &outcome {
            Ok(reached) => self.committed(*reached),
            Err(failure) => self.rolled_back(failure, last),
        }
        let outcome = outcome.map(|_| ());
        for reply in replies {
            reply.tell(outcome.clone());
        }
        outcome
    }

    /// Runs one transaction, and returns how far it took the fold.
    fn transact(&mut self, replies: &mut Vec<Box<dyn Reply>>) -> Result<usize, Fault> {
        if let Err(fault) = self.begin() {
            let failure = Failure::of(&fault);
            self.waiting.drain(..).for_each(|job| job.refuse(failure.clone()));
            return Err(failure.into());
        }
        let tails = self.shared.tails.pin();
        let mut group = Group { sql: &self.sql, pending: &mut self.pending, tails: &tails, memory: &mut self.memory };
        while let Some(job) = self.waiting.pop_front() {
            let (outcome, reply) = job.perform(&mut group);
            replies.push(reply);
            // Those behind it are not concerned: they go into the next group.
            outcome?;
        }
        let weight = group.pending.weight();
        if self.doomed {
            self.doomed = doom::erase_some(&mut group, &self.shared.salt)?;
        }
        let reached = match &self.fold {
            Some(fold) if replies.is_empty() => fold.slice(&self.sql, |rows| rows >= IDLE_SLICE || self.shared.writes.len() > 0)?,
            // The fold must keep ahead of the tail that grows meanwhile.
            Some(fold) => fold.slice(&self.sql, |rows| rows >= BUSY_SLICE + 2 * weight)?,
            None => 0,
        };
        if self.is_ailing() {
            // Whether the disk takes something again is only known by writing.
            self.command("UPDATE progress SET log = log")?;
        }
        self.command("COMMIT")?;
        Ok(reached)
    }

    fn begin(&mut self) -> Result<(), Fault> {
        if !self.sql.is_autocommit() {
            // Even that failed after the last failure.
            self.command("ROLLBACK")?;
        }
        if self.must_cut {
            checkpoint::cut(&self.sql, &self.log)?;
            self.must_cut = false;
        }
        Ok(self.command("BEGIN IMMEDIATE")?)
    }

    /// Did the last commit fail for a reason that may last?
    fn is_ailing(&self) -> bool {
        self.shared.ailment.lock().is_some()
    }

    fn committed(&mut self, reached: usize) {
        if !self.pending.is_empty() {
            self.shared.tails.publish(&mut self.pending);
            self.unfolded_since.get_or_insert_with(Instant::now);
        }
        if let Some(folded) = self.fold.as_mut().and_then(|fold| fold.reach(reached)) {
            self.fold = None;
            self.folded = folded;
            self.shared.tails.folded();
            self.doomed = true;
        }
        self.resting_until = None;
        if self.shared.ailment.lock().take().is_some() {
            tracing::info!("the store writes again");
        }
        if std::mem::take(&mut self.memory.erased) {
            self.erase_at.get_or_insert_with(|| Instant::now() + self.shared.options.erase_within);
        }
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets what was not committed.
    fn rolled_back(&mut self, failure: &Failure, last: Watermark) {
        if !self.sql.is_autocommit()
            && let Err(error) = self.command("ROLLBACK")
        {
            tracing::error!(%error, "the store cannot roll back");
        }
        self.pending = Tail::default();
        self.memory.forget(last);
        self.doomed = false;
        self.resting_until = Some(Instant::now() + REST);
        // Now rather than with the next commit: the process may be ended before there is one.
        self.must_cut = checkpoint::cut(&self.sql, &self.log).is_err();
        let is_news = self.shared.ailment.lock().as_ref().is_none_or(|known| known.is_full() != failure.is_full());
        if failure.is_lasting() {
            *self.shared.ailment.lock() = Some(failure.clone());
        }
        match (is_news, failure.is_full()) {
            // The log may stand on the same disk: once is enough.
            (false, _) => {}
            (true, true) => tracing::error!("the store's disk is full: nothing is written until there is room"),
            (true, false) => tracing::error!(%failure, "the store could not commit: {failure}"),
        }
    }

    /// Checkpoints when the write-ahead log is long, or holds what was erased.
    fn keep_wal_short(&mut self) {
        if self.erase_at.is_some_and(|at| at <= Instant::now()) {
            // A reader may still use the log: again after a while.
            self.erase_at = (!self.empty_wal(ERASE_PATIENCE)).then(|| Instant::now() + REST);
        }
        if let Err(error) = self.upkeep.keep_short(&self.sql, &self.shared.checkpoints) {
            tracing::error!(%error, "the store cannot checkpoint");
        }
    }

    /// Empties the write-ahead log, if no reader keeps it for longer than this.
    fn empty_wal(&self, patience: Duration) -> bool {
        checkpoint::truncate(&self.sql, patience).unwrap_or_else(|error| {
            tracing::error!(%error, "the store cannot checkpoint");
            false
        })
    }

    /// Folds all that is left, and leaves the database in one file.
    fn finish(mut self) {
        self.begin_fold(Duration::ZERO);
        while self.fold.is_some() && self.commit_group().is_ok() {
            self.begin_fold(Duration::ZERO);
        }
        self.shared.checkpoints.close();
        self.empty_wal(CLOSE_PATIENCE);
    }

    /// Runs a command that returns nothing.
    fn command(&self, sql: &str) -> rusqlite::Result<()> {
        self.sql.prepare_cached(sql)?.execute([]).map(drop)
    }
}

/// However the writer's thread ends, nobody may wait for it any more.
struct Closing(Arc<Shared>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.writes.abandon();
        self.0.checkpoints.close();
    }
}
