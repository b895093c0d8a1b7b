//! What a backend's failure becomes for a client; logged here, once.

use rialto_domain::Refusal;
use rialto_domain::ports::PortError;
use tracing::{debug, error, warn};

/// A failure that the caller cannot act on becomes a refusal. *Not found* and *conflict* are answers, which callers
/// handle where they expect them; here they are a fault of ours.
pub(crate) fn failed(failure: PortError) -> Refusal {
    match failure {
        PortError::Overloaded { backend } => {
            warn!(backend, "a request is refused: {backend} is overloaded");
            metrics::counter!("rialto_overloaded_total", "backend" => backend).increment(1);
            Refusal::Unavailable
        }
        PortError::Full { backend } => {
            // The backend says so itself, once: the log may stand on the same disk.
            debug!(backend, "a request is refused: {backend} has no room left");
            metrics::counter!("rialto_storage_full_total", "backend" => backend).increment(1);
            Refusal::StorageFull
        }
        PortError::Unavailable { backend, source } => {
            error!(backend, %source, "a request is refused: {backend} is unavailable");
            Refusal::Unavailable
        }
        PortError::Corrupt { backend, source } => {
            error!(backend, %source, "{backend} holds something unreadable");
            Refusal::Internal
        }
        unexpected @ (PortError::NotFound | PortError::Conflict) => {
            error!(%unexpected, "a backend gave an answer that nobody expected there");
            Refusal::Internal
        }
    }
}

/// The same for what may have been done although the answer did not come.
pub(crate) fn unsure(failure: PortError) -> Refusal {
    let is_unknown = matches!(failure, PortError::Unavailable { .. });
    let refusal = failed(failure);
    if is_unknown { Refusal::OutcomeUnknown } else { refusal }
}

/// The same, where *not found* is an answer that clients can be told.
pub(crate) fn failed_or(missing: Refusal) -> impl Fn(PortError) -> Refusal {
    move |failure| match failure {
        PortError::NotFound => missing,
        other => failed(other),
    }
}
