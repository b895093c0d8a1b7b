//! The embedded store, asked what every store is asked, and what only this one can be asked.

#![allow(clippy::unwrap_used)]

mod conformance;
mod crash;
mod erasure;
mod failure;
mod opening;
mod process;
mod tail;
