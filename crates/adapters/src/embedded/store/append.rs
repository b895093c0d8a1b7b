//! Appends, on their way into the log.

use std::collections::HashMap;

use rialto_domain::channel::{About, Member};
use rialto_domain::entry::{Content, Entry, Event, Mentions};
use rialto_domain::log::Head;
use rialto_domain::ports::Append;
use rialto_domain::position::Position;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use rusqlite::{CachedStatement, params};

use super::column::Col;
use super::fault::Fault;
use super::group::{Group, Known};
use super::member;
use super::payload::{self, Kind, Payload};
use super::row::LogRow;
use super::tag::{Salt, tag};
use super::tail::ChannelKey;

/// An append whose rows are made up: what can be done before the writer's turn is done.
#[derive(Debug)]
pub(super) struct Prepared {
    channel: ChannelId,
    expected: Seq,
    entries: Vec<PreparedEntry>,
    members: Vec<(UserId, Member)>,
    positions: Vec<(UserId, Position)>,
    minima: (Seq, Seq),
    active: usize,
    about: Option<About>,
}

#[derive(Debug)]
pub(super) struct PreparedEntry {
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) sender: UserId,
    client_id: Option<ClientId>,
    tag: Option<i64>,
    n: u64,
    kind: Kind,
    payload: Payload,
    pub(super) effect: Effect,
}

/// What an entry changes besides the log's end.
#[derive(Debug)]
pub(super) enum Effect {
    Nothing,
    /// A message calls people.
    Mention(Mentions),
    /// A message came without content.
    Vacant,
    Edit {
        target: Seq,
        body: Option<Content>,
        mentions: Mentions,
    },
    Delete {
        target: Seq,
    },
    React {
        target: Seq,
        emoji: String,
        on: bool,
    },
    Pin {
        target: Seq,
        on: bool,
    },
    DeleteChannel,
}

impl Effect {
    fn of(event: &mut Event) -> Self {
        match event {
            Event::Message(message) if message.body.is_none() => Self::Vacant,
            Event::Message(message) if !message.mentions.is_empty() => Self::Mention(message.mentions.clone()),
            Event::Edit { target, body, mentions } => Self::Edit { target: *target, body: body.take(), mentions: std::mem::take(mentions) },
            Event::Delete { target } => Self::Delete { target: *target },
            Event::Reaction { target, emoji, on } => Self::React { target: *target, emoji: emoji.clone(), on: *on },
            Event::Pin { target, on } => Self::Pin { target: *target, on: *on },
            Event::Channel(change) if change.deleted => Self::DeleteChannel,
            Event::Message(_) | Event::Member { .. } | Event::Channel(_) => Self::Nothing,
        }
    }
}

/// The rows of an entry.
pub(super) fn prepare_entry(entry: Entry, salt: &Salt) -> Result<PreparedEntry, Fault> {
    let Entry { channel, seq, at, sender, client_id, n, mut event } = entry;
    let effect = Effect::of(&mut event);
    let (kind, payload) = payload::encode(event)?;
    let tag = client_id.map(|client_id| tag(salt, client_id, sender, channel));
    Ok(PreparedEntry { seq, at, sender, client_id, tag, n, kind, payload, effect })
}

impl Prepared {
    pub(super) fn new(append: Append, salt: &Salt) -> Result<Self, Fault> {
        let Append { channel, expected, entries, members, positions, minima, active, about } = append;
        let entries = entries.into_iter().map(|entry| prepare_entry(entry, salt)).collect::<Result<_, _>>()?;
        Ok(Self { channel, expected, entries, members, positions, minima, active, about })
    }

    /// Roughly what it adds to a commit, where a small entry weighs a thousandth of the most that one commit takes.
    pub(super) fn weight(&self) -> usize {
        let entries: usize = self.entries.iter().map(|entry| entry.payload.size_bytes().max(1024)).sum();
        entries + 256 * (self.positions.len() + self.members.len())
    }
}

/// Appends a batch: all of it, or nothing.
pub(super) fn append(group: &mut Group<'_>, batch: Vec<Prepared>) -> Result<(), Fault> {
    check(group, &batch)?;
    batch.into_iter().try_for_each(|append| write(group, append))
}

/// Does every append fit on the log as the ones before it leave it? Nothing is written before this is known.
fn check(group: &mut Group<'_>, batch: &[Prepared]) -> Result<(), Fault> {
    let mut heads: HashMap<ChannelId, Seq> = HashMap::with_capacity(batch.len());
    for append in batch {
        let head = match heads.get(&append.channel) {
            Some(head) => *head,
            None => group.channel(append.channel)?.head.seq,
        };
        let follows = append.entries.iter().zip(append.expected.next().0..).all(|(entry, seq)| entry.seq.0 == seq);
        if head != append.expected || !follows {
            return Err(Fault::Conflict);
        }
        heads.insert(append.channel, Seq(head.0.saturating_add(append.entries.len() as u64)));
    }
    Ok(())
}

