//! Somebody's channels, the most recently active first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rialto_domain::channel::{About, ChannelKind, Member};
use rialto_domain::ports::{ChannelPage, Cursor, Listing};
use rialto_domain::{ChannelId, Seq, UserId};
use rusqlite::{OptionalExtension, params};

use super::channels::{find_member, flags};
use super::column::{Col, get};
use super::fault::Fault;
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
    for (place, _) in places {
        channels.extend(find(view, user, place.channel)?);
    }
    Ok(ChannelPage { channels, next })
}

/// One channel of the list.
pub(super) fn find(view: &View<'_>, user: UserId, id: ChannelId) -> Result<Option<Listing>, Fault> {
    let Some(channel) = view.find_channel(id)? else { return Ok(None) };
    let Some(member) = find_member(view, channel.key, user)?.filter(Member::is_active) else { return Ok(None) };
    let mut select = view.sql.prepare_cached("SELECT active, delivered, read, title, description FROM channel WHERE key = ?1")?;
    let row = select.query_row([channel.key], |row| {
        let minima: (Seq, Seq) = (get(row, 1)?, get(row, 2)?);
        Ok((get(row, 0)?, minima, About { title: row.get(3)?, description: row.get(4)? }))
    });
    let (members, stored, about) = row?;
    let (unread, mentions) = unread::count(view, &channel, user, &member)?;
    Ok(Some(Listing {
        channel: id,
        kind: channel.kind,
        about,
        head: channel.head,
        members,
        minima: view.tails.head(channel.key).map_or(stored, |(_, minima)| minima),
        peer: peer(view, &channel, user)?,
        role: member.role,
        visible: member.visible.to_vec(),
        position: member.position,
        flags: flags(view, channel.key, user)?,
        unread,
        mentions,
    }))
}

/// The other member of a direct channel.
fn peer(view: &View<'_>, channel: &SeenChannel, user: UserId) -> Result<Option<UserId>, Fault> {
    if channel.kind != ChannelKind::Direct {
        return Ok(None);
    }
    let mut select = view.sql.prepare_cached("SELECT user FROM member WHERE channel = ?1 AND user <> ?2 LIMIT 1")?;
    Ok(select.query_row(params![channel.key, Col(user)], |row| get(row, 0)).optional()?)
}
