//! Rialto: the adapters crate.
