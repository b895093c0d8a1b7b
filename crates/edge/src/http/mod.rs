//! HTTP: REST, long-polling, the web client, the pages about this server, and what operators ask.
//!
//! A shard that meets a request which opens no WebSocket hands its connection over ([`HandOver`]). Here it passes the
//! [gate], is served by hyper, and each request goes through the [front] to its handler. With TLS, connections come from
//! the [`Tls`] listener instead, and are otherwise the same.
//!
//! [gate]: self::gate
//! [front]: self::front

mod answer;
mod assets;
mod body;
mod connection;
mod cors;
mod fields;
mod front;
mod gate;
mod negotiation;
mod openapi;
mod operations;
mod pages;
mod polling;
#[cfg(feature = "simulation")]
mod query;
mod rest;
mod routes;
mod server;
mod site;
mod tls;

#[cfg(doc)]
use crate::realtime::HandOver;

pub use assets::{Asset, Assets};
pub use operations::{Metrics, Operations, Readiness};
#[cfg(feature = "simulation")]
pub use query::Queries;
pub use server::Http;
pub use site::{Parts, Web};
pub use tls::{CertificateError, Tls};
