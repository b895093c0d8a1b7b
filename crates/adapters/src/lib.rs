//! The ports made real, one folder for each backend.

pub mod embedded;
