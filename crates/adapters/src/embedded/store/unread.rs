//! How much waits to be read, by subtraction: what was counted since, less what does not count.

use rialto_domain::channel::Member;
use rialto_domain::{Seq, UserId, unread};
use rusqlite::params;

use super::column::{Col, get};
use super::fault::Fault;
use super::reader::{SeenChannel, View};

/// Messages that `user` has not read, and those of them that mention the user. Exact, at a cost that does not grow
/// with their number but with how many of them were deleted or hidden.
pub(super) fn count(view: &View<'_>, channel: &SeenChannel, user: UserId, member: &Member) -> Result<(u64, u64), Fault> {
    let read = member.position.read;
    if unread::at_most(&channel.head, &member.position) == 0 || channel.deleted {
        return Ok((0, 0));
    }
    let (mut messages, mut mentions) = (0, 0);
    for (low, high) in member.visible.iter().filter_map(|interval| interval.overlap(read.next(), channel.head.seq)) {
        let upto = if high == channel.head.seq { channel.head.n } else { view.places().messages_up_to(channel.key, high)? };
        let before = if low == read.next() { member.position.read_n } else { view.places().messages_up_to(channel.key, low.previous())? };
        let counted = upto.saturating_sub(before);
        if counted > 0 {
            let (uncounted, mentioned) = exceptions(view, channel, user, low, high)?;
            messages += counted.saturating_sub(uncounted);
            mentions += mentioned;
        }
    }
    Ok((messages, mentions.min(messages)))
}

/// Messages in `low..=high` that do not count as unread to a user, and those that do and mention the user, or everyone.
fn exceptions(view: &View<'_>, channel: &SeenChannel, user: UserId, low: Seq, high: Seq) -> Result<(u64, u64), Fault> {
    let mut select = view.sql.prepare_cached(
        "SELECT (SELECT count(*) FROM uncounted WHERE channel = ?1 AND user = x'' AND seq BETWEEN ?3 AND ?4)
              + (SELECT count(*) FROM uncounted u WHERE channel = ?1 AND user = ?2 AND seq BETWEEN ?3 AND ?4
                 AND NOT EXISTS (SELECT 1 FROM uncounted WHERE channel = ?1 AND user = x'' AND seq = u.seq)),
                (SELECT count(*) FROM mention m WHERE channel = ?1 AND user = x'' AND seq BETWEEN ?3 AND ?4
                 AND NOT EXISTS (SELECT 1 FROM uncounted WHERE channel = ?1 AND user = x'' AND seq = m.seq)
                 AND NOT EXISTS (SELECT 1 FROM uncounted WHERE channel = ?1 AND user = ?2 AND seq = m.seq))
              + (SELECT count(*) FROM mention m WHERE channel = ?1 AND user = ?2 AND seq BETWEEN ?3 AND ?4
                 AND NOT EXISTS (SELECT 1 FROM mention WHERE channel = ?1 AND user = x'' AND seq = m.seq)
                 AND NOT EXISTS (SELECT 1 FROM uncounted WHERE channel = ?1 AND user = x'' AND seq = m.seq)
                 AND NOT EXISTS (SELECT 1 FROM uncounted WHERE channel = ?1 AND user = ?2 AND seq = m.seq))",
    )?;
    Ok(select.query_row(params![channel.key, Col(user), Col(low), Col(high)], |row| Ok((get(row, 0)?, get(row, 1)?)))?)
}
