//! What a backend's failure means to its caller.

/// The driver's own error, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of asking a port.
pub type PortResult<T> = Result<T, PortError>;

/// A backend could not do its part. One variant for each thing a caller may do about it.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// It is not there.
    #[error("not found")]
    NotFound,
    /// Somebody else was first: load again and decide again.
    #[error("changed by someone else in the meantime")]
    Conflict,
    /// Too much is waiting already; nothing was done.
    #[error("{backend} is overloaded")]
    Overloaded {
        /// Which backend.
        backend: &'static str,
    },
    /// No room left; nothing was done.
    #[error("{backend} has no room left")]
    Full {
        /// Which backend.
        backend: &'static str,
    },
    /// It does not answer; what was asked may or may not have been done.
    #[error("{backend} is unavailable: {source}")]
    Unavailable {
        /// Which backend.
        backend: &'static str,
        /// What the driver said.
        source: BoxError,
    },
    /// It holds something that it cannot have written.
    #[error("{backend} holds something unreadable: {source}")]
    Corrupt {
        /// Which backend.
        backend: &'static str,
        /// What the driver said.
        source: BoxError,
    },
}
