//! Everything in one process, with one data directory: the default.

pub mod bus;
pub mod clock;
pub mod intake;
pub mod presence;
pub mod secrets;
pub mod store;
