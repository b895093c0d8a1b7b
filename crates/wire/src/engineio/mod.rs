//! Engine.IO, protocol revision 4 (<https://socket.io/docs/v4/engine-io-protocol/>): a session over HTTP long-polling, a
//! WebSocket, or first the one and then the other.
//!
//! [`request`] judges what an HTTP request wants of a session, [`handshake`] is the first packet, [`packet`] and [`payload`] are
//! the bytes of a WebSocket frame and of a poll. [`heartbeat`] and [`upgrade`] are machines: time and packets go in, a decision
//! comes out.

pub mod handshake;
pub mod heartbeat;
pub mod packet;
pub mod payload;
pub mod request;
pub mod sid;
pub mod upgrade;

pub use handshake::Open;
pub use heartbeat::{Beat, Heartbeat, Pace};
pub use packet::{Packet, PacketError};
pub use payload::{Payload, PayloadError};
pub use request::{Request, RequestError, Transport};
pub use sid::Sid;
pub use upgrade::Upgrade;
