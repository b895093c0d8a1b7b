//! What the program can be asked to do besides serving.

pub(crate) mod chat;
pub(crate) mod load;
