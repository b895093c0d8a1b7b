//! Those who read, each with a connection of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rialto_domain::channel::ChannelKind;
use rialto_domain::log::Head;
use rialto_domain::{ChannelId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::Shared;
use super::column::{Col, get};
use super::fault::Fault;
use super::place::Places;
use super::queue::Taken;
use super::recent::Recent;
use super::row::PersonKey;
use super::tail::{ChannelKey, Pinned};

/// A read that waits for its turn.
pub(super) type Read = Box<dyn FnOnce(&mut Reader, &Shared) + Send>;

/// How many people a reader remembers, at least.
const REMEMBERED: usize = 1 << 12;

/// A reader, on a thread of its own or lent to whoever asks.
#[derive(Debug)]
pub(super) struct Reader {
    sql: Connection,
    people: Recent<PersonKey, UserId>,
}

impl Reader {
    pub(super) fn new(sql: Connection) -> Self {
        Self { sql, people: Recent::new(REMEMBERED) }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self, shared: &Shared) {
        while let Taken::Items(reads) = shared.reads.take(1, None) {
            for read in reads {
                // Whoever asked is told that no answer came; the next one is not concerned.
                if catch_unwind(AssertUnwindSafe(|| read(&mut self, shared))).is_err() {
                    tracing::error!("a read of the store panicked");
                }
            }
        }
    }

    /// Answers a question from one moment's state, in which everything committed before is seen.
    pub(super) fn view<T>(&mut self, shared: &Shared, ask: impl FnOnce(&mut View<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        // The tail first: what is folded after this moment is still in it.
        let (publications, tails) = (shared.tails.publications(), shared.tails.pin());
        let _snapshot = Snapshot::begin(&self.sql)?;
        ask(&mut View { sql: &self.sql, people: &mut self.people, tails, shared, publications })
    }

    /// Reads the database alone, without the tail.
    #[cfg(test)]
    pub(super) fn within_snapshot<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let _snapshot = Snapshot::begin(&self.sql)?;
        read(&self.sql)
    }
}

/// A read transaction, ended however its use ends.
struct Snapshot<'s>(&'s Connection);

impl<'s> Snapshot<'s> {
    fn begin(sql: &'s Connection) -> Result<Self, Fault> {
        sql.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(sql))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // A page that could not be read has ended it already.
        if self.0.is_autocommit() {
            return;
        }
        let ended = self.0.prepare_cached("COMMIT").and_then(|mut command| command.execute([]));
        if let Err(error) = ended {
            tracing::error!(%error, "the store cannot end a read");
        }
    }
}

/// The store at one moment.
pub(super) struct View<'r> {
    pub(super) sql: &'r Connection,
    pub(super) tails: Pinned,
    pub(super) shared: &'r Shared,
    people: &'r mut Recent<PersonKey, UserId>,
    /// How many commits were published before the database was looked at.
    publications: u64,
}

/// A channel, as readers need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenChannel {
    pub(super) key: ChannelKey,
    pub(super) kind: ChannelKind,
    pub(super) deleted: bool,
    pub(super) head: Head,
}

impl SeenChannel {
    /// The first entry that can be read: of a deleted channel, only the last one can.
    pub(super) fn first(&self) -> Seq {
        if self.deleted { self.head.seq } else { Seq(1) }
    }
}

impl View<'_> {
    /// Where entries stand.
    pub(super) fn places(&self) -> Places<'_> {
        Places { sql: self.sql, pending: None, tails: &self.tails }
    }

    /// Is everything that was found in the tail so far also in the database as it is seen here? If not, something was
    /// committed meanwhile.
    pub(super) fn is_settled(&self) -> bool {
        self.shared.tails.publications() == self.publications
    }

    /// A channel; `NotFound` when there is none.
    pub(super) fn channel(&self, id: ChannelId) -> Result<SeenChannel, Fault> {
        self.find_channel(id)?.ok_or(Fault::NotFound)
    }

    /// A channel, if there is one.
    pub(super) fn find_channel(&self, id: ChannelId) -> Result<Option<SeenChannel>, Fault> {
        let mut select = self.sql.prepare_cached("SELECT key, kind, deleted, head_seq, head_n, head_at FROM channel WHERE id = ?1")?;
        let stored = select.query_row([Col(id)], |row| {
            let head = Head { seq: get(row, 3)?, n: get(row, 4)?, at: get(row, 5)? };
            Ok(SeenChannel { key: row.get(0)?, kind: get(row, 1)?, deleted: row.get(2)?, head })
        });
        let newer = |stored: SeenChannel| match self.tails.head(stored.key) {
            Some((head, _)) if head.seq > stored.head.seq => SeenChannel { head, ..stored },
            _ => stored,
        };
        Ok(stored.optional()?.map(newer))
    }

    /// The id of a sender.
    pub(super) fn person(&mut self, key: PersonKey) -> Result<UserId, Fault> {
        if let Some(id) = self.people.get(key) {
            return Ok(id);
        }
        let id = self.sql.prepare_cached("SELECT id FROM person WHERE key = ?1")?.query_row([key], |row| get(row, 0)).optional()?;
        let id = id.ok_or_else(|| Fault::Unreadable(format!("the log names sender {key}, who there is not")))?;
        self.people.put(key, id);
        Ok(id)
    }
}
