//! What is announced after it was committed. An announcement may be lost: whoever cares follows the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::entry::Entry;
use crate::id::{ChannelId, ClientId, SessionId, UserId};
use crate::log::Seq;
use crate::position::Position;
use crate::presence::UserPresence;
use crate::refusal::Refusal;

/// To whom something is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The connections of a channel's present members.
    Channel(ChannelId),
    /// A user's own connections.
    User(UserId),
    /// The connections that watch a user's presence.
    Presence(UserId),
    /// One gateway, by the number it drew at start.
    Gateway(u64),
}

/// Something that happened, on its way to connections.
#[derive(Clone, Debug)]
pub enum Publication {
    /// An entry was stored; to the channel.
    Entry(Arc<Entry>),
    /// Positions moved; to the channel.
    Positions(Arc<PositionsMoved>),
    /// A member is typing; to the channel.
    Typing {
        /// Where.
        channel: ChannelId,
        /// Who.
        user: UserId,
    },
    /// Somebody came or went; to those who watch.
    Presence(UserPresence),
    /// A user's own membership or settings of a channel changed; to the user.
    Membership {
        /// Whose.
        user: UserId,
        /// Of which channel.
        channel: ChannelId,
        /// How.
        change: Membership,
    },
    /// A user deleted a message for themselves; to the user.
    Hidden {
        /// Whose wish.
        user: UserId,
        /// In which channel.
        channel: ChannelId,
        /// Which message.
        seq: Seq,
    },
    /// One of two users blocks the other; to each of them, whose connections watch the other's presence no more.
    Parted {
        /// To whom this goes.
        user: UserId,
        /// From whom they are parted.
        from: UserId,
    },
    /// A command that was accepted is refused; to the user.
    Rejected {
        /// Whose command.
        user: UserId,
        /// In which channel.
        channel: ChannelId,
        /// What the client called it.
        client_id: ClientId,
        /// Why.
        refusal: Refusal,
    },
    /// What became of a command that somebody waits for; to the gateway where they wait.
    Outcome {
        /// The number under which they wait.
        ticket: u64,
        /// What became of it.
        result: Result<Outcome, Refusal>,
    },
    /// Log-ins were ended; to the user, whose connections of these log-ins close.
    Revoked {
        /// Whose.
        user: UserId,
        /// Which.
        sessions: Arc<[SessionId]>,
    },
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// An entry stands at this place; the second time, the same place.
    Stored(Seq),
    /// There was nothing to append.
    Done,
}

/// How a user's own membership changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Is a member now.
    Joined,
    /// Is a member no more.
    Left,
    /// The user's own flags (muted, archived, pinned) or blocks changed.
    Settings,
    /// The channel was deleted.
    Deleted,
}

/// Positions of a channel that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PositionsMoved {
    /// The channel.
    pub channel: ChannelId,
    /// Delivered to all up to here.
    pub delivered: Seq,
    /// Read by all up to here.
    pub read: Seq,
    /// The members who moved, in channels of up to 32 members; in larger ones at most oneself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberPosition>,
}

/// How far one member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberPosition {
    /// Who.
    pub user: UserId,
    /// Received up to here.
    pub delivered: Seq,
    /// Read up to here.
    pub read: Seq,
}

impl MemberPosition {
    /// The part of a position that others see.
    pub const fn of(user: UserId, position: &Position) -> Self {
        Self { user, delivered: position.delivered, read: position.read }
    }
}
