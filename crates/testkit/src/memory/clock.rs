//! A clock that tests move.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rialto_domain::Timestamp;
use rialto_domain::ports::Clock;

/// Stands still until somebody moves it.
#[derive(Debug, Default)]
pub struct HandClock(AtomicU64);

impl HandClock {
    /// A clock that shows this time.
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.0))
    }

    /// Shows another time, earlier or later.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, SeqCst);
    }

    /// Moves on, and shows the new time.
    pub fn advance_ms(&self, ms: u64) -> Timestamp {
        Timestamp(self.0.fetch_add(ms, SeqCst) + ms)
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(SeqCst))
    }
}
