//! A world in which everything goes wrong that may, as a seed decides, and a judge who knows what must hold nevertheless.
//!
//! Real are the shard, the codecs, the sessions, the service and the sequencer. Made up are time, the network, the store and the
//! people with their devices. A seed decides every delay, loss, crash and wish: the same seed is the same run.
//!
//! * [`plan`]: how much happens, and what goes wrong;
//! * `world`: virtual time, links that delay, break and fall half silent, a server that crashes and comes back;
//! * [`weather`] and [`ports`]: the reference store and the bus behind ports where each await may take time, fail, or be the last;
//! * [`device`] and [`speech`]: a small correct client on all four formats of the wire;
//! * [`ledger`]: what was committed; [`journal`]: what devices did and saw;
//! * [`judge`]: holds the second against the first; [`mod@run`]: a world and its judgement.
//!
//! The edge is not reached from here: whoever runs a simulation brings it, as an [`Edge`].

pub mod device;
pub mod journal;
pub mod judge;
pub mod ledger;
pub mod plan;
pub mod ports;
pub mod process;
pub mod replica;
pub mod run;
pub mod speech;
pub mod weather;
pub mod wishes;
mod world;

use std::net::IpAddr;
use std::sync::Arc;

use rialto_domain::Timestamp;
use rialto_domain::ports::{Bus, Subscriber};
use rialto_service::Service;
use tokio::runtime::Handle;

pub use judge::Violation;
pub use plan::{Mutation, Plan};
pub use run::{Run, run};

/// The edge of one server process, moved by hand.
pub trait Edge {
    /// A client connects. `None`: there is no place for it.
    fn connect(&mut self, from: IpAddr) -> Option<Box<dyn Line>>;

    /// Does everything there is to do at this moment, on a clock that starts with the process.
    fn turn(&mut self, now: Timestamp);

    /// When it wants a turn even if nothing happens.
    fn due(&self) -> Option<Timestamp>;

    /// Who takes announcements to the connections.
    fn subscriber(&self) -> Arc<dyn Subscriber>;
}

/// The client's side of a connection.
pub trait Line {
    /// The client said this.
    fn say(&self, bytes: &[u8]);

    /// What the server said since this was asked last.
    fn hear(&self) -> Vec<u8>;

    /// The server is told that the connection is over.
    fn end(&self);

    /// The server ended the connection.
    fn is_ended(&self) -> bool;
}

/// What an edge is made of.
pub struct Parts {
    /// What it asks.
    pub service: Arc<Service>,
    /// What it asks for topics.
    pub bus: Arc<dyn Bus>,
    /// Where its tasks go.
    pub runtime: Handle,
    /// To be called when it should have a turn.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// How far it may be ahead of a client that does not read, in bytes.
    pub window: usize,
}

/// Makes the edge of a server that starts.
pub type Build = fn(Parts) -> Box<dyn Edge>;
