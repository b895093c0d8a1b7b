//! How sockets are moved, and who may open one.

use rialto_edge::realtime::address::Network;
use toml_edit::Array;

use super::origin::Origins;
use super::setting::{KIB, MIB, settings};

settings! {
    "edge";
    /// How sockets are moved, and who may open one.
    struct Edge {
        /// Threads that move sockets; 0 is one for each core.
        shards: usize = 0, 0..=256, "threads";
        /// Pages that may connect: exact origins, such as "https://chat.example.org", or "*" alone for every
        /// page there is; public_url is always one of them. When none is named, pages of the host that they
        /// talk to. Programs that are not browsers send no origin and are not asked for one.
        allowed_origins: Origins = Array::new();
        /// Proxies whose X-Forwarded-For is believed, as networks such as "10.0.0.0/8" or "fd00::/8". From
        /// anybody else the header is ignored: a client could write any address in it.
        trusted_proxies: Vec<Network> = Array::new();
        /// Open connections of all clients together. Each needs a file descriptor: see `ulimit -n`.
        max_connections: usize = 100_000, 1..=10_000_000, "connections";
        /// Open connections of one address. Whole offices and mobile networks share one.
        connections_per_address: usize = 4_096, 1..=10_000_000, "connections";
        /// How long a client may take to send the head of a request.
        head_timeout_ms: u64 = 10_000, 100..=600_000, "milliseconds";
        /// What may wait for one connection that reads too slowly. Beyond it the client is told to
        /// synchronise again, and what waited is dropped.
        outbox_bytes: usize = MIB, 16 * KIB..=256 * MIB, "bytes";
        /// Packets in one answer to a long-polling client, at most.
        poll_packets: usize = 16, 1..=256, "packets";
        /// How long a server that is told to stop waits for its clients to leave.
        drain_ms: u64 = 10_000, 0..=600_000, "milliseconds";
    }
}
