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

/// Where a channel stands in the list, and which one it is.
type Place = (Cursor, ChannelKey);

/// The columns that [`read`] reads, in its order, and whence they come.
macro_rules! selecting {
    ($which:literal) => {
        concat!(
            "SELECT c.key, c.id, c.kind, c.deleted, c.head_seq, c.head_n, c.head_at, c.active, c.delivered, c.read, c.title, c.description,
                    f.muted_until, f.archived, f.pinned, ",
            member_columns!("m."),
            " FROM member m JOIN channel c ON c.key = m.channel LEFT JOIN flag f ON f.user = m.user AND f.channel = m.channel
              WHERE m.user = ?1 AND m.active = 1",
            $which
        )
    };
}

/// A page.
pub(super) fn page(view: &View<'_>, user: UserId, after: Option<Cursor>, limit: usize) -> Result<ChannelPage, Fault> {
    if after.is_none() && is_in_at_most(view, user, limit)? {
        return all(view, user);
    }
    let (places, next) = places(view, user, after, limit)?;
    let mut channels = Vec::with_capacity(places.len());
    for (_, key) in places {
        channels.extend(find(view, user, key)?);
    }
    Ok(ChannelPage { channels, next })
}

/// Is the user in so few channels that they fit on one page?
fn is_in_at_most(view: &View<'_>, user: UserId, limit: usize) -> Result<bool, Fault> {
    let mut count = view.sql.prepare_cached("SELECT count(*) FROM (SELECT 1 FROM member WHERE user = ?1 AND active = 1 LIMIT ?2)")?;
    let found: u64 = count.query_row(params![Col(user), Col((limit as u64).saturating_add(1))], |row| get(row, 0))?;
    Ok(found <= limit as u64)
}

/// All of the user's channels.
fn all(view: &View<'_>, user: UserId) -> Result<ChannelPage, Fault> {
    let mut select = view.sql.prepare_cached(selecting!(""))?;
    let mut rows = select.query([Col(user)])?;
    let mut channels = Vec::new();
    while let Some(row) = rows.next()? {
        channels.push(read(view, user, row)?);
    }
    channels.sort_unstable_by_key(|listing| Reverse(Cursor { at: listing.head.at, channel: listing.channel }));
    Ok(ChannelPage { channels, next: None })
}

/// Which channels stand on a page, and where the next one begins. All of the user's channels are looked at, but only a page
/// of them is kept.
fn places(view: &View<'_>, user: UserId, after: Option<Cursor>, limit: usize) -> Result<(Vec<Place>, Option<Cursor>), Fault> {
    let mut newest: BinaryHeap<Reverse<Place>> = BinaryHeap::new();
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
    let places: Vec<Place> = newest.into_sorted_vec().into_iter().map(|Reverse(place)| place).collect();
    let next = places.last().map(|(place, _)| *place).filter(|_| more);
    Ok((places, next))
}

/// One channel of the list.
pub(super) fn find(view: &View<'_>, user: UserId, key: ChannelKey) -> Result<Option<Listing>, Fault> {
    let mut select = view.sql.prepare_cached(selecting!(" AND m.channel = ?2"))?;
    let mut rows = select.query(params![Col(user), key])?;
    rows.next()?.map(|row| read(view, user, row)).transpose()
}

fn read(view: &View<'_>, user: UserId, row: &Row<'_>) -> Result<Listing, Fault> {
    let key = row.get(0)?;
    let (head, minima) = (Head { seq: get(row, 4)?, n: get(row, 5)?, at: get(row, 6)? }, (get(row, 8)?, get(row, 9)?));
    let (head, minima) = view.tails.head(key).filter(|(newer, _)| newer.seq >= head.seq).unwrap_or((head, minima));
    let channel = SeenChannel { key, kind: get(row, 2)?, deleted: row.get(3)?, head };
    let (_, mut member) = member::read(row, 15)?;
    member.position = view.tails.position(key, user, member.position);
    let (unread, mentions) = unread::count(view, &channel, user, &member)?;
    Ok(Listing {
        channel: get(row, 1)?,
        kind: channel.kind,
        about: About { title: row.get(10)?, description: row.get(11)? },
        head,
        members: get(row, 7)?,
        minima,
        peer: peer(view, &channel, user)?,
        role: member.role,
        visible: member.visible.to_vec(),
        position: member.position,
        flags: flags(row, 12)?,
        unread,
        mentions,
    })
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
