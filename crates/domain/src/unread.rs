//! Unread counts, derived from positions and never counted up, so that they cannot drift.

use crate::entry::{Entry, Event};
use crate::id::UserId;
use crate::log::{Head, Seq};
use crate::position::Position;

/// Beyond this many, clients show "999+" and the bound from [`at_most`] is good enough.
pub const DISPLAY_CAP: u64 = 999;

/// At most how many messages are unread, in O(1): what was counted since the read position,
/// including messages that were deleted meanwhile.
pub const fn at_most(head: &Head, position: &Position) -> u64 {
    head.n.saturating_sub(position.read_n)
}

/// Does this entry count as unread for `user`? `deleted` tells whether its text is gone.
pub fn counts_for(entry: &Entry, deleted: bool, user: UserId, read: Seq) -> bool {
    entry.seq > read && entry.sender != user && !deleted && entry.event.counts()
}

/// Does this entry call `user`?
pub fn mentions(entry: &Entry, user: UserId) -> bool {
    match &entry.event {
        Event::Message(message) => message.mentions.all || message.mentions.users.contains(&user),
        _ => false,
    }
}
