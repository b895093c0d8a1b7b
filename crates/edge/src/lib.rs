//! Sockets and HTTP: how the world reaches the service.
//!
//! * [`realtime`]: the shards that move WebSockets and long-polling sessions.
//! * [`settings`]: what the operator decides about them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod realtime;
pub mod settings;
