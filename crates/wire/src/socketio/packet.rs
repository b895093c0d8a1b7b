//! What a Socket.IO packet says, whatever its format.

use std::borrow::Cow;

use super::ack::AckId;
use super::value::{Args, Value};
use crate::depth::{Misshapen, TooDeep};

/// The namespace every client is offered.
pub const MAIN: &str = "/";

/// Names that mean something to the client library itself. An event with such a name is refused.
pub const RESERVED_EVENTS: [&str; 6] = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// How much one packet may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attachments of one packet.
    pub max_attachments: usize,
    /// Their sum in bytes.
    pub max_attachment_bytes: usize,
    /// Length of a namespace in bytes.
    pub max_namespace_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_attachments: 10, max_attachment_bytes: 1 << 20, max_namespace_bytes: 128 }
    }
}

/// One packet. Binary events and acknowledgements are events and acknowledgements whose JSON holds placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// From the client: a wish to join a namespace, with credentials. From the server: the agreement.
    Connect {
        /// The namespace.
        namespace: &'a str,
        /// An object, or nothing.
        data: Option<Value<'a>>,
    },
    /// Leaves a namespace.
    Disconnect {
        /// The namespace.
        namespace: &'a str,
    },
    /// Something happened, or is asked for.
    Event {
        /// The namespace.
        namespace: &'a str,
        /// Which event; never one of [`RESERVED_EVENTS`].
        name: Cow<'a, str>,
        /// What comes with it.
        args: Args<'a>,
        /// Present when an acknowledgement is wanted.
        ack: Option<AckId>,
    },
    /// The answer to an event.
    Ack {
        /// The namespace.
        namespace: &'a str,
        /// The id the event came with.
        id: AckId,
        /// What comes with it.
        args: Args<'a>,
    },
    /// From the server only: the namespace is refused.
    ConnectError {
        /// The namespace.
        namespace: &'a str,
        /// An object with a `message` and perhaps `data`; text in older servers.
        error: Value<'a>,
    },
}

/// Why a message is not a packet we take. Every one of them ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// No type, or none the protocol knows.
    #[error("the packet type is unknown")]
    UnknownType,
    /// A binary packet that does not announce at least one attachment.
    #[error("the number of attachments is not announced")]
    AttachmentCount,
    /// More attachments than the limit in force.
    #[error("a packet has at most {limit} attachments")]
    TooManyAttachments {
        /// The limit.
        limit: usize,
    },
    /// More bytes in attachments than the limit in force.
    #[error("the attachments of a packet have at most {limit} bytes")]
    AttachmentsTooBig {
        /// The limit in bytes.
        limit: usize,
    },
    /// The placeholders do not name each attachment exactly once.
    #[error("the placeholders do not fit the attachments")]
    Placeholder,
    /// A text message while attachments are owed.
    #[error("an attachment is missing")]
    AttachmentMissing,
    /// A binary message that was not announced.
    #[error("a binary message was not announced")]
    UnexpectedAttachment,
    /// A namespace that is too long or does not begin with a slash.
    #[error("the namespace is not one")]
    Namespace,
    /// An id that is missing, out of place or no integer up to [`AckId::MAX`].
    #[error("the acknowledgement id is not one")]
    AckId,
    /// Data that its packet type has no place for.
    #[error("the payload does not fit the packet type")]
    Payload,
    /// An event without a name that is text.
    #[error("the event has no name")]
    EventName,
    /// One of [`RESERVED_EVENTS`].
    #[error("the event name is reserved")]
    ReservedEvent,
    /// The payload is not JSON.
    #[error("the payload is not JSON")]
    Json,
    /// The message is not a MessagePack packet.
    #[error("the message is not a MessagePack packet")]
    Msgpack,
    /// The payload nests too deeply.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
}

impl From<Misshapen> for PacketError {
    fn from(misshapen: Misshapen) -> Self {
        match misshapen {
            Misshapen::TooDeep(too_deep) => Self::TooDeep(too_deep),
            Misshapen::Malformed | Misshapen::Trailing => Self::Msgpack,
        }
    }
}

/// Why a packet cannot be written. Nothing is appended then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Values of the other format.
    #[error("the values of the packet have another format")]
    OtherFormat,
    /// MessagePack values that are not as many as said, or none at all.
    #[error("the values of the packet are malformed")]
    Malformed,
    /// The peer would refuse it.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
}

impl From<Misshapen> for EncodeError {
    fn from(misshapen: Misshapen) -> Self {
        match misshapen {
            Misshapen::TooDeep(too_deep) => Self::TooDeep(too_deep),
            Misshapen::Malformed | Misshapen::Trailing => Self::Malformed,
        }
    }
}

impl<'a> Packet<'a> {
    /// The namespace the packet belongs to.
    pub fn namespace(&self) -> &'a str {
        match self {
            Self::Connect { namespace, .. }
            | Self::Disconnect { namespace }
            | Self::Event { namespace, .. }
            | Self::Ack { namespace, .. }
            | Self::ConnectError { namespace, .. } => namespace,
        }
    }
}

/// The five types of packet, without their binary variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
}

impl Kind {
    pub(super) fn decode(number: u8) -> Result<Self, PacketError> {
        Ok(match number {
            0 => Self::Connect,
            1 => Self::Disconnect,
            2 => Self::Event,
            3 => Self::Ack,
            4 => Self::ConnectError,
            _ => return Err(PacketError::UnknownType),
        })
    }
}

pub(super) fn check_namespace(namespace: &str, limits: &Limits) -> Result<(), PacketError> {
    if namespace.starts_with('/') && namespace.len() <= limits.max_namespace_bytes { Ok(()) } else { Err(PacketError::Namespace) }
}

pub(super) fn check_event(name: &str) -> Result<(), PacketError> {
    if RESERVED_EVENTS.contains(&name) { Err(PacketError::ReservedEvent) } else { Ok(()) }
}
