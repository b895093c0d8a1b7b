//! What must hold of what reads strangers' bytes, whatever the bytes.
//!
//! Each function takes bytes as a stranger may send them and panics when a statement does not hold. The fuzz targets call them with
//! what a fuzzer finds, the tests `seeds` of the crates that are named after the modules with what is kept in `seeds/` and `corpus/`.

pub mod edge;
pub mod service;
pub mod wire;
