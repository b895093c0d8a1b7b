//! What devices did and saw, in order.

use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::log::Seq;
use rialto_domain::publication::PositionsMoved;
use rialto_domain::{ChannelId, ClientId};
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

/// What a device did or saw.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants tell what their fields are")]
pub enum Deed {
    /// A command with a client id was sent for the first time; `text` is what it says, if anything.
    Composed { channel: ChannelId, client_id: ClientId, text: Option<String> },
    /// The device knows where its entry stands.
    Stored { channel: ChannelId, client_id: ClientId, seq: Seq },
    /// The command was refused for good.
    Refused { channel: ChannelId, client_id: ClientId, code: String },
    /// The device was not let in.
    TurnedAway { code: String },
    /// An entry was announced.
    Heard(Box<Entry>),
    /// The device caught up, from a position that it had when it asked.
    Synced { channel: ChannelId, have: Seq, head: Seq, entries: Vec<Entry>, more: bool, positions: PositionsMoved },
    /// The newest messages were read; asked for at `asked`.
    Read { channel: ChannelId, asked: u64, messages: Vec<Folded> },
    /// A channel was looked at.
    Viewed { asked: u64, view: Box<ChannelView> },
    /// The server said or did what it must not.
    Strange(String),
}
