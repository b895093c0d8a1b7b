//! Erasing what deleted channels held, a little in each commit.
//!
//! Their rows in the log stay, without content: to take them out would move others, see `revision`.

use rialto_domain::{ChannelId, Seq};
use rusqlite::{OptionalExtension, params};

use super::column::get;
use super::fault::Fault;
use super::group::Group;
use super::row::LogRow;
use super::tag::{Salt, tag};
use super::tail::ChannelKey;

/// Entries erased in one commit.
const ENTRIES: u64 = 256;

/// What else is kept by channel. Each command deletes a bounded number of rows.
const REST: [&str; 7] = [
    "DELETE FROM reaction WHERE channel = ?1 AND (target, emoji, user) IN (SELECT target, emoji, user FROM reaction WHERE channel = ?1 LIMIT 1024)",
    "DELETE FROM tally WHERE channel = ?1 AND (target, emoji) IN (SELECT target, emoji FROM tally WHERE channel = ?1 LIMIT 1024)",
    "DELETE FROM mention WHERE channel = ?1 AND (user, seq) IN (SELECT user, seq FROM mention WHERE channel = ?1 LIMIT 1024)",
    "DELETE FROM uncounted WHERE channel = ?1 AND (user, seq) IN (SELECT user, seq FROM uncounted WHERE channel = ?1 LIMIT 1024)",
    "DELETE FROM hidden WHERE channel = ?1 AND (user, seq) IN (SELECT user, seq FROM hidden WHERE channel = ?1 LIMIT 1024)",
    "DELETE FROM pin WHERE channel = ?1 AND seq IN (SELECT seq FROM pin WHERE channel = ?1 LIMIT 1024)",
    "DELETE FROM run WHERE channel = ?1 AND seq < (SELECT head_seq FROM channel WHERE key = ?1)",
];

/// Erases some entries of a deleted channel. False when there is nothing to erase until more was folded.
pub(super) fn erase_some(group: &mut Group<'_>, salt: &Salt) -> Result<bool, Fault> {
    let doomed = "SELECT c.key, c.id, c.head_seq FROM doomed d JOIN channel c ON c.key = d.channel ORDER BY c.key";
    let mut select = group.sql.prepare_cached(doomed)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (channel, id, head): (ChannelKey, ChannelId, Seq) = (row.get(0)?, get(row, 1)?, get(row, 2)?);
        // What is still in the tail is not in the tables yet.
        if group.tails.head(channel).is_some() {
            continue;
        }
        if !erase_entries(group, channel, id, head, salt)? && !erase_rest(group, channel)? {
            group.sql.prepare_cached("DELETE FROM doomed WHERE channel = ?1")?.execute([channel])?;
        }
        group.memory.erased = true;
        return Ok(true);
    }
    Ok(false)
}

/// Erases the oldest entries, all but the last one: that the channel was deleted. False when there are none left.
fn erase_entries(group: &Group<'_>, channel: ChannelKey, id: ChannelId, head: Seq, salt: &Salt) -> Result<bool, Fault> {
    let first = group.sql.prepare_cached("SELECT min(seq) FROM run WHERE channel = ?1")?.query_row([channel], |row| row.get::<_, Option<i64>>(0))?;
    let Some(first) = first.map(|seq| Seq(seq.cast_unsigned())).filter(|first| *first < head) else { return Ok(false) };
    let upto = Seq(first.0 + ENTRIES - 1).min(head.previous());
    // The run that goes on beyond what is erased now begins there from now on.
    for next in group.places().runs(channel, upto.next(), upto.next())? {
        group.sql.prepare_cached("INSERT OR IGNORE INTO run (channel, seq, id) VALUES (?1, ?2, ?3)")?.execute((channel, next.seq.cast_signed(), next.id))?;
    }
    for row in group.places().rows(channel, first, upto)? {
        erase_entry(group, id, &row, salt)?;
    }
    let erase = "DELETE FROM run WHERE channel = ?1 AND seq <= ?2";
    group.sql.prepare_cached(erase)?.execute((channel, upto.0.cast_signed()))?;
    Ok(true)
}

fn erase_entry(group: &Group<'_>, channel: ChannelId, row: &LogRow, salt: &Salt) -> Result<(), Fault> {
    if let Some(client_id) = row.client_id {
        let sender = group.sql.prepare_cached("SELECT id FROM person WHERE key = ?1")?.query_row([row.sender], |row| get(row, 0)).optional()?;
        if let Some(sender) = sender {
            let erase = "DELETE FROM client WHERE tag = ?1 AND id = ?2";
            group.sql.prepare_cached(erase)?.execute(params![tag(salt, client_id, sender, channel), row.id])?;
        }
    }
    row.blank(group.sql)
}

/// Erases some of what else there is. False when there is nothing left.
fn erase_rest(group: &Group<'_>, channel: ChannelKey) -> Result<bool, Fault> {
    let mut erased = 0;
    for command in REST {
        erased += group.sql.prepare_cached(command)?.execute([channel])?;
    }
    Ok(erased > 0)
}
