//! After a crash: the tail, read back from what follows the last fold in the log and the journal.

use std::collections::HashMap;

use rialto_domain::log::Head;
use rialto_domain::position::Position;
use rialto_domain::{ChannelId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::column::{Col, get};
use super::fault::Fault;
use super::member::{self, position_columns};
use super::row::{LogRow, PersonKey};
use super::tag::{Salt, tag};
use super::tail::{ChannelKey, ChannelTail, Tail};

/// The tail of the log and of the journal.
pub(super) fn replay(sql: &Connection, salt: &Salt) -> Result<Tail, Fault> {
    let (log, mark): (i64, i64) = sql.query_row("SELECT log, mark FROM progress", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut replay = Replay { sql, tail: Tail::default(), channels: HashMap::new(), people: HashMap::new() };
    LogRow::each_after(sql, log, |row| replay.entry(&row, salt))?;
    replay.marks(mark)?;
    Ok(replay.tail)
}

struct Replay<'s> {
    sql: &'s Connection,
    tail: Tail,
    channels: HashMap<ChannelKey, ChannelId>,
    people: HashMap<PersonKey, UserId>,
}

impl Replay<'_> {
    fn entry(&mut self, row: &LogRow, salt: &Salt) -> Result<(), Fault> {
        let (channel, sender) = (self.channel(row.channel)?, self.person(row.sender)?);
        let known = self.tail.channels.entry(row.channel).or_default();
        known.head = Head { seq: row.seq, n: row.n, at: row.at };
        known.push(row.seq, row.id);
        self.tail.entries += 1;
        if let Some(client_id) = row.client_id {
            self.tail.clients.entry(tag(salt, client_id, sender, channel)).or_default().push(row.id);
        }
        if row.kind.is_message() && !self.is_unread_by_sender(row.channel, sender, row.seq)? {
            // Whoever writes has read what stands above.
            self.tail.advance(row.channel, sender, Position::starting_at(row.seq, row.n, row.at));
        }
        Ok(())
    }

    fn marks(&mut self, after: i64) -> Result<(), Fault> {
        let mut select =
            self.sql.prepare(concat!("SELECT channel, user, all_delivered, all_read, ", position_columns!(), " FROM mark WHERE id > ?1 ORDER BY id"))?;
        let mut rows = select.query([after])?;
        while let Some(row) = rows.next()? {
            let (channel, user) = (row.get(0)?, get(row, 1)?);
            self.channel(channel)?;
            self.tail.channels.entry(channel).or_default().minima = (get(row, 2)?, get(row, 3)?);
            self.tail.advance(channel, user, member::position(row, 4)?);
        }
        Ok(())
    }

    /// A channel's id. What the tail holds of it begins with its row.
    fn channel(&mut self, key: ChannelKey) -> Result<ChannelId, Fault> {
        if let Some(id) = self.channels.get(&key) {
            return Ok(*id);
        }
        let mut select = self.sql.prepare_cached("SELECT id, head_seq, head_n, head_at, delivered, read FROM channel WHERE key = ?1")?;
        let row = select.query_row([key], |row| {
            let head = Head { seq: get(row, 1)?, n: get(row, 2)?, at: get(row, 3)? };
            Ok((get(row, 0)?, ChannelTail { head, minima: (get(row, 4)?, get(row, 5)?), runs: Vec::new() }))
        });
        let (id, tail) = row.optional()?.ok_or_else(|| Fault::Unreadable(format!("the log names channel {key}, which there is not")))?;
        self.channels.insert(key, id);
        self.tail.channels.insert(key, tail);
        Ok(id)
    }

    fn person(&mut self, key: PersonKey) -> Result<UserId, Fault> {
        if let Some(id) = self.people.get(&key) {
            return Ok(*id);
        }
        let id = self.sql.prepare_cached("SELECT id FROM person WHERE key = ?1")?.query_row([key], |row| get(row, 0)).optional()?;
        let id = id.ok_or_else(|| Fault::Unreadable(format!("the log names sender {key}, who there is not")))?;
        self.people.insert(key, id);
        Ok(id)
    }

    fn is_unread_by_sender(&self, channel: ChannelKey, sender: UserId, seq: Seq) -> Result<bool, Fault> {
        let mut select = self.sql.prepare_cached("SELECT 1 FROM uncounted WHERE channel = ?1 AND user = ?2 AND seq = ?3")?;
        Ok(select.exists(params![channel, Col(sender), Col(seq)])?)
    }
}
