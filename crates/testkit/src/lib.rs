//! Rialto: the testkit crate.