fn write(group: &mut Group<'_>, append: Prepared) -> Result<(), Fault> {
    let Prepared { channel, entries, members, positions, minima, active, about, .. } = append;
    let Known { key, head, .. } = group.channel(channel)?;
    let head = entries.last().map_or(head, |last| Head { seq: last.seq, n: last.n, at: last.at });
    let own = note_senders(group, key, &entries, &members, &positions)?;
    write_entries(group, key, entries)?;
    for (user, position) in positions {
        group.pending.advance(key, user, position);
        // Whoever writes has read what stands above: after a crash the log itself says so.
        if own.get(&user) != Some(&position) {
            write_mark(group, key, user, &position, minima)?;
        }
    }
    for (user, member) in &members {
        member::put(group.sql, key, *user, member)?;
    }
    group.know(channel, Known { key, head, minima });
    if !members.is_empty() || about.is_some() {
        write_channel(group, key, &head, minima, active, about.as_ref())?;
    }
    Ok(())
}

/// Finds where senders stand by having written, and notes messages that their senders' positions do not follow.
pub(super) fn note_senders(
    group: &Group<'_>,
    key: ChannelKey,
    entries: &[PreparedEntry],
    members: &[(UserId, Member)],
    positions: &[(UserId, Position)],
) -> Result<HashMap<UserId, Position>, Fault> {
    let messages = || entries.iter().filter(|entry| entry.kind.is_message());
    let own: HashMap<_, _> = messages().map(|entry| (entry.sender, Position::starting_at(entry.seq, entry.n, entry.at))).collect();
    if own.is_empty() {
        return Ok(own);
    }
    let mut read: HashMap<UserId, Seq> = positions.iter().map(|(user, position)| (*user, position.read)).collect();
    read.extend(members.iter().map(|(user, member)| (*user, member.position.read)));
    for entry in messages().filter(|entry| read.get(&entry.sender).is_none_or(|read| *read < entry.seq)) {
        write_uncounted(group, key, Some(entry.sender), entry.seq)?;
    }
    Ok(own)
}

/// Writes entries at the log's end, with what follows from each.
pub(super) fn write_entries(group: &mut Group<'_>, channel: ChannelKey, entries: Vec<PreparedEntry>) -> Result<(), Fault> {
    let mut inserting = LogRow::inserting(group.sql)?;
    entries.into_iter().try_for_each(|entry| write_entry(group, &mut inserting, channel, entry))
}

fn write_entry(group: &mut Group<'_>, inserting: &mut CachedStatement<'_>, channel: ChannelKey, entry: PreparedEntry) -> Result<(), Fault> {
    let sender = group.person(entry.sender)?;
    let id = group.memory.last.entry + 1;
    let PreparedEntry { seq, at, client_id, tag, n, kind, payload, effect, .. } = entry;
    LogRow { id, channel, seq, at, sender, client_id, kind, n, payload, edited_at: None, revision: None }.insert(inserting)?;
    group.memory.last.entry = id;
    group.pending.entries += 1;
    group.pending.channels.entry(channel).or_default().push(seq, id);
    if let Some(tag) = tag {
        group.pending.clients.entry(tag).or_default().push(id);
    }
    effect.take_place(group, channel, entry.sender, seq, at)
}

/// Notes in the journal that a position moved.
fn write_mark(group: &mut Group<'_>, channel: ChannelKey, user: UserId, at: &Position, minima: (Seq, Seq)) -> Result<(), Fault> {
    let id = group.memory.last.mark + 1;
    group.sql.prepare_cached("INSERT INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(params![
        id,
        channel,
        Col(user),
        Col(at.delivered),
        Col(at.read),
        Col(at.read_n),
        Col(at.delivered_at),
        Col(at.read_at),
        Col(minima.0),
        Col(minima.1),
    ])?;
    group.memory.last.mark = id;
    Ok(())
}

/// Notes that a message does not count as unread: to one user, or to nobody any more.
pub(super) fn write_uncounted(group: &Group<'_>, channel: ChannelKey, user: Option<UserId>, seq: Seq) -> Result<(), Fault> {
    let mut insert = group.sql.prepare_cached("INSERT OR IGNORE INTO uncounted (channel, user, seq) VALUES (?1, ifnull(?2, x''), ?3)")?;
    insert.execute(params![channel, user.map(Col), Col(seq)])?;
    Ok(())
}

/// Writes a channel's row when more changed than its log's end.
fn write_channel(group: &Group<'_>, key: ChannelKey, head: &Head, minima: (Seq, Seq), active: usize, about: Option<&About>) -> Result<(), Fault> {
    group
        .sql
        .prepare_cached("UPDATE channel SET active = ?2, head_seq = ?3, head_n = ?4, head_at = ?5, delivered = ?6, read = ?7 WHERE key = ?1")?
        .execute(params![key, Col(active as u64), Col(head.seq), Col(head.n), Col(head.at), Col(minima.0), Col(minima.1)])?;
    if let Some(about) = about {
        group.sql.prepare_cached("UPDATE channel SET title = ?2, description = ?3 WHERE key = ?1")?.execute(params![key, about.title, about.description])?;
    }
    Ok(())
}
