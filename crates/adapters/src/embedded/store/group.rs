//! The transaction of a group of writes, as each of them sees it.

use rialto_domain::log::Head;
use rialto_domain::{ChannelId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::column::{Col, get};
use super::fault::Fault;
use super::fold::Watermark;
use super::place::Places;
use super::recent::Recent;
use super::row::PersonKey;
use super::tail::{ChannelKey, Pinned, Tail};

/// Everything that one commit takes in.
pub(super) struct Group<'w> {
    pub(super) sql: &'w Connection,
    /// What the tail will be told when the commit succeeded.
    pub(super) pending: &'w mut Tail,
    pub(super) tails: &'w Pinned,
    pub(super) memory: &'w mut Memory,
}

/// What the writer knows without asking the database.
#[derive(Debug)]
pub(super) struct Memory {
    /// The last rows of the log and of the journal.
    pub(super) last: Watermark,
    /// Text was taken out of rows, and pages of the write-ahead log may still hold it.
    pub(super) erased: bool,
    channels: Recent<ChannelId, Known>,
    people: Recent<UserId, PersonKey>,
}

/// A channel, as the writer needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) key: ChannelKey,
    pub(super) head: Head,
    pub(super) minima: (Seq, Seq),
}

/// How many channels and people the writer remembers, at least.
const REMEMBERED: usize = 1 << 16;

impl Memory {
    /// What the database says.
    pub(super) fn read(sql: &Connection) -> Result<Self, Fault> {
        let last = "SELECT max(log, ifnull((SELECT max(id) FROM log), 0)), max(mark, ifnull((SELECT max(id) FROM mark), 0)) FROM progress";
        let last = sql.query_row(last, [], |row| Ok(Watermark { entry: row.get(0)?, mark: row.get(1)? }))?;
        Ok(Self::knowing(last))
    }

    fn knowing(last: Watermark) -> Self {
        Self { last, erased: false, channels: Recent::new(REMEMBERED), people: Recent::new(REMEMBERED) }
    }

    /// Forgets what a transaction brought that was not committed. `last` is what was last before it.
    pub(super) fn forget(&mut self, last: Watermark) {
        *self = Self::knowing(last);
    }
}

impl Group<'_> {
    /// A channel as this transaction sees it.
    pub(super) fn channel(&mut self, id: ChannelId) -> Result<Known, Fault> {
        if let Some(known) = self.memory.channels.get(id) {
            return Ok(known);
        }
        let mut select = self.sql.prepare_cached("SELECT key, head_seq, head_n, head_at, delivered, read FROM channel WHERE id = ?1")?;
        let stored = select.query_row([Col(id)], |row| {
            let head = Head { seq: get(row, 1)?, n: get(row, 2)?, at: get(row, 3)? };
            Ok(Known { key: row.get(0)?, head, minima: (get(row, 4)?, get(row, 5)?) })
        });
        let stored = stored.optional()?.ok_or(Fault::NotFound)?;
        let pending = self.pending.channels.get(&stored.key).map(|tail| (tail.head, tail.minima));
        let (head, minima) = pending.or_else(|| self.tails.head(stored.key)).unwrap_or((stored.head, stored.minima));
        let known = Known { head, minima, ..stored };
        self.memory.channels.put(id, known);
        Ok(known)
    }

    /// A channel is like this from now on.
    pub(super) fn know(&mut self, id: ChannelId, known: Known) {
        self.memory.channels.put(id, known);
        let tail = self.pending.channels.entry(known.key).or_default();
        tail.head = known.head;
        tail.minima = known.minima;
    }

    /// The number of a sender, if they ever sent anything.
    pub(super) fn find_person(&self, id: UserId) -> Result<Option<PersonKey>, Fault> {
        Ok(self.sql.prepare_cached("SELECT key FROM person WHERE id = ?1")?.query_row([Col(id)], |row| row.get(0)).optional()?)
    }

    /// The number of a sender, given out when they are new.
    pub(super) fn person(&mut self, id: UserId) -> Result<PersonKey, Fault> {
        if let Some(key) = self.memory.people.get(id) {
            return Ok(key);
        }
        let key = match self.find_person(id)? {
            Some(key) => key,
            None => self.sql.prepare_cached("INSERT INTO person (id) VALUES (?1)")?.insert([Col(id)])?,
        };
        self.memory.people.put(id, key);
        Ok(key)
    }

    /// Where entries stand, those of this transaction included.
    pub(super) fn places(&self) -> Places<'_> {
        Places { sql: self.sql, pending: Some(self.pending), tails: self.tails }
    }

    /// Does something that may fail half-way, and undoes all of it if it does, without harm to the rest of the group.
    pub(super) fn isolated<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let run = |sql: &Connection, command| sql.prepare_cached(command)?.execute([]);
        run(self.sql, "SAVEPOINT one")?;
        let result = act(self);
        if result.is_err() {
            run(self.sql, "ROLLBACK TO one")?;
        }
        run(self.sql, "RELEASE one")?;
        result
    }
}
