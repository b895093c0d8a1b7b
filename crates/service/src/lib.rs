//! Rialto: the service crate.
