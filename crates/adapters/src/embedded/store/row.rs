//! A row of the log.

use rialto_domain::entry::Entry;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::column::{Col, get, get_optional};
use super::fault::Fault;
use super::payload::{self, Kind, Payload};
use super::revision::RevisionId;
use super::tail::{ChannelKey, EntryId, Run};

/// The number of a sender.
pub(super) type PersonKey = i64;

/// An entry as it stands in the log.
#[derive(Clone, Debug)]
pub(super) struct LogRow {
    pub(super) id: EntryId,
    pub(super) channel: ChannelKey,
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) sender: PersonKey,
    pub(super) client_id: Option<ClientId>,
    pub(super) kind: Kind,
    pub(super) n: u64,
    pub(super) payload: Payload,
    /// When the message was edited last.
    pub(super) edited_at: Option<Timestamp>,
    /// Where that stands which it says now, if not in the log.
    pub(super) revision: Option<RevisionId>,
}

macro_rules! columns {
    () => {
        "id, channel, seq, at, sender, client_id, kind, n, payload"
    };
}

impl LogRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            channel: row.get(1)?,
            seq: get(row, 2)?,
            at: get(row, 3)?,
            sender: row.get(4)?,
            client_id: get_optional(row, 5)?,
            kind: get(row, 6)?,
            n: get(row, 7)?,
            payload: row.get(8)?,
            edited_at: None,
            revision: None,
        })
    }

    /// The row of this number as it was written.
    pub(super) fn find(sql: &Connection, id: EntryId) -> Result<Option<Self>, Fault> {
        let mut select = sql.prepare_cached(concat!("SELECT ", columns!(), " FROM log WHERE id = ?1"))?;
        Ok(select.query_row([id], Self::read).optional()?)
    }

    /// The rows of runs as they are now, in their order. What lies beyond the end of the log is left out.
    pub(super) fn read_runs(sql: &Connection, runs: &[Run]) -> Result<Vec<Self>, Fault> {
        let mut select = sql.prepare_cached(concat!("SELECT ", columns!(), " FROM log WHERE id BETWEEN ?1 AND ?2 ORDER BY id"))?;
        let mut found = Vec::with_capacity(runs.iter().map(|run| run.len as usize).sum());
        for run in runs {
            let mut rows = select.query((run.id, run.id + run.len.cast_signed() - 1))?;
            while let Some(row) = rows.next()? {
                let mut row = Self::read(row)?;
                row.resolve(sql)?;
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Calls `each` with every row after a number, in order, without its content.
    pub(super) fn each_after(sql: &Connection, after: EntryId, mut each: impl FnMut(Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut select = sql.prepare("SELECT id, channel, seq, at, sender, client_id, kind, n, NULL FROM log WHERE id > ?1 ORDER BY id")?;
        for row in select.query_map([after], Self::read)? {
            each(row?)?;
        }
        Ok(())
    }

    /// The command that puts rows at the end of the log.
    pub(super) fn inserting(sql: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
        sql.prepare_cached(concat!("INSERT INTO log (", columns!(), ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"))
    }

    /// Puts the row at the end of the log by that command.
    pub(super) fn insert(&self, inserting: &mut CachedStatement<'_>) -> Result<(), Fault> {
        inserting.execute(params![
            self.id,
            self.channel,
            Col(self.seq),
            Col(self.at),
            self.sender,
            self.client_id.map(Col),
            Col(self.kind),
            Col(self.n),
            self.payload,
        ])?;
        Ok(())
    }

    /// The entry, once its sender's id is known. An edit comes without what its message says now.
    pub(super) fn into_entry(self, channel: ChannelId, sender: UserId) -> Result<Entry, Fault> {
        let event = payload::decode(self.kind, self.payload)?;
        Ok(Entry { channel, seq: self.seq, at: self.at, sender, client_id: self.client_id, n: self.n, event })
    }
}
