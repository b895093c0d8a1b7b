//! What the operator decides about connections. The server reads its configuration and passes these values in.

use rialto_domain::limit::{Limits, Rate};
use rialto_wire::engineio::Pace;
use rialto_wire::socketio;

use crate::realtime::address::Network;

/// Everything the shards must know. The defaults are those of the protocol.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that move sockets, 1 to 64. Zero means one for each core.
    pub shards: usize,
    /// Connections in all, HTTP included.
    pub max_connections: usize,
    /// Connections from one address.
    pub connections_per_address: usize,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The web pages that may connect; when empty, those of the same host. See [`crate::realtime::origin::admits`].
    pub origins: Vec<String>,
    /// Sizes, counts and rates that are told to clients.
    pub limits: Limits,
    /// Time limits.
    pub timing: Timing,
    /// Bytes that may wait for a connection before its announcements are dropped and it is told to resync.
    pub outbox_bytes: usize,
    /// Commands of one connection that may wait for an earlier one.
    pub pending_commands: usize,
    /// Bytes of announcements that may wait for a shard before their publisher has to.
    pub mailbox_bytes: usize,
    /// What is offered.
    pub profile: Profile,
}

/// Time limits, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From connecting to the end of the request head. Bodies and messages have more: [`Timing::transfer_ms`].
    pub head_ms: u64,
    /// From opening to a successful hello.
    pub greeting_ms: u64,
    /// How often a client is asked whether it is there, and how long its answer may take.
    pub heartbeat: Pace,
    /// From the probe of an Engine.IO upgrade to its end, and from a packet to its last attachment.
    pub upgrade_ms: u64,
    /// From our close to the peer's.
    pub linger_ms: u64,
}

/// What is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The messenger.
    #[default]
    Production,
    /// Echoes for public protocol suites, and no messenger.
    Conformance,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shards: 0,
            max_connections: 100_000,
            connections_per_address: 1_000,
            trusted_proxies: Vec::new(),
            origins: Vec::new(),
            limits: Limits::default(),
            timing: Timing::default(),
            outbox_bytes: 1024 * 1024,
            pending_commands: 64,
            mailbox_bytes: 64 * 1024 * 1024,
            profile: Profile::Production,
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self { head_ms: 10_000, greeting_ms: 10_000, heartbeat: Pace { interval_ms: 25_000, timeout_ms: 20_000 }, upgrade_ms: 10_000, linger_ms: 2_000 }
    }
}

impl Timing {
    /// The slowest that a body or a message may come, in bytes per millisecond.
    const SLOWEST: u64 = 16;

    /// How long so many bytes may take to come, and no longer: the time of a head, and more the more there are.
    pub fn transfer_ms(&self, bytes: u64) -> u64 {
        self.head_ms.saturating_add(bytes / Self::SLOWEST)
    }
}

impl Settings {
    /// Messages of the conformance profile's plain echo may have so many bytes.
    pub const ECHO_BYTES: usize = 16 * 1024 * 1024;

    /// How often a connection may send a command.
    pub fn command_rate(&self) -> Rate {
        Rate::new(self.limits.commands_per_second, 1000, self.limits.command_burst)
    }

    /// How often a connection may send anything at all. Well above the rate of commands: a client that hears *limit
    /// exceeded* and goes on regardless runs into this one, and is closed.
    pub fn frame_rate(&self) -> Rate {
        Rate::new(self.limits.commands_per_second.saturating_mul(4), 1000, self.limits.command_burst.saturating_mul(4))
    }

    /// What one Socket.IO packet may take.
    pub fn socketio_limits(&self) -> socketio::Limits {
        socketio::Limits { max_attachments: self.limits.attachments, max_attachment_bytes: self.limits.frame_bytes, ..socketio::Limits::default() }
    }
}
