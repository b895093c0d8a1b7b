//! RFC 6455 without a socket.
//!
//! [`head`] reads an HTTP request head, [`handshake`] judges the upgrade it asks for, and [`client`] is the other end of
//! that exchange. Afterwards [`reader`] turns bytes into messages and [`frame`] messages into bytes, for both ends.
//! No extension is ever agreed upon, so a reserved bit is always an error.

pub mod client;
pub mod close;
pub mod error;
pub mod frame;
pub mod handshake;
pub mod head;
mod partial;
pub mod reader;

pub use close::{Close, CloseCode};
pub use error::FrameError;
pub use frame::{Opcode, Role};
pub use reader::{Incoming, Message, Reader};
