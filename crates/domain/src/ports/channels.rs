//! Which channels there are, who is in them, and what each member keeps about them.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::PortResult;
use crate::channel::{About, ChannelKind, Member, Role};
use crate::entry::Entry;
use crate::id::{ChannelId, UserId};
use crate::log::{Head, Interval, Seq};
use crate::position::Position;
use crate::time::Timestamp;

/// A channel to be made, with its first entries and members.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Its id.
    pub id: ChannelId,
    /// What sort.
    pub kind: ChannelKind,
    /// Title and description.
    pub about: About,
    /// Its first members.
    pub members: Vec<(UserId, Member)>,
    /// Its first entries, from seq 1 on.
    pub entries: Vec<Entry>,
}

/// What became of a wish for a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was made.
    Created,
    /// The pair has had a direct channel before: this one.
    Existing(ChannelId),
}

/// What a member keeps about a channel for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Flags {
    /// No notifications until then; the end of time means: until taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
    /// Out of the way.
    pub archived: bool,
    /// At the top.
    pub pinned: bool,
}

/// A change of one of the flags. The others stay as they are, whatever another device does to them meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// No notifications until then, or from now on again.
    Mute(Option<Timestamp>),
    /// Out of the way, or back.
    Archive(bool),
    /// At the top, or back.
    Pin(bool),
}

impl Flags {
    /// The flags after a change.
    #[must_use]
    pub const fn changed(self, change: FlagChange) -> Self {
        match change {
            FlagChange::Mute(muted_until) => Self { muted_until, ..self },
            FlagChange::Archive(archived) => Self { archived, ..self },
            FlagChange::Pin(pinned) => Self { pinned, ..self },
        }
    }
}

/// Where a page of the channel list goes on: after the channel with this activity and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    /// When the last channel of the page before was active last.
    pub at: Timestamp,
    /// That channel.
    pub channel: ChannelId,
}

/// A channel in somebody's list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The channel.
    pub channel: ChannelId,
    /// What sort.
    pub kind: ChannelKind,
    /// Title and description.
    pub about: About,
    /// Where its log ends.
    pub head: Head,
    /// How many members it has.
    pub members: u64,
    /// Delivered to all, and read by all, up to here (a lower bound for up to a second after a restart).
    pub minima: (Seq, Seq),
    /// The other member of a direct channel.
    pub peer: Option<UserId>,
    /// The reader's own role.
    pub role: Role,
    /// What the reader may read.
    pub visible: Vec<Interval>,
    /// How far the reader is.
    pub position: Position,
    /// What the reader keeps about it.
    pub flags: Flags,
    /// Messages of others after the reader's read position that are visible and not deleted; exact up to the display cap.
    pub unread: u64,
    /// Those of them that mention the reader; exact up to the display cap.
    pub mentions: u64,
}

/// One page of somebody's channels, the most recently active first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelPage {
    /// The channels.
    pub channels: Vec<Listing>,
    /// Where to go on, if there are more.
    pub next: Option<Cursor>,
}

/// A member, as other members see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Who.
    pub user: UserId,
    /// What they are.
    pub role: Role,
    /// They may read from here on: the beginning of their present stretch of membership.
    pub since: Seq,
    /// How far they are.
    pub position: Position,
}

/// Who is in a channel now: what a gateway needs to admit commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// What sort of channel.
    pub kind: ChannelKind,
    /// Present members and their roles, in the order of their ids.
    pub members: Vec<(UserId, Role)>,
}

/// A link by which people come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Digest (SHA-256) of the link's secret: the store never holds what opens the door.
    pub digest: [u8; 32],
    /// Into which channel.
    pub channel: ChannelId,
    /// Who made it.
    pub by: UserId,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// How often it may still be used, if that is limited.
    pub uses_left: Option<u32>,
}

/// Channels and memberships.
///
/// Every implementation promises, and `testkit::conformance::channels` asks:
/// - a pair of users has at most one direct channel, also when both open it at the same moment;
/// - a channel appears with its members and first entries, or not at all;
/// - after a change returned, every later read sees it;
/// - of flags that are changed at the same moment no change is lost;
/// - `list` gives every channel of which the user is a present member exactly once over its pages, unless it became active meanwhile.
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// Makes a channel.
    async fn create(&self, channel: NewChannel) -> PortResult<Opened>;

    /// The direct channel of a pair.
    async fn find_direct(&self, one: UserId, other: UserId) -> PortResult<Option<ChannelId>>;

    /// Who is in a channel. [`NotFound`](super::PortError::NotFound) when there is none, or it was deleted.
    async fn roster(&self, channel: ChannelId) -> PortResult<Roster>;

    /// A user's membership row, present or former.
    async fn find_member(&self, channel: ChannelId, user: UserId) -> PortResult<Option<Member>>;

    /// A page of the channels of which the user is a present member, the most recently active first.
    async fn list(&self, user: UserId, after: Option<Cursor>, limit: usize) -> PortResult<ChannelPage>;

    /// One channel of the user's list; `None` when the user is no present member.
    async fn find_listing(&self, user: UserId, channel: ChannelId) -> PortResult<Option<Listing>>;

    /// The ids of all channels of which the user is a present member.
    async fn memberships(&self, user: UserId) -> PortResult<Vec<ChannelId>>;

    /// Do these two share a channel? (Presence and the like are for people who do.)
    async fn acquainted(&self, one: UserId, other: UserId) -> PortResult<bool>;

    /// A page of present members in the order of their ids, after `after`.
    async fn members(&self, channel: ChannelId, after: Option<UserId>, limit: usize) -> PortResult<Vec<MemberRow>>;

    /// Changes what a member keeps about a channel, and tells what it is then.
    async fn change_flags(&self, user: UserId, channel: ChannelId, change: FlagChange) -> PortResult<Flags>;

    /// Deletes a message for one reader only. May be repeated.
    async fn hide(&self, user: UserId, channel: ChannelId, seq: Seq) -> PortResult<()>;

    /// Keeps an invite.
    async fn put_invite(&self, invite: Invite) -> PortResult<()>;

    /// Uses up one use of an invite that is good at `now`, and says which channel it opens. `None`: it is not good.
    async fn use_invite(&self, digest: [u8; 32], now: Timestamp) -> PortResult<Option<ChannelId>>;

    /// Gives back a use that let nobody in.
    async fn return_use(&self, digest: [u8; 32]) -> PortResult<()>;
}
