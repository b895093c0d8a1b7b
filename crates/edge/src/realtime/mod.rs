//! The machine room: sockets are moved by a few threads, and every decision is made by code that has no socket.
//!
//! An accepted connection belongs to a [shard] at once. The shard reads its request head; a WebSocket stays, and
//! everything else is handed to the HTTP stack ([`HandOver`]), which may hand a WebSocket back ([`Adopter::adopt`]) and
//! brings the requests of sessions that poll ([`Polling`]). What the [bus](rialto_domain::ports::Bus) announces comes in
//! by the [`Relay`], and what clients ask goes out by the [`Gateway`].

pub mod address;
pub mod admission;
mod announcement;
mod conformance;
mod connection;
mod deadlines;
mod delivery;
mod dialogue;
mod directory;
mod drain;
pub mod encode;
mod ending;
mod engineio;
pub mod gateway;
pub(crate) mod head;
pub mod listener;
mod mailbox;
mod offence;
pub mod opening;
pub mod origin;
mod outbox;
mod pending;
mod plain;
pub mod polling;
mod reading;
pub mod relay;
mod rooms;
mod shard;
mod socketio;
mod start;
#[cfg(feature = "simulation")]
pub mod stepped;
mod stream;
mod tally;
mod timers;
mod watching;
mod writing;

pub use admission::{Admission, Full, Permit};
pub use gateway::{Caller, Gateway, Promise};
pub use listener::HandOver;
pub use opening::{Declined, Endpoint, Opening};
pub use polling::Polling;
pub use relay::Relay;
pub use start::{Adopted, AdoptedStream, Adopter, Parts, Realtime};
