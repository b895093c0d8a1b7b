//! Sockets and HTTP: how the world reaches the service.
//!
//! * [`dispatch`]: from the words of the protocol to the service, and back.
//! * [`realtime`]: the shards that move WebSockets and long-polling sessions.
//! * [`http`]: REST, the pages, polling requests, TLS and what operators ask.
//! * [`settings`]: what the operator decides about them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod dispatch;
pub mod http;
pub mod realtime;
pub mod settings;
mod shortage;
