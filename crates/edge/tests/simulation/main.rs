//! The real edge, service and sequencer in a world where everything goes wrong that may. See `rialto_testkit::sim`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod crashes;
mod edge;
mod kept;
mod mutations;
mod seeds;
