//! The time.

use crate::time::Timestamp;

/// Tells the time. It may go back (an operator sets it); whoever needs order uses `seq`.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
