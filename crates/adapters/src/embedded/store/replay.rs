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
    channels: HashMap<ChannelKey, ReplayedChannel>,
    people: HashMap<PersonKey, UserId>,
}

#[derive(Clone, Copy)]
struct ReplayedChannel {
    id: ChannelId,
    /// There are messages in it that do not count as unread to somebody.
    has_uncounted: bool,
}

impl Replay<'_> {
    fn entry(&mut self, row: &LogRow, salt: &Salt) -> Result<(), Fault> {
        let (channel, sender) = (self.channel(row.channel)?, self.person(row.sender)?);
        let known = self.tail.channels.entry(row.channel).or_default();
        known.head = Head { seq: row.seq, n: row.n, at: row.at };
        known.push(row.seq, row.id);
        self.tail.entries += 1;
        if let Some(client_id) = row.client_id {
            self.tail.clients.entry(tag(salt, client_id, sender, channel.id)).or_default().push(row.id);
        }
        // Whoever writes has read what stands above, if nothing else was noted.
        if row.kind.is_message() && !(channel.has_uncounted && self.is_uncounted(row.channel, sender, row.seq)?) {
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

    /// A channel. What the tail holds of it begins with its row.
    fn channel(&mut self, key: ChannelKey) -> Result<ReplayedChannel, Fault> {
        if let Some(channel) = self.channels.get(&key) {
            return Ok(*channel);
        }
        let mut select = self.sql.prepare_cached(
            "SELECT id, EXISTS (SELECT 1 FROM uncounted WHERE channel = ?1), head_seq, head_n, head_at, delivered, read FROM channel WHERE key = ?1",
        )?;
        let row = select.query_row([key], |row| {
            let head = Head { seq: get(row, 2)?, n: get(row, 3)?, at: get(row, 4)? };
            let tail = ChannelTail { head, minima: (get(row, 5)?, get(row, 6)?), runs: Vec::new() };
            Ok((ReplayedChannel { id: get(row, 0)?, has_uncounted: row.get(1)? }, tail))
        });
        let (channel, tail) = row.optional()?.ok_or_else(|| Fault::Unreadable(format!("the log names channel {key}, which there is not")))?;
        self.channels.insert(key, channel);
        self.tail.channels.insert(key, tail);
        Ok(channel)
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

    fn is_uncounted(&self, channel: ChannelKey, sender: UserId, seq: Seq) -> Result<bool, Fault> {
        let mut select = self.sql.prepare_cached("SELECT 1 FROM uncounted WHERE channel = ?1 AND user = ?2 AND seq = ?3")?;
        Ok(select.exists(params![channel, Col(sender), Col(seq)])?)
    }
}
