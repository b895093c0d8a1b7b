//! Decides from the journals of clients whether a server kept its promises.
//!
//! A client writes down what it asks and what it hears ([`journal`]); at the end each reads its channels whole once more.
//! [`evidence`] brings all of that together: what stands in every log, who was a member when, what was asked and what came of
//! it. [`judge`] then asks the eleven questions, one module each noun, and names every [`Violation`] with the lines that show it.
//!
//! The checker trusts nobody but the clients. It shares the protocol's words with the server, and none of its rules: who may
//! read what is worked out here once more, from the entries that clients saw.

pub mod evidence;
pub mod journal;
mod log;
mod loss;
mod order;
mod positions;
mod reads;
mod rights;
mod sight;
mod sync;
mod unread;
mod violation;

pub use evidence::Evidence;
pub use journal::{Journal, Line, Malformed, What};
use sight::Sight;
pub use violation::{Invariant, Place, Violation};

/// Every promise that was broken, in the order of the invariants; for each invariant in the order of the evidence.
/// Empty when all were kept.
pub fn judge(evidence: &Evidence) -> Vec<Violation> {
    let sight = Sight::of(evidence);
    let mut violations = evidence.contradictions().to_vec();
    violations.extend(loss::ask(evidence, &sight));
    violations.extend(order::ask(evidence));
    violations.extend(reads::ask(evidence, &sight));
    violations.extend(positions::ask(evidence));
    violations.extend(sync::ask(evidence, &sight));
    violations.extend(rights::ask(evidence, &sight));
    violations.extend(unread::ask(evidence));
    violations.sort_by_key(|violation| violation.invariant);
    violations
}
