//! HTTP over real sockets: shards in front, a service behind that does what each test wants.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod assets;
mod client;
mod cors;
mod limits;
mod logs;
mod operations;
mod pages;
mod polling;
mod requests;
mod rest;
mod service;
mod shutdown;
mod tls;
mod upgrades;
