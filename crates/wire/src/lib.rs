//! Rialto: the wire crate.
