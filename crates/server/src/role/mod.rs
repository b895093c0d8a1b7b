//! What a process of the server can be.

pub(crate) mod serve;
