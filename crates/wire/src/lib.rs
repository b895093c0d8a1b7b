//! What the bytes mean.
//!
//! Pure codecs: bytes or text go in, checked and mostly borrowed values come out, and the other way round.
//! Nothing here owns a socket, reads a clock, draws a random number or starts a task.
//!
//! * [`websocket`]: RFC 6455, frames and the opening handshake, for both ends.
//! * [`depth`]: how deeply JSON and MessagePack may nest.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod depth;
pub mod websocket;
