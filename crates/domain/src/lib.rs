//! Rialto: the domain crate.
