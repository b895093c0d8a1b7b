//! The `rialto` binary.

mod cli;
mod client;
mod command;
mod compose;
mod config;
mod role;
mod telemetry;
mod web;

use clap::Parser as _;
use std::process::ExitCode;

use cli::{Cli, Command};

/// Messages are made by one thread and let go by another, which is slow with the system's allocator (docs/adr/0008).
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // One TLS stack: every rustls user takes this provider.
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("no other provider was installed before");
    let done = match Cli::parse().command {
        Command::Serve { settings } => role::serve::run(settings),
        Command::Config => {
            print!("{}", config::document());
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor(args) => command::doctor::run(args, &compose::inspect),
        Command::Chat(args) => command::chat::run(args),
        Command::Check(args) => command::check::run(args),
        Command::Load(args) => command::load::run(args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("rialto: {error:#}");
        ExitCode::FAILURE
    })
}
