//! Everything in one process and one directory: what runs when nothing is configured.

pub mod store;
