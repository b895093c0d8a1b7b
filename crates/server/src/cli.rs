//! The command line.

use clap::{Parser, Subcommand};

use crate::config::Flags;

/// A self-hosted real-time messenger.
#[derive(Debug, Parser)]
#[command(name = "rialto", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve {
        #[command(flatten)]
        settings: Flags,
    },
    /// Print a configuration file with every setting, its meaning and its default.
    Config,
    /// Put load on a running server, and measure it.
    Load(crate::command::load::Args),
}
