//! Somebody's channels, the most recently active first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rialto_domain::UserId;
use rialto_domain::channel::{About, ChannelKind};
use rialto_domain::log::Head;
use rialto_domain::ports::{ChannelPage, Cursor, Flags, Listing};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column::{Col, get, get_optional};
use super::fault::Fault;
use super::member::{self, member_columns};
use super::reader::{SeenChannel, View};
use super::tail::ChannelKey;
use super::unread;

/// A page. All of the user's channels are looked at, but only a page of them is kept and filled in.
pub(super) fn page(view: &View<'_>, user: UserId, after: Option<Cursor>, limit: usize) -> Result<ChannelPage, Fault> {
    let mut newest: BinaryHeap<Reverse<(Cursor, ChannelKey)>> = BinaryHeap::new();
    let select = "SELECT c.key, c.id, c.head_at FROM member m JOIN channel c ON c.key = m.channel WHERE m.user = ?1 AND m.active = 1";
    let mut select = view.sql.prepare_cached(select)?;
    let mut rows = select.query([Col(user)])?;
    let mut more = false;
    while let Some(row) = rows.next()? {
        let key = row.get(0)?;
        let stored = Cursor { at: get(row, 2)?, channel: get(row, 1)? };
        let place = view.tails.head(key).map_or(stored, |(head, _)| Cursor { at: head.at.max(stored.at), ..stored });
        if after.is_none_or(|after| place < after) {
            newest.push(Reverse((place, key)));
        }
        if newest.len() > limit {
            newest.pop();
            more = true;
        }
    }
    let places: Vec<(Cursor, ChannelKey)> = newest.into_sorted_vec().into_iter().map(|Reverse(place)| place).collect();
    let next = places.last().map(|(place, _)| *place).filter(|_| more);
    let mut channels = Vec::with_capacity(places.len());
    for (_, key) in places {
        channels.extend(find(view, user, key)?);
    }
    Ok(ChannelPage { channels, next })
}

/// One channel of the list.
pub(super) fn find(view: &View<'_>, user: UserId, key: ChannelKey) -> Result<Option<Listing>, Fault> {
    let mut select = view.sql.prepare_cached(concat!(
        "SELECT c.id, c.kind, c.deleted, c.head_seq, c.head_n, c.head_at, c.active, c.delivered, c.read, c.title, c.description,
                f.muted_until, f.archived, f.pinned, ",
        member_columns!("m."),
        " FROM member m JOIN channel c ON c.key = m.channel LEFT JOIN flag f ON f.user = m.user AND f.channel = m.channel
          WHERE m.channel = ?1 AND m.user = ?2 AND m.active = 1"
    ))?;
    let mut rows = select.query(params![key, Col(user)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (head, minima) = (Head { seq: get(row, 3)?, n: get(row, 4)?, at: get(row, 5)? }, (get(row, 7)?, get(row, 8)?));
    let (head, minima) = view.tails.head(key).filter(|(newer, _)| newer.seq >= head.seq).unwrap_or((head, minima));
    let channel = SeenChannel { key, kind: get(row, 1)?, deleted: row.get(2)?, head };
    let (_, mut member) = member::read(row, 14)?;
    member.position = view.tails.position(key, user, member.position);
    let (unread, mentions) = unread::count(view, &channel, user, &member)?;
    Ok(Some(Listing {
        channel: get(row, 0)?,
        kind: channel.kind,
        about: About { title: row.get(9)?, description: row.get(10)? },
        head,
        members: get(row, 6)?,
        minima,
        peer: peer(view, &channel, user)?,
        role: member.role,
        visible: member.visible.to_vec(),
        position: member.position,
        flags: flags(row, 11)?,
        unread,
        mentions,
    }))
}

/// What a member keeps about a channel.
pub(super) fn kept_flags(sql: &Connection, user: UserId, key: ChannelKey) -> rusqlite::Result<Flags> {
    let mut select = sql.prepare_cached("SELECT muted_until, archived, pinned FROM flag WHERE user = ?1 AND channel = ?2")?;
    Ok(select.query_row(params![Col(user), key], |row| flags(row, 0)).optional()?.unwrap_or_default())
}

/// Reads what a member keeps about a channel, if they ever did.
fn flags(row: &Row<'_>, first: usize) -> rusqlite::Result<Flags> {
    let kept = |index| row.get::<_, Option<bool>>(index).map(Option::unwrap_or_default);
    Ok(Flags { muted_until: get_optional(row, first)?, archived: kept(first + 1)?, pinned: kept(first + 2)? })
}

/// The other member of a direct channel.
fn peer(view: &View<'_>, channel: &SeenChannel, user: UserId) -> Result<Option<UserId>, Fault> {
    if channel.kind != ChannelKind::Direct {
        return Ok(None);
    }
    let mut select = view.sql.prepare_cached("SELECT user FROM member WHERE channel = ?1 AND user <> ?2 LIMIT 1")?;
    Ok(select.query_row(params![channel.key, Col(user)], |row| get(row, 0)).optional()?)
}
