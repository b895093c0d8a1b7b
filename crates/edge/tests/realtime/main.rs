//! The shards from outside: real sockets, a service made for the test.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod client;
mod service;

mod conformance;
mod handover;
mod hostile;
mod limits;
mod plain;
mod polling;
mod rooms;
mod shutdown;
mod socketio;
