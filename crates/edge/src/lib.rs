//! Rialto: the edge crate.
