//! What can happen to the client, what a person can wish, and what is to be done about it.

use rialto_domain::entry::Entry;
use rialto_domain::publication::PositionsMoved;
use rialto_domain::{ChannelId, ClientId, Seq};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::Ready;
use rialto_wire::event::{ChannelChanged, Typing};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

use crate::client::Event;

/// Names a connection among those of this program's life.
pub(crate) type Generation = u64;
/// Ties an answer to the line of input that asked for it.
pub(crate) type Tag = u64;

/// Something happened.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A connection is being opened.
    Connecting,
    /// A connection is open, and waits for hello.
    Opened(Generation),
    /// The server knows us.
    Ready(Box<Ready>),
    /// There is no connection.
    Offline {
        /// Why, for people.
        reason: String,
        /// When the next attempt is made; never, when it would be in vain.
        retry_in_ms: Option<u64>,
    },
    /// The server told something.
    Heard(Event),
    /// The server answered.
    Answered {
        /// The number of the question.
        number: u64,
        /// The answer.
        result: Result<Box<RawValue>, ErrorBody>,
    },
    /// The person wishes something.
    Wished {
        /// What.
        wish: Wish,
        /// In which line of input.
        tag: Option<Tag>,
        /// A fresh name, should something be sent.
        client_id: ClientId,
    },
    /// The person sees the newest messages of the open channel, or does not.
    Looks(bool),
    /// Time passed.
    Tick,
}

/// What a person wishes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    /// To see a channel.
    Open(ChannelId),
    /// To send a message.
    Send { channel: ChannelId, text: String, reply_to: Option<Seq> },
    /// To change what one's message says.
    Edit { channel: ChannelId, target: Seq, text: String },
    /// To delete a message for everyone.
    Delete { channel: ChannelId, target: Seq },
    /// To react to a message, or to take that back.
    React { channel: ChannelId, target: Seq, emoji: String, on: bool },
    /// To read older messages.
    Older(ChannelId),
    /// To know who is in a channel.
    Members(ChannelId),
    /// Something about people, by their user names.
    About { usernames: Vec<String>, then: Then },
    /// To leave a channel.
    Leave(ChannelId),
    /// To know one's log-ins.
    Sessions,
    /// To count as having read up to a place, or everything.
    Mark { channel: ChannelId, read: Option<Seq> },
    /// To be seen typing.
    Typing(ChannelId),
    /// To send again what was refused.
    Retry,
    /// To drop what was refused.
    Forget,
    /// Any command of the protocol.
    Call { name: String, data: Value },
}

/// What to do with people, once it is known who they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Then {
    /// Talk to one of them.
    Direct {
        /// And begin with this.
        text: Option<String>,
    },
    /// Open a group with them.
    Group { title: String },
    /// Bring them into a channel.
    Invite(ChannelId),
    /// Remove one of them from a channel.
    Kick(ChannelId),
    /// Block one of them, or end that.
    Block { on: bool },
    /// Tell about one of them.
    Tell,
}

/// Something is to be done.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Say hello, with how far we are.
    Hello { generation: Generation, have: BTreeMap<ChannelId, Seq> },
    /// Send a command.
    Ask { generation: Generation, number: u64, name: String, data: Value },
    /// Keep the outbox where a crash cannot take it.
    KeepOutbox,
    /// Show some lines until the person has seen them.
    Show { title: String, lines: Vec<String> },
    /// Tell who listens (a script) what happened.
    Tell(Told),
    /// Call the person's attention.
    Ring,
}

/// What a script is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// The connection is up; with one's own id and name.
    Ready,
    /// The connection is down.
    Offline { reason: String, retry_in_ms: Option<u64> },
    /// A log entry, each once and in the order of its channel.
    Entry(Box<Entry>),
    /// Positions moved.
    Positions(PositionsMoved),
    /// Somebody is typing.
    Typing(Typing),
    /// Somebody came or went.
    Presence(rialto_domain::presence::UserPresence),
    /// One's membership or settings of a channel changed.
    Channel(ChannelChanged),
    /// The server has a message of ours.
    Received { client_id: ClientId, channel: ChannelId },
    /// A message of ours stands in the log.
    Stored { client_id: ClientId, channel: ChannelId, seq: Seq },
    /// A message of ours is not taken.
    Refused { client_id: ClientId, channel: ChannelId, code: String, text: String },
    /// What a line of input brought about.
    Answer { tag: Tag, result: Result<Value, ErrorBody> },
}
