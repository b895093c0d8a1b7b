//! `rialto chat`: a client in the terminal, for people and for scripts.
//!
//! [`model`] is the chat as a value; around it stand what is drawn ([`screen`]), what is typed ([`keys`], [`typed`],
//! [`mod@line`]), and the ways to the server ([`link`]), to the person ([`interactive`]) and to a script ([`script`]).

mod backoff;
mod editor;
mod grid;
mod interactive;
mod keyring;
mod keys;
mod line;
mod link;
mod login;
mod message;
mod model;
mod prompt;
mod screen;
mod script;
mod shelf;
mod target;
mod terminal;
mod typed;
mod visible;

use jiff::tz::TimeZone;
use std::io::{IsTerminal as _, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::speaks_utf8;
use crate::client::{Address, Trust};
use keyring::Keyring;
use login::{Who, log_in};
use message::Look;

/// Chat in the terminal, or from a script.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = line::HELP)]
pub(crate) struct Args {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:7878", env = "RIALTO_URL")]
    url: Address,
    #[command(flatten)]
    who: Who,
    /// Keep log-ins in this file. [default: ~/.config/rialto/session.json]
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Trust the certificate authorities in this PEM file instead of those of this system.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Take commands from the input and print JSON, a line each; see below. Also when the input is no terminal.
    #[arg(long)]
    line: bool,
    /// In line mode: how many seconds to wait for the first connection, and at the end for what is not stored yet.
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,
    /// Show how far messages have come in letters (rc, st, dl, rd) instead of ticks.
    #[arg(long)]
    letters: bool,
}

/// Chats until the person or the script has had enough.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(chat(args));
    // Threads that wait for keys or lines would wait for ever.
    runtime.shutdown_background();
    done
}

async fn chat(args: Args) -> anyhow::Result<ExitCode> {
    let is_line = args.line || !stdin().is_terminal() || !stdout().is_terminal();
    let path = args.session.map_or_else(Keyring::usual_path, Ok)?;
    let keyring = Keyring::new(path, args.url, args.ca.map_or(Trust::System, Trust::File));
    log_in(&args.who, &keyring, !is_line).await?;
    if is_line {
        return script::run(keyring, Duration::from_secs(args.wait)).await;
    }
    let look = Look { letters: args.letters || !speaks_utf8(), zone: TimeZone::try_system().unwrap_or(TimeZone::UTC) };
    interactive::run(keyring, look).await?;
    Ok(ExitCode::SUCCESS)
}
