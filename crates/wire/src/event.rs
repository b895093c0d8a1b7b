//! The events that the server sends: names and data.

use rialto_domain::entry::Entry;
use rialto_domain::presence::UserPresence;
use rialto_domain::publication::{Membership, PositionsMoved, Publication};
use rialto_domain::{ChannelId, ClientId, Seq, UserId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::code::ErrorBody;
use crate::command::Ready;

/// A member is typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Typing {
    /// Where.
    pub channel: ChannelId,
    /// Who.
    pub user: UserId,
}

/// One's own membership or settings of a channel changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelChanged {
    /// Which channel; `channel.get` tells what it is now.
    pub channel: ChannelId,
    /// How.
    pub change: Membership,
}

/// One of one's own devices deleted a message for oneself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hidden {
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub seq: Seq,
}

/// A command that was received is refused after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// In which channel.
    pub channel: ChannelId,
    /// What the client called the command.
    pub client_id: ClientId,
    /// Why.
    #[serde(flatten)]
    pub error: ErrorBody,
}

/// Something about this server that clients should act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// The server goes down: connect again after a while (to another one, if there is one).
    Drain {
        /// After so many milliseconds; each connection is told another number.
        reconnect_after_ms: u64,
    },
}

/// You were too slow, and events for you were dropped: call `sync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resync {}

/// An event with its data.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "each variant is named after the event it carries")]
pub enum Event<'a> {
    Ready(&'a Ready),
    Entry(&'a Entry),
    Positions(&'a PositionsMoved),
    Typing(Typing),
    Presence(UserPresence),
    Channel(ChannelChanged),
    Hidden(Hidden),
    Rejected(Rejected),
    Notice(Notice),
    Resync(Resync),
}

impl<'a> Event<'a> {
    /// What a publication tells clients; `None` when it is not for them.
    pub fn of(publication: &'a Publication) -> Option<Self> {
        Some(match publication {
            Publication::Entry(entry) => Self::Entry(entry),
            Publication::Positions(moved) => Self::Positions(moved),
            Publication::Typing { channel, user } => Self::Typing(Typing { channel: *channel, user: *user }),
            Publication::Presence(presence) => Self::Presence(*presence),
            Publication::Membership { channel, change, .. } => Self::Channel(ChannelChanged { channel: *channel, change: *change }),
            Publication::Hidden { channel, seq, .. } => Self::Hidden(Hidden { channel: *channel, seq: *seq }),
            Publication::Rejected { channel, client_id, refusal, .. } => {
                Self::Rejected(Rejected { channel: *channel, client_id: *client_id, error: (*refusal).into() })
            }
            Publication::Outcome { .. } | Publication::Revoked { .. } | Publication::Parted { .. } => return None,
        })
    }

    /// Its name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Entry(_) => "entry",
            Self::Positions(_) => "positions",
            Self::Typing(_) => "typing",
            Self::Presence(_) => "presence",
            Self::Channel(_) => "channel",
            Self::Hidden(_) => "hidden",
            Self::Rejected(_) => "rejected",
            Self::Notice(_) => "notice",
            Self::Resync(_) => "resync",
        }
    }
}

/// What is written about an event.
pub struct Described {
    /// The name on the wire.
    pub name: &'static str,
    /// What it tells, in a sentence.
    pub about: &'static str,
    /// The shape of its data.
    pub data: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! described {
    ($($name:literal $data:ty, $about:literal;)*) => {
        /// Every event, in the order of the reference.
        pub const TABLE: &[Described] = &[
            $(Described { name: $name, about: $about, data: |schemas| schemas.subschema_for::<$data>() },)*
        ];
    };
}

described! {
    "ready" Ready, "The first payload after hello.";
    "entry" Entry, "An entry was stored in one of your channels. A hole in `seq` means that you missed some: call `sync`.";
    "positions" PositionsMoved, "Members received or read messages.";
    "typing" Typing, "A member is typing; repeated every few seconds while it goes on.";
    "presence" UserPresence, "Somebody whom you watch came or went.";
    "channel" ChannelChanged, "Your own membership or settings of a channel changed.";
    "hidden" Hidden, "You deleted a message for yourself, on one of your devices: it is shown no more.";
    "rejected" Rejected, "A command that was received is refused after all.";
    "notice" Notice, "Something about this server that clients should act on.";
    "resync" Resync, "You were too slow, and events for you were dropped: call `sync`.";
}
