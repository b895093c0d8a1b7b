//! What entries change in what was said before: edits, deletions, reactions, pins.

use rialto_domain::entry::{Content, Mentions, Message};
use rialto_domain::{Seq, Timestamp, UserId};
use rusqlite::params;

use super::append::{Effect, write_uncounted};
use super::column::Col;
use super::fault::Fault;
use super::group::Group;
use super::payload::{Kind, decode_message, encode_message};
use super::row::LogRow;
use super::tail::ChannelKey;

impl Effect {
    /// Carries out what an entry changes.
    pub(super) fn take_place(self, group: &mut Group<'_>, channel: ChannelKey, sender: UserId, seq: Seq, at: Timestamp) -> Result<(), Fault> {
        match self {
            Self::Nothing => Ok(()),
            Self::Mention(mentions) => write_mentions(group, channel, seq, &mentions),
            Self::Vacant => write_uncounted(group, channel, None, seq),
            Self::Edit { target, body, mentions } => edit(group, channel, target, body, mentions, at),
            Self::Delete { target } => delete(group, channel, target),
            Self::React { target, emoji, on } => react(group, channel, target, &emoji, sender, on),
            Self::Pin { target, on } => pin(group, channel, target, on),
            Self::DeleteChannel => delete_channel(group, channel),
        }
    }
}

/// The message at a place, unless something else stands there.
fn find_message(group: &Group<'_>, channel: ChannelKey, target: Seq) -> Result<Option<LogRow>, Fault> {
    Ok(group.places().find(channel, target)?.filter(|row| row.kind.is_message()))
}

/// What a message says. One that cannot be read says nothing: it is about to be replaced anyway.
fn said(row: &LogRow) -> Message {
    decode_message(row.kind, row.payload.clone()).unwrap_or_else(|fault| {
        tracing::error!(row = row.id, %fault, "row {} of the log is unreadable and is being replaced", row.id);
        Message::default()
    })
}

fn edit(group: &mut Group<'_>, channel: ChannelKey, target: Seq, body: Option<Content>, mentions: Mentions, at: Timestamp) -> Result<(), Fault> {
    let Some(row) = find_message(group, channel, target)?.filter(|row| row.kind != Kind::Erased) else { return Ok(()) };
    let said = said(&row);
    erase_mentions(group, channel, target, &said.mentions)?;
    write_mentions(group, channel, target, &mentions)?;
    let (kind, payload) = encode_message(Message { body, mentions, ..said })?;
    row.revise(group.sql, kind, &payload, Some(at))?;
    group.memory.erased = true;
    Ok(())
}

fn delete(group: &mut Group<'_>, channel: ChannelKey, target: Seq) -> Result<(), Fault> {
    let Some(row) = find_message(group, channel, target)? else { return Ok(()) };
    let said = said(&row);
    erase_mentions(group, channel, target, &said.mentions)?;
    for command in ["DELETE FROM reaction WHERE channel = ?1 AND target = ?2", "DELETE FROM tally WHERE channel = ?1 AND target = ?2"] {
        group.sql.prepare_cached(command)?.execute(params![channel, Col(target)])?;
    }
    pin(group, channel, target, false)?;
    write_uncounted(group, channel, None, target)?;
    let (kind, payload) = encode_message(Message { body: None, ..said })?;
    row.revise(group.sql, kind, &payload, row.edited_at)?;
    group.memory.erased = true;
    Ok(())
}

fn react(group: &Group<'_>, channel: ChannelKey, target: Seq, emoji: &str, user: UserId, on: bool) -> Result<(), Fault> {
    let key = params![channel, Col(target), emoji, Col(user)];
    let (change, count) = if on {
        (
            "INSERT OR IGNORE INTO reaction (channel, target, emoji, user) VALUES (?1, ?2, ?3, ?4)",
            "INSERT INTO tally (channel, target, emoji, count) VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        )
    } else {
        (
            "DELETE FROM reaction WHERE channel = ?1 AND target = ?2 AND emoji = ?3 AND user = ?4",
            "UPDATE tally SET count = count - 1 WHERE channel = ?1 AND target = ?2 AND emoji = ?3",
        )
    };
    if group.sql.prepare_cached(change)?.execute(key)? == 1 {
        group.sql.prepare_cached(count)?.execute(params![channel, Col(target), emoji])?;
        let none_left = "DELETE FROM tally WHERE channel = ?1 AND target = ?2 AND emoji = ?3 AND count <= 0";
        group.sql.prepare_cached(none_left)?.execute(params![channel, Col(target), emoji])?;
    }
    Ok(())
}

fn pin(group: &Group<'_>, channel: ChannelKey, target: Seq, on: bool) -> Result<(), Fault> {
    let change = if on { "INSERT OR IGNORE INTO pin (channel, seq) VALUES (?1, ?2)" } else { "DELETE FROM pin WHERE channel = ?1 AND seq = ?2" };
    group.sql.prepare_cached(change)?.execute(params![channel, Col(target)])?;
    Ok(())
}

/// From now on readers find the last entry alone; what stood before is erased piece by piece afterwards.
fn delete_channel(group: &mut Group<'_>, channel: ChannelKey) -> Result<(), Fault> {
    for command in ["UPDATE channel SET deleted = 1 WHERE key = ?1", "INSERT OR IGNORE INTO doomed (channel) VALUES (?1)"] {
        group.sql.prepare_cached(command)?.execute([channel])?;
    }
    group.memory.erased = true;
    Ok(())
}

fn write_mentions(group: &Group<'_>, channel: ChannelKey, seq: Seq, mentions: &Mentions) -> Result<(), Fault> {
    let mut insert = group.sql.prepare_cached("INSERT OR IGNORE INTO mention (channel, user, seq) VALUES (?1, ifnull(?2, x''), ?3)")?;
    for user in called(mentions) {
        insert.execute(params![channel, user.map(Col), Col(seq)])?;
    }
    Ok(())
}

fn erase_mentions(group: &Group<'_>, channel: ChannelKey, seq: Seq, mentions: &Mentions) -> Result<(), Fault> {
    let mut delete = group.sql.prepare_cached("DELETE FROM mention WHERE channel = ?1 AND user = ifnull(?2, x'') AND seq = ?3")?;
    for user in called(mentions) {
        delete.execute(params![channel, user.map(Col), Col(seq)])?;
    }
    Ok(())
}

/// Those whom mentions call; `None` is everyone.
fn called(mentions: &Mentions) -> impl Iterator<Item = Option<UserId>> {
    mentions.all.then_some(None).into_iter().chain(mentions.users.iter().copied().map(Some))
}
