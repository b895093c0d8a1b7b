//! What the bytes mean.
//!
//! Pure codecs: bytes or text go in, checked and mostly borrowed values come out, and the other way round.
//! Nothing here owns a socket, reads a clock, draws a random number or starts a task.
//!
//! * [`command`], [`event`], [`code`]: what clients and server say to each other, whatever the carrier.
//! * [`plain`]: JSON or MessagePack objects in WebSocket messages.
//! * [`schema`], [`mod@reference`]: the contract for clients in other languages, and for their authors.
//! * [`websocket`]: RFC 6455, frames and the opening handshake, for both ends.
//! * [`engineio`]: the Engine.IO protocol, revision 4.
//! * [`socketio`]: the Socket.IO protocol, revision 5, with its JSON and MessagePack parsers.
//! * [`depth`]: how deeply JSON and MessagePack may nest.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod code;
pub mod command;
pub mod depth;
pub mod engineio;
pub mod event;
pub mod plain;
pub mod reference;
pub mod schema;
pub mod socketio;
mod undefined;
pub mod websocket;
