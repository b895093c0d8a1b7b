//! Folding: what a generation of the tail holds goes into the tables that follow the log, a slice at a time.
//!
//! Everything here may be repeated: after a crash between two slices, the whole generation is read back from the
//! log and the journal and folded again.

use rialto_domain::Seq;
use rialto_domain::UserId;
use rialto_domain::log::Head;
use rialto_domain::position::Position;
use rusqlite::{CachedStatement, Connection, params};

use super::column::Col;
use super::fault::Fault;
use super::member;
use super::tail::{ChannelKey, EntryId, Run, Tail};

/// A generation on its way into the tables.
#[derive(Debug)]
pub(super) struct Fold {
    rows: Vec<FoldRow>,
    done: usize,
    upto: Watermark,
}

/// Rows that are written before it is asked whether they are enough: about a third of a millisecond.
const STEP: usize = 32;

/// Rows of the journal that are deleted at once.
const MARKS: usize = 32;

/// How far something reaches into the log and the journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watermark {
    pub(super) entry: EntryId,
    pub(super) mark: i64,
}

#[derive(Debug)]
enum FoldRow {
    Client { tag: i64, id: EntryId },
    Run { channel: ChannelKey, run: Run },
    Channel { channel: ChannelKey, head: Head, minima: (Seq, Seq) },
    Position { channel: ChannelKey, user: UserId, position: Position },
    Marks { upto: i64 },
}

impl Fold {
    /// Puts the rows into the order of their tables, so that each page of those is written once. `from` is how far the
    /// fold before came.
    pub(super) fn new(tail: &Tail, from: Watermark, upto: Watermark) -> Self {
        let mut clients: Vec<(i64, EntryId)> = tail.clients.iter().flat_map(|(tag, ids)| ids.iter().map(|id| (*tag, *id))).collect();
        clients.sort_unstable();
        let mut channels: Vec<_> = tail.channels.iter().collect();
        channels.sort_unstable_by_key(|(key, _)| **key);
        let mut positions: Vec<_> = tail.positions.iter().map(|(place, position)| (*place, *position)).collect();
        positions.sort_unstable_by_key(|(place, _)| *place);
        let mut rows = Vec::with_capacity(clients.len() + channels.len() * 2 + positions.len());
        rows.extend(clients.into_iter().map(|(tag, id)| FoldRow::Client { tag, id }));
        rows.extend(channels.iter().flat_map(|(channel, tail)| tail.runs.iter().map(|run| FoldRow::Run { channel: **channel, run: *run })));
        rows.extend(channels.iter().map(|(channel, tail)| FoldRow::Channel { channel: **channel, head: tail.head, minima: tail.minima }));
        rows.extend(positions.into_iter().map(|((channel, user), position)| FoldRow::Position { channel, user, position }));
        // The journal of positions that are in their rows by now.
        rows.extend((from.mark..upto.mark).step_by(MARKS).map(|mark| FoldRow::Marks { upto: upto.mark.min(mark + MARKS as i64) }));
        Self { rows, done: 0, upto }
    }

    /// Writes rows until so many of them are enough, and returns how far the fold has come if the transaction is committed.
    pub(super) fn slice(&self, sql: &Connection, is_enough: impl Fn(usize) -> bool) -> Result<usize, Fault> {
        let mut commands = Commands::new(sql)?;
        let mut reached = self.done;
        for step in self.rows[self.done..].chunks(STEP) {
            for row in step {
                commands.write(row)?;
            }
            reached += step.len();
            if is_enough(reached - self.done) {
                break;
            }
        }
        if reached == self.rows.len() {
            sql.prepare_cached("UPDATE progress SET log = ?1, mark = ?2")?.execute((self.upto.entry, self.upto.mark))?;
        }
        Ok(reached)
    }

    /// Notes what was committed, and returns how far log and journal are folded when all is done.
    pub(super) fn reach(&mut self, reached: usize) -> Option<Watermark> {
        self.done = reached;
        (self.done == self.rows.len()).then_some(self.upto)
    }
}

/// The commands that write rows, looked up once for a slice.
struct Commands<'s> {
    client: CachedStatement<'s>,
    run: CachedStatement<'s>,
    channel: CachedStatement<'s>,
    position: CachedStatement<'s>,
    marks: CachedStatement<'s>,
}

impl<'s> Commands<'s> {
    fn new(sql: &'s Connection) -> Result<Self, Fault> {
        // A channel's row that is ahead was written with a change of members, and stays.
        let channel = "UPDATE channel SET head_seq = ?2, head_n = ?3, head_at = ?4, delivered = ?5, read = ?6 WHERE key = ?1 AND head_seq <= ?2";
        Ok(Self {
            client: sql.prepare_cached("INSERT OR IGNORE INTO client (tag, id) VALUES (?1, ?2)")?,
            run: sql.prepare_cached("INSERT OR IGNORE INTO run (channel, seq, id) VALUES (?1, ?2, ?3)")?,
            channel: sql.prepare_cached(channel)?,
            position: member::advancing(sql)?,
            marks: sql.prepare_cached("DELETE FROM mark WHERE id <= ?1")?,
        })
    }

    fn write(&mut self, row: &FoldRow) -> Result<(), Fault> {
        match row {
            FoldRow::Client { tag, id } => self.client.execute((tag, id))?,
            FoldRow::Run { channel, run } => self.run.execute((channel, run.seq.cast_signed(), run.id))?,
            FoldRow::Channel { channel, head, minima } => {
                self.channel.execute(params![channel, Col(head.seq), Col(head.n), Col(head.at), Col(minima.0), Col(minima.1)])?
            }
            FoldRow::Marks { upto } => self.marks.execute([upto])?,
            FoldRow::Position { channel, user, position } => return member::advance(&mut self.position, *channel, *user, position),
        };
        Ok(())
    }
}
