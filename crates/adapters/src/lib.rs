//! The ports made real, one folder per backend.

pub mod embedded;
