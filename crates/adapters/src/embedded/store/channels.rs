//! Channels and memberships behind their port.

use async_trait::async_trait;
use rialto_domain::channel::{About, ChannelKind, Member};
use rialto_domain::log::Head;
use rialto_domain::ports::{ChannelPage, ChannelStore, Cursor, FlagChange, Flags, Invite, Listing, MemberRow, NewChannel, Opened, PortResult, Roster};
use rialto_domain::position::Minima;
use rialto_domain::{ChannelId, Seq, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::append::{PreparedEntry, note_senders, prepare_entry, write_entries, write_uncounted};
use super::column::{Col, get, get_optional};
use super::fault::Fault;
use super::group::{Group, Known};
use super::job::Guard;
use super::reader::View;
use super::{Store, listing, member};

#[async_trait]
impl ChannelStore for Store {
    async fn create(&self, channel: NewChannel) -> PortResult<Opened> {
        let NewChannel { id, kind, about, members, entries } = channel;
        let head = entries.last().map_or_else(Head::default, |last| Head { seq: last.seq, n: last.n, at: last.at });
        let entries = entries.into_iter().map(|entry| prepare_entry(entry, self.salt())).collect::<Result<Vec<_>, _>>()?;
        let weight = 1024 * (1 + entries.len()) + 256 * members.len();
        let birth = Birth { id, kind, about, members, entries, head };
        self.write(Guard::Checks, weight, move |group| birth.take_place(group)).await
    }

    async fn find_direct(&self, one: UserId, other: UserId) -> PortResult<Option<ChannelId>> {
        self.read(move |view| find_direct(view.sql, one, other)).await
    }

    async fn roster(&self, channel: ChannelId) -> PortResult<Roster> {
        self.read(move |view| roster(view, channel)).await
    }

    async fn find_member(&self, channel: ChannelId, user: UserId) -> PortResult<Option<Member>> {
        self.read(move |view| match view.find_channel(channel)? {
            Some(channel) => find_member(view, channel.key, user),
            None => Ok(None),
        })
        .await
    }

    async fn list(&self, user: UserId, after: Option<Cursor>, limit: usize) -> PortResult<ChannelPage> {
        self.read(move |view| listing::page(view, user, after, limit)).await
    }

    async fn find_listing(&self, user: UserId, channel: ChannelId) -> PortResult<Option<Listing>> {
        self.read(move |view| match view.find_channel(channel)? {
            Some(channel) => listing::find(view, user, channel.key),
            None => Ok(None),
        })
        .await
    }

    async fn memberships(&self, user: UserId) -> PortResult<Vec<ChannelId>> {
        self.read(move |view| {
            let select = "SELECT c.id FROM member m JOIN channel c ON c.key = m.channel WHERE m.user = ?1 AND m.active = 1";
            let mut select = view.sql.prepare_cached(select)?;
            Ok(select.query_map([Col(user)], |row| get(row, 0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn acquainted(&self, one: UserId, other: UserId) -> PortResult<bool> {
        self.read(move |view| {
            let select = "SELECT 1 FROM member a JOIN member b ON b.channel = a.channel
                          WHERE a.user = ?1 AND a.active = 1 AND b.user = ?2 AND b.active = 1";
            Ok(view.sql.prepare_cached(select)?.exists((Col(one), Col(other)))?)
        })
        .await
    }

    async fn members(&self, channel: ChannelId, after: Option<UserId>, limit: usize) -> PortResult<Vec<MemberRow>> {
        self.read(move |view| {
            let channel = view.channel(channel)?.key;
            let rows = member::page(view.sql, channel, after, limit)?;
            let row = |(user, Member { role, visible, position, .. }): (UserId, Member)| MemberRow {
                user,
                role,
                since: visible.last().map_or(Seq::ZERO, |interval| interval.from),
                position: view.tails.position(channel, user, position),
            };
            Ok(rows.into_iter().map(row).collect())
        })
        .await
    }

    async fn change_flags(&self, user: UserId, channel: ChannelId, change: FlagChange) -> PortResult<Flags> {
        self.write(Guard::Undo, 1024, move |group| {
            let channel = group.channel(channel)?.key;
            let flags = listing::kept_flags(group.sql, user, channel)?.changed(change);
            let put = "INSERT OR REPLACE INTO flag (user, channel, muted_until, archived, pinned) VALUES (?1, ?2, ?3, ?4, ?5)";
            group.sql.prepare_cached(put)?.execute(params![Col(user), channel, flags.muted_until.map(Col), flags.archived, flags.pinned])?;
            Ok(flags)
        })
        .await
    }

    async fn hide(&self, user: UserId, channel: ChannelId, seq: Seq) -> PortResult<()> {
        self.write(Guard::Undo, 1024, move |group| hide(group, user, channel, seq)).await
    }

    async fn put_invite(&self, invite: Invite) -> PortResult<()> {
        self.write(Guard::Undo, 1024, move |group| {
            let put = "INSERT OR REPLACE INTO invite (digest, channel, made_by, expires_at, uses_left) VALUES (?1, ?2, ?3, ?4, ?5)";
            let Invite { digest, channel, by, expires_at, uses_left } = invite;
            group.sql.prepare_cached(put)?.execute(params![digest, Col(channel), Col(by), expires_at.map(Col), uses_left])?;
            Ok(())
        })
        .await
    }

    async fn use_invite(&self, digest: [u8; 32], now: Timestamp) -> PortResult<Option<ChannelId>> {
        self.write(Guard::Undo, 1024, move |group| {
            let mut select = group.sql.prepare_cached("SELECT channel, expires_at, uses_left FROM invite WHERE digest = ?1")?;
            let invite = select.query_row([digest], |row| Ok((get(row, 0)?, get_optional(row, 1)?, get_optional::<u64>(row, 2)?))).optional()?;
            let good = invite.filter(|(_, end, uses_left)| end.is_none_or(|end: Timestamp| now < end) && *uses_left != Some(0));
            let Some((channel, ..)) = good else { return Ok(None) };
            group.sql.prepare_cached("UPDATE invite SET uses_left = uses_left - 1 WHERE digest = ?1")?.execute([digest])?;
            Ok(Some(channel))
        })
        .await
    }

    async fn return_use(&self, digest: [u8; 32]) -> PortResult<()> {
        self.write(Guard::Undo, 1024, move |group| {
            group.sql.prepare_cached("UPDATE invite SET uses_left = uses_left + 1 WHERE digest = ?1")?.execute([digest])?;
            Ok(())
        })
        .await
    }
}

/// A channel that is about to be made.
struct Birth {
    id: ChannelId,
    kind: ChannelKind,
    about: About,
    members: Vec<(UserId, Member)>,
    entries: Vec<PreparedEntry>,
    head: Head,
}

impl Birth {
    fn take_place(self, group: &mut Group<'_>) -> Result<Opened, Fault> {
        let Self { id, kind, about, members, entries, head } = self;
        let pair = match &members[..] {
            [(one, _), (other, _)] if kind == ChannelKind::Direct => Some((*one.min(other), *one.max(other))),
            _ => None,
        };
        if let Some((low, high)) = pair
            && let Some(existing) = find_direct(group.sql, low, high)?
        {
            return Ok(Opened::Existing(existing));
        }
        match group.channel(id) {
            Err(Fault::NotFound) => {}
            known => return known.and(Err(Fault::Conflict)),
        }
        let mut minima = Minima::default();
        let present = members.iter().filter(|(_, member)| member.is_active()).inspect(|(_, member)| minima.insert(&member.position)).count();
        let minima = (minima.delivered(), minima.read());
        let insert = "INSERT INTO channel (id, kind, deleted, active, head_seq, head_n, head_at, delivered, read, title, description)
                      VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let About { title, description } = about;
        let values =
            params![Col(id), Col(kind), Col(present as u64), Col(head.seq), Col(head.n), Col(head.at), Col(minima.0), Col(minima.1), title, description];
        let key = group.sql.prepare_cached(insert)?.insert(values)?;
        if let Some((low, high)) = pair {
            group.sql.prepare_cached("INSERT INTO direct (low, high, channel) VALUES (?1, ?2, ?3)")?.execute(params![Col(low), Col(high), key])?;
        }
        for (user, member) in &members {
            member::put(group.sql, key, *user, member)?;
        }
        note_senders(group, key, &entries, &members, &[])?;
        write_entries(group, key, entries)?;
        group.know(id, Known { key, head, minima });
        Ok(Opened::Created)
    }
}

fn find_direct(sql: &Connection, one: UserId, other: UserId) -> Result<Option<ChannelId>, Fault> {
    let mut select = sql.prepare_cached("SELECT c.id FROM direct d JOIN channel c ON c.key = d.channel WHERE d.low = ?1 AND d.high = ?2")?;
    Ok(select.query_row((Col(one.min(other)), Col(one.max(other))), |row| get(row, 0)).optional()?)
}

fn roster(view: &View<'_>, channel: ChannelId) -> Result<Roster, Fault> {
    let channel = view.channel(channel)?;
    if channel.deleted {
        return Err(Fault::NotFound);
    }
    let mut select = view.sql.prepare_cached("SELECT user, role FROM member WHERE channel = ?1 AND active = 1 ORDER BY user")?;
    let members = select.query_map([channel.key], |row| Ok((get(row, 0)?, get(row, 1)?)))?.collect::<Result<_, _>>()?;
    Ok(Roster { kind: channel.kind, members })
}

/// A member's row with their position as it is now.
fn find_member(view: &View<'_>, channel: i64, user: UserId) -> Result<Option<Member>, Fault> {
    let stored = member::find(view.sql, channel, user)?;
    Ok(stored.map(|stored| Member { position: view.tails.position(channel, user, stored.position), ..stored }))
}

fn hide(group: &mut Group<'_>, user: UserId, channel: ChannelId, seq: Seq) -> Result<(), Fault> {
    let Known { key, head, .. } = group.channel(channel)?;
    if seq > head.seq {
        return Ok(());
    }
    let hide = "INSERT OR IGNORE INTO hidden (channel, user, seq) VALUES (?1, ?2, ?3)";
    group.sql.prepare_cached(hide)?.execute(params![key, Col(user), Col(seq)])?;
    // One's own messages never count; to note that here would tell a replay that the sender did not read them.
    let own = group.find_person(user)?;
    match group.places().find(key, seq)? {
        Some(row) if row.kind.is_message() && Some(row.sender) != own => write_uncounted(group, key, Some(user), seq),
        _ => Ok(()),
    }
}
