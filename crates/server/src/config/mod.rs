//! Configuration: one table of settings, read once from a file, the environment and the command line.
//!
//! A setting is declared in the file of its concern (`limits.rs`, `edge.rs`, …); everything else follows from
//! that row: the key in the TOML file, the environment variable, the flag, the documentation, the checks.
//! The result is plain values that are passed down; nothing below asks the environment again. All mistakes of
//! all places are reported together.

mod contradictions;
mod document;
mod edge;
mod environment;
mod file;
mod flags;
mod limits;
mod log;
mod mistake;
mod nearest;
mod network;
mod origin;
mod profile;
mod resolved;
mod server;
mod setting;
mod tls;
mod tokens;
mod transport;
mod value;
mod version;
mod warnings;

use rialto_edge::realtime::origin::EVERY;
use std::path::{Path, PathBuf};

pub(crate) use document::document;
pub(crate) use edge::Edge;
pub(crate) use environment::Environment;
pub(crate) use flags::Flags;
pub(crate) use limits::Limits;
pub(crate) use log::{Format, Log};
pub(crate) use mistake::{Mistake, Mistakes, Place};
pub(crate) use origin::Origins;
pub(crate) use profile::Profile;
pub(crate) use server::Server;
pub(crate) use tls::Tls;
pub(crate) use tokens::Tokens;
pub(crate) use transport::Transport;

use resolved::Resolved;
use setting::{Section, Setting};

/// The table: every concern in the order of the example file. Those at the top of the file come first, as
/// TOML wants it.
const SECTIONS: &[Section] = &[Server::SECTION, Transport::SECTION, Log::SECTION, Edge::SECTION, Limits::SECTION, Tls::SECTION, Tokens::SECTION];

/// Every setting there is.
fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// What the server was told, checked: one struct of plain values for each concern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// What it is and where it listens.
    pub(crate) server: Server,
    /// How connections are greeted and kept alive.
    pub(crate) transport: Transport,
    /// What it says about itself.
    pub(crate) log: Log,
    /// How sockets are moved, and who may open one.
    pub(crate) edge: Edge,
    /// What one person may ask of it.
    pub(crate) limits: Limits,
    /// Encryption in this process.
    pub(crate) tls: Tls,
    /// How long devices stay logged in.
    pub(crate) tokens: Tokens,
}

/// A configuration without mistakes.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What holds.
    pub(crate) config: Config,
    /// What is allowed and may surprise; to be logged at start.
    pub(crate) warnings: Vec<String>,
}

/// All that was said to the server, in text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The path of the TOML file, for messages, and its text.
    pub(crate) file: Option<(PathBuf, String)>,
    /// The environment.
    pub(crate) environment: Environment,
    /// The command line.
    pub(crate) flags: Flags,
}

impl Config {
    /// Reads the environment of this process, and the file that it or the flags name.
    ///
    /// # Errors
    /// Every mistake of every place, a file that cannot be read being one of them.
    pub(crate) fn load(flags: Flags) -> Result<Loaded, Mistakes> {
        let environment = Environment::of_this_process();
        let from_environment = || environment.get(environment::FILE_VARIABLE).map(PathBuf::from);
        let path = flags.file.clone().or_else(from_environment);
        let mut mistakes = Vec::new();
        let file = path.and_then(|path| match std::fs::read_to_string(&path) {
            Ok(text) => Some((path, text)),
            Err(error) => {
                mistakes.push(unreadable(&path, &error));
                None
            }
        });
        Self::weigh(&Sources { file, environment, flags }, mistakes)
    }

    /// The sizes and counts that clients are told and held to.
    pub(crate) fn told_limits(&self) -> rialto_domain::limit::Limits {
        let Limits { body_bytes, attachments, members, channels_per_user, users_per_command, page, .. } = self.limits;
        rialto_domain::limit::Limits {
            body_bytes,
            frame_bytes: self.transport.max_payload,
            attachments,
            json_depth: rialto_wire::depth::MAX_DEPTH,
            poll_packets: self.edge.poll_packets,
            commands_per_second: self.limits.commands_per_second,
            command_burst: self.limits.command_burst,
            members,
            channels_per_user,
            users_per_command,
            page,
        }
    }

    /// The pages that may connect: those listed, and those served from the public address. None listed: those of the same host.
    pub(crate) fn origins(&self) -> Vec<String> {
        let own = self.server.public_url.iter().map(|url| url.origin().as_str().to_owned());
        match &self.edge.allowed_origins {
            Origins::Any => vec![EVERY.to_owned()],
            Origins::Only(listed) => listed.iter().map(|origin| origin.as_str().to_owned()).chain(own).collect(),
        }
    }

    /// Decides what holds, from text alone.
    ///
    /// # Errors
    /// Every mistake of every source.
    #[cfg(test)]
    pub(crate) fn read(sources: &Sources) -> Result<Loaded, Mistakes> {
        Self::weigh(sources, Vec::new())
    }

    fn weigh(sources: &Sources, mut mistakes: Vec<Mistake>) -> Result<Loaded, Mistakes> {
        let Sources { file, environment, flags } = sources;
        let mut written = Vec::new();
        if let Some((path, text)) = file {
            written.extend(file::read(path, text, &mut mistakes));
        }
        written.extend(environment.read(&mut mistakes));
        written.extend(flags.read());

        let resolved = Resolved::weigh(written, &mut mistakes);
        let config = Self::from(&resolved, environment);
        mistakes.extend(contradictions::contradictions(&config).into_iter().filter_map(|contradiction| {
            let place = resolved.place_of(contradiction.keys)?.clone();
            Some(Mistake { place, what: contradiction.what })
        }));
        mistakes.extend(profile::strangers(config.server.profile, &resolved));

        if !mistakes.is_empty() {
            return Err(Mistakes::sorted(mistakes));
        }
        let warnings = environment.unknown().into_iter().chain(warnings::warnings(&config)).collect();
        Ok(Loaded { config, warnings })
    }

    fn from(resolved: &Resolved, environment: &Environment) -> Self {
        let mut server = Server::read(resolved);
        if server.data_dir.as_os_str().is_empty() {
            server.data_dir = environment.data_dir();
        }
        Self {
            server,
            transport: Transport::read(resolved),
            log: Log::read(resolved),
            edge: Edge::read(resolved),
            limits: Limits::read(resolved),
            tls: Tls::read(resolved),
            tokens: Tokens::read(resolved),
        }
    }
}

/// What holds when nobody says anything, not even the environment.
impl Default for Config {
    fn default() -> Self {
        let nothing = Resolved::weigh(Vec::new(), &mut Vec::new());
        Self::from(&nothing, &Environment::default())
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Mistake {
    let place = Place::File { path: path.to_owned(), line: None };
    Mistake { place, what: format!("cannot be read: {error}") }
}

#[cfg(test)]
mod tests;
