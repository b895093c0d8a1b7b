//! Rows of members.

use rialto_domain::channel::Member;
use rialto_domain::log::Interval;
use rialto_domain::position::Position;
use rialto_domain::{Seq, UserId};
use rusqlite::{CachedStatement, Connection, Row, params};

use super::column::{Col, get};
use super::fault::Fault;
use super::payload::{Payload, pack, unpack};
use super::tail::ChannelKey;

/// The columns that [`position`] reads, in its order.
macro_rules! position_columns {
    () => {
        "delivered, read, read_n, delivered_at, read_at"
    };
}
pub(super) use position_columns;

/// Reads a position from five columns on.
pub(super) fn position(row: &Row<'_>, first: usize) -> rusqlite::Result<Position> {
    Ok(Position {
        delivered: get(row, first)?,
        read: get(row, first + 1)?,
        read_n: get(row, first + 2)?,
        delivered_at: get(row, first + 3)?,
        read_at: get(row, first + 4)?,
    })
}

/// Reads the intervals of a membership.
pub(super) fn visible(packed: &[u8]) -> Result<Vec<Interval>, Fault> {
    let pairs: Vec<(Seq, Option<Seq>)> = unpack(packed)?;
    Ok(pairs.into_iter().map(|(from, to)| Interval { from, to }).collect())
}

fn pack_visible(intervals: &[Interval]) -> Result<Payload, Fault> {
    let pairs: Vec<(Seq, Option<Seq>)> = intervals.iter().map(|interval| (interval.from, interval.to)).collect();
    pack(&pairs)
}

/// Writes a member's row. Their position only ever moves forward.
pub(super) fn put(sql: &Connection, channel: ChannelKey, user: UserId, member: &Member) -> Result<(), Fault> {
    let mut upsert = sql.prepare_cached(concat!(
        "INSERT INTO member (channel, user, active, role, blocking, visible, ",
        position_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (channel, user) DO UPDATE SET
           active = excluded.active, role = excluded.role, blocking = excluded.blocking, visible = excluded.visible,
           delivered = max(delivered, excluded.delivered),
           delivered_at = iif(excluded.delivered > delivered, excluded.delivered_at, delivered_at),
           read = max(read, excluded.read),
           read_n = iif(excluded.read > read, excluded.read_n, read_n),
           read_at = iif(excluded.read > read, excluded.read_at, read_at)",
    ))?;
    let at = &member.position;
    upsert.execute(params![
        channel,
        Col(user),
        member.is_active(),
        Col(member.role),
        member.blocking,
        pack_visible(&member.visible)?,
        Col(at.delivered),
        Col(at.read),
        Col(at.read_n),
        Col(at.delivered_at),
        Col(at.read_at),
    ])?;
    Ok(())
}

/// The command that moves the position in a member's row forward.
pub(super) fn advancing(sql: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    sql.prepare_cached(
        "UPDATE member SET
           delivered = max(delivered, ?3), delivered_at = iif(?3 > delivered, ?6, delivered_at),
           read = max(read, ?4), read_n = iif(?4 > read, ?5, read_n), read_at = iif(?4 > read, ?7, read_at)
         WHERE channel = ?1 AND user = ?2",
    )
}

/// Moves a position by that command.
pub(super) fn advance(advancing: &mut CachedStatement<'_>, channel: ChannelKey, user: UserId, to: &Position) -> Result<(), Fault> {
    advancing.execute(params![channel, Col(user), Col(to.delivered), Col(to.read), Col(to.read_n), Col(to.delivered_at), Col(to.read_at)])?;
    Ok(())
}

/// The columns that [`read`] reads, in its order, with a table's name and a dot before each.
macro_rules! member_columns {
    ($table:literal) => {
        concat!(
            $table,
            "user, ",
            $table,
            "role, ",
            $table,
            "blocking, ",
            $table,
            "visible, ",
            $table,
            "delivered, ",
            $table,
            "read, ",
            $table,
            "read_n, ",
            $table,
            "delivered_at, ",
            $table,
            "read_at"
        )
    };
}
pub(super) use member_columns;

/// Reads a member from nine columns on.
pub(super) fn read(row: &Row<'_>, first: usize) -> Result<(UserId, Member), Fault> {
    let visible = visible(row.get_ref(first + 3)?.as_blob().map_err(|error| Fault::Unreadable(error.to_string()))?)?;
    let (role, blocking, position) = (get(row, first + 1)?, row.get(first + 2)?, position(row, first + 4)?);
    Ok((get(row, first)?, Member { role, visible: visible.into(), position, blocking }))
}

/// A member's row as it is stored, present or former.
pub(super) fn find(sql: &Connection, channel: ChannelKey, user: UserId) -> Result<Option<Member>, Fault> {
    let mut select = sql.prepare_cached(concat!("SELECT ", member_columns!(""), " FROM member WHERE channel = ?1 AND user = ?2"))?;
    let mut rows = select.query(params![channel, Col(user)])?;
    rows.next()?.map(|row| read(row, 0).map(|(_, member)| member)).transpose()
}

/// All members as they are stored, present and former, in the order of their ids.
pub(super) fn all(sql: &Connection, channel: ChannelKey) -> Result<Vec<(UserId, Member)>, Fault> {
    let mut select = sql.prepare_cached(concat!("SELECT ", member_columns!(""), " FROM member WHERE channel = ?1 ORDER BY user"))?;
    select.query_and_then([channel], |row| read(row, 0))?.collect()
}

/// A page of present members as they are stored, in the order of their ids.
pub(super) fn page(sql: &Connection, channel: ChannelKey, after: Option<UserId>, limit: usize) -> Result<Vec<(UserId, Member)>, Fault> {
    let mut select = sql.prepare_cached(concat!(
        "SELECT ",
        member_columns!(""),
        " FROM member WHERE channel = ?1 AND user > ifnull(?2, x'') AND active = 1 ORDER BY user LIMIT ?3"
    ))?;
    select.query_and_then(params![channel, after.map(Col), Col(limit as u64)], |row| read(row, 0))?.collect()
}
