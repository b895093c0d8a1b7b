//! The `rialto` binary.

#[allow(dead_code, unused_imports, reason = "the commands that read it are wired next")]
mod config;

fn main() {}
