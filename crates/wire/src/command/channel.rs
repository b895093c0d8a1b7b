//! Channels and their members.

use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::history::Folded;
use rialto_domain::ports::Flags;
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, Seq, Timestamp, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::people::yes;

/// A channel to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelCreate {
    /// What sort.
    pub kind: ChannelKind,
    /// The other members; for a direct channel exactly one.
    #[serde(default)]
    pub members: Vec<UserId>,
    /// The title; groups and broadcasts need one.
    #[serde(default)]
    pub title: Option<String>,
    /// The description.
    #[serde(default)]
    pub description: Option<String>,
}

/// One channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRef {
    /// Which.
    pub channel: ChannelId,
}

/// A page of one's channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ChannelList {
    /// Where to go on: `next` of the page before.
    pub cursor: Option<String>,
    /// How many, 1 to 100; otherwise 100.
    pub limit: Option<usize>,
}

/// One's channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Channels {
    /// The most recently active first.
    pub channels: Vec<ChannelView>,
    /// Where to go on, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A channel in one's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelView {
    /// Which.
    pub id: ChannelId,
    /// What sort.
    pub kind: ChannelKind,
    /// The title; direct channels show their peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The other member of a direct channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Profile>,
    /// Where the log ends.
    pub head: Seq,
    /// When it was active last.
    pub active_at: Timestamp,
    /// How many members it has.
    pub members: u64,
    /// One's own role.
    pub role: Role,
    /// One may read from here on.
    pub since: Seq,
    /// How far one is: received.
    pub delivered: Seq,
    /// How far one is: read.
    pub read: Seq,
    /// Delivered to all members up to here.
    pub delivered_to_all: Seq,
    /// Read by all members up to here.
    pub read_by_all: Seq,
    /// Unread messages; beyond 999 a bound from above.
    pub unread: u64,
    /// Unread messages that mention one.
    pub mentions: u64,
    /// What one keeps about it.
    #[serde(flatten)]
    pub flags: Flags,
    /// The newest message, its text cut to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Folded>,
}

/// A page of a channel's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelMembers {
    /// Which channel.
    pub channel: ChannelId,
    /// Go on after this member.
    #[serde(default)]
    pub after: Option<UserId>,
    /// How many, 1 to 200; otherwise 200.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// Members, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Members {
    /// The members.
    pub members: Vec<MemberView>,
    /// Where to go on, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberView {
    /// Who.
    #[serde(flatten)]
    pub profile: Profile,
    /// What they are.
    pub role: Role,
    /// Received up to here.
    pub delivered: Seq,
    /// Read up to here.
    pub read: Seq,
}

/// Whom to bring in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelInvite {
    /// Where.
    pub channel: ChannelId,
    /// Add these users at once.
    #[serde(default)]
    pub users: Vec<UserId>,
    /// Make a link instead.
    #[serde(default)]
    pub link: Option<LinkTerms>,
}

/// How long an invite is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LinkTerms {
    /// For so many milliseconds; otherwise for ever.
    pub expires_in_ms: Option<u64>,
    /// For so many people; otherwise for any number.
    pub uses: Option<u32>,
}

/// Who was brought in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invited {
    /// Where the membership stands in the log, when somebody was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// What opens the channel to whoever has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
}

/// An invite to be used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelJoin {
    /// What `channel.invite` told.
    pub invite: String,
}

impl std::fmt::Debug for ChannelJoin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChannelJoin(hidden)")
    }
}

/// A member to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelKick {
    /// Where.
    pub channel: ChannelId,
    /// Whom.
    pub user: UserId,
}

/// A role to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRole {
    /// Where.
    pub channel: ChannelId,
    /// To whom.
    pub user: UserId,
    /// Which.
    pub role: Role,
}

/// New title or description; what is absent stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelUpdate {
    /// Which channel.
    pub channel: ChannelId,
    /// The new title.
    #[serde(default)]
    pub title: Option<String>,
    /// The new description.
    #[serde(default)]
    pub description: Option<String>,
}

/// Until when not to be notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelMute {
    /// Which channel.
    pub channel: ChannelId,
    /// Mute (when absent), or end it.
    #[serde(default = "yes")]
    pub on: bool,
    /// Until then; otherwise until it is ended.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// Something that is on or off for oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelSwitch {
    /// Which channel.
    pub channel: ChannelId,
    /// On (when absent), or off.
    #[serde(default = "yes")]
    pub on: bool,
}
