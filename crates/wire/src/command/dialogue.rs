//! Hello and catching up.

use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::limit::Limits;
use rialto_domain::publication::PositionsMoved;
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, DeviceId, Seq, SessionId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::Channels;

/// The first command on a plain WebSocket; on Socket.IO the `auth` of the CONNECT packet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Hello {
    /// The access token.
    pub token: Option<String>,
    /// The device that the token was issued to; told for the client's own sake, the token decides.
    pub device: Option<DeviceId>,
    /// What the client is.
    pub client: Option<ClientName>,
    /// What the client can do beyond this reference.
    pub features: Vec<String>,
    /// How far the client is in its channels: what it missed comes with `ready`.
    pub have: BTreeMap<ChannelId, Seq>,
}

/// What a client calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientName {
    /// Its name.
    pub name: String,
    /// Its version: numbers with dots.
    #[serde(default)]
    pub version: String,
}

/// The first payload: who you are, what is allowed, and the channels you were in last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ready {
    /// Who you are.
    pub user: Profile,
    /// Your log-in.
    pub session: SessionId,
    /// Your device.
    pub device: DeviceId,
    /// The server's time.
    pub server_time: Timestamp,
    /// Which history this is: when it changes (a backup was restored), what a client has kept is void.
    pub epoch: String,
    /// What is allowed.
    pub limits: Limits,
    /// What the server can do beyond this reference.
    pub features: Vec<String>,
    /// Your channels, the most recently active first.
    pub channels: Channels,
    /// The last ten messages (fewer when they are large) of the five most recently active channels.
    pub recent: BTreeMap<ChannelId, Vec<Folded>>,
    /// What you missed, when you told what you have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Synced>,
}

/// How far the client is in its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sync {
    /// The newest `seq` that the client has of each channel, without a hole before it.
    pub have: BTreeMap<ChannelId, Seq>,
}

/// What a client missed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Synced {
    /// For each channel asked about. One that is missing here did not fit: ask again.
    pub channels: BTreeMap<ChannelId, Missed>,
    /// Some channels did not fit, or some entries: ask again, for those alone, with the new positions.
    pub more: bool,
}

/// What a client missed of one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Missed {
    /// These entries, oldest first; with `more`, the next ones follow on the next call.
    Entries {
        /// Where the log ends.
        head: Seq,
        /// The entries.
        entries: Vec<Entry>,
        /// There are more.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        /// How far the members are.
        positions: PositionsMoved,
    },
    /// Too much was missed, or this is another log: forget the channel's messages and read `history`.
    Gap {
        /// Always `refetch`.
        gap: Gap,
        /// Where the log ends.
        head: Seq,
    },
    /// You cannot read this channel.
    Unknown {
        /// The reason: a code.
        code: String,
    },
}

/// What to do about a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// Read `history`.
    Refetch,
}
