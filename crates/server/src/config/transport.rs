//! How a connection is greeted and kept alive.

use super::setting::{KIB, MIB, settings};

settings! {
    "";
    /// How a connection is greeted and kept alive. The first three are Engine.IO's pingInterval, pingTimeout
    /// and maxPayload, and every client is told them in the handshake.
    struct Transport {
        /// How often the server asks a client whether it is still there.
        ping_interval_ms: u64 = 25_000, 50..=600_000, "milliseconds";
        /// How long a client may take to answer before its connection counts as dead.
        ping_timeout_ms: u64 = 20_000, 50..=600_000, "milliseconds";
        /// The largest frame or polled body that is taken from a client. A larger one closes the connection.
        max_payload: usize = MIB, KIB..=64 * MIB, "bytes";
        /// How long a client may stay without saying hello (or, in Socket.IO, CONNECT) before it is
        /// disconnected.
        connect_timeout_ms: u64 = 10_000, 100..=600_000, "milliseconds";
    }
}
