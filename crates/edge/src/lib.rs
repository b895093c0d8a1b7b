//! Sockets and HTTP: how the world reaches the service.
//!
//! * [`http`]: REST, long-polling, pages, operations and TLS.
//! * [`realtime`]: the shards that move WebSockets and long-polling sessions.
//! * [`settings`]: what the operator decides about them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod http;
pub mod realtime;
pub mod settings;
