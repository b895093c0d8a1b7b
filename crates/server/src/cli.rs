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
    /// Check configuration, directories, ports and a running server, and say what to do.
    Doctor(crate::command::doctor::Args),
    /// Chat in the terminal, or from a script.
    Chat(crate::command::chat::Args),
    /// Decide from clients' journals whether a server kept its promises.
    Check(crate::command::check::Args),
    /// Put load on a running server, and measure it.
    Load(crate::command::load::Args),
}
