//! Socket.IO, protocol revision 5 (<https://socket.io/docs/v4/socket-io-protocol/>), carried by Engine.IO messages.
//!
//! [`json`] is the default parser: text, with binary values travelling behind it as [`attachments`]. [`msgpack`] is the MessagePack
//! parser of `socket.io-msgpack-parser` and `python-socketio`. Both speak [`Packet`], whose values stay as they came until someone
//! wants them: an event costs no tree.

pub mod ack;
pub mod attachments;
pub mod json;
pub mod msgpack;
pub mod packet;
pub mod value;

pub use ack::AckId;
pub use attachments::{Assembly, BinaryPacket};
pub use packet::{EncodeError, Limits, Packet, PacketError};
pub use value::{Args, JsonArgs, MsgpackArgs, Value, ValueError};
