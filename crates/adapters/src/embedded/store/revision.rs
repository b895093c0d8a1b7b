//! What messages say since they were edited or deleted.
//!
//! A page that SQLite rearranges can keep copies of the rows it held, even when it overwrites what is deleted. So rows
//! with text are never moved: they are added at the end of `log` and of `revision`, and when their text goes it is
//! overwritten with as many zeros. What a message says now is found through `revised`, which holds no text.

use rialto_domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::column::{Col, get, get_optional};
use super::fault::Fault;
use super::payload::{Kind, Payload};
use super::row::LogRow;

/// A row of `revision`.
pub(super) type RevisionId = i64;

impl LogRow {
    /// Becomes what the message says now.
    pub(super) fn resolve(&mut self, sql: &Connection) -> Result<(), Fault> {
        if !self.kind.is_message() || !self.payload.is_blank() {
            return Ok(());
        }
        let mut select = sql.prepare_cached("SELECT kind, edited_at, reply_to, revision FROM revised WHERE id = ?1")?;
        let revised = select.query_row([self.id], |row| Ok((get(row, 0)?, get_optional(row, 1)?, get_optional(row, 2)?, row.get(3)?)));
        // Somebody may also have written nothing but zeros.
        let Some((kind, edited_at, reply_to, revision)) = revised.optional()? else { return Ok(()) };
        (self.kind, self.edited_at, self.revision) = (kind, edited_at, revision);
        self.payload = match revision {
            Some(revision) => sql.prepare_cached("SELECT payload FROM revision WHERE id = ?1")?.query_row([revision], |row| row.get(0))?,
            None => reply_to.map_or(Payload::Nothing, Payload::Place),
        };
        Ok(())
    }

    /// Replaces what the message says. Nothing that it said stays.
    pub(super) fn revise(&self, sql: &Connection, kind: Kind, payload: &Payload, edited_at: Option<Timestamp>) -> Result<(), Fault> {
        self.blank(sql)?;
        let (reply_to, revision) = match payload {
            Payload::Nothing => (None, None),
            Payload::Place(reply_to) => (Some(*reply_to), None),
            said => (None, Some(sql.prepare_cached("INSERT INTO revision (payload) VALUES (?1)")?.insert([said])?)),
        };
        sql.prepare_cached("INSERT OR REPLACE INTO revised (id, kind, edited_at, reply_to, revision) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            self.id,
            Col(kind),
            edited_at.map(Col),
            reply_to.map(Col),
            revision,
        ])?;
        Ok(())
    }

    /// Overwrites what the row says with zeros, where it stands.
    pub(super) fn blank(&self, sql: &Connection) -> Result<(), Fault> {
        let Some(blank) = self.payload.blanked() else { return Ok(()) };
        match self.revision {
            Some(revision) => sql.prepare_cached("UPDATE revision SET payload = ?2 WHERE id = ?1")?.execute(params![revision, blank])?,
            None => sql.prepare_cached("UPDATE log SET payload = ?2 WHERE id = ?1")?.execute(params![self.id, blank])?,
        };
        Ok(())
    }
}
