//! What devices did and saw, in order.

use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::log::Seq;
use rialto_domain::publication::PositionsMoved;
use rialto_domain::{ChannelId, ClientId, UserId};
use rialto_wire::command::ChannelView;

/// A device's number in its world.
pub type DeviceNumber = usize;

/// Something that a device did or saw.
#[derive(Debug)]
pub struct Note {
    /// When, in milliseconds of the world.
    pub at: u64,
    /// Which device.
    pub device: DeviceNumber,
    /// On its how manieth connection.
    pub connection: u64,
    /// What.
    pub deed: Deed,
}

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// No words.
    Nothing,
    /// These words, which nobody else says.
    Text(String),
    /// What that message says, whatever that is by then.
    Forward {
        /// Where it stands.
        from: ChannelId,
        /// At which place.
        target: Seq,
    },
}

/// What a device did or saw.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants tell what their fields are")]
pub enum Deed {
    /// A command with a client id was sent for the first time.
    Composed { channel: ChannelId, client_id: ClientId, says: Says },
    /// The device knows where its entry stands.
    Stored { channel: ChannelId, client_id: ClientId, seq: Seq },
    /// The command was refused for good.
    Refused { channel: ChannelId, client_id: ClientId, code: String },
    /// The device was not let in.
    TurnedAway { code: String },
    /// An entry was announced.
    Heard(Box<Entry>),
    /// The device caught up, from a position that it had when it asked, at `asked`.
    Synced { channel: ChannelId, asked: u64, have: Seq, head: Seq, entries: Vec<Entry>, more: bool, positions: PositionsMoved },
    /// The newest messages were read; asked for at `asked`.
    Read { channel: ChannelId, asked: u64, messages: Vec<Folded> },
    /// A channel was looked at.
    Viewed { asked: u64, view: Box<ChannelView> },
    /// A message is deleted for this person alone.
    Hid { channel: ChannelId, seq: Seq },
    /// Somebody is to be blocked, or not any more.
    Blocks { user: UserId, on: bool },
    /// It was done; asked for at `asked`.
    Blocked { user: UserId, on: bool, asked: u64 },
    /// A link was made by which others come in.
    Invited { link: String },
    /// The server said or did what it must not.
    Strange(String),
}
