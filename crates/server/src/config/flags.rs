//! What the command line says: one flag for every setting, and `--config` for the file.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};

use super::mistake::Place;
use super::resolved::Written;
use super::value::Raw;
use super::{Setting, settings};

/// The flags of the settings. Flatten it into a command: `#[command(flatten)] settings: config::Flags`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// The TOML file, when one was named.
    pub(super) file: Option<PathBuf>,
    /// Settings by key, with what was said of them.
    pub(super) said: Vec<(&'static str, String)>,
}

/// The name of each flag beside its setting's key; clap keeps names for as long as the program runs.
static NAMES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| settings().map(|setting| (setting.key, setting.flag())).collect());

impl Flags {
    /// Every setting of the command line.
    pub(super) fn read(&self) -> Vec<Written> {
        settings()
            .filter_map(|setting| {
                let (_, text) = self.said.iter().find(|(key, _)| *key == setting.key)?;
                let place = Place::Flag(setting.flag());
                Some(Written { setting, raw: Raw::Text(text.clone()), place })
            })
            .collect()
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Read settings from this TOML file; `rialto config` prints one with all of them [env: RIALTO_CONFIG]");
        let flags = settings().zip(NAMES.iter()).map(|(setting, (key, name))| {
            Arg::new(*key)
                .long(name.as_str())
                .value_name("VALUE")
                .help(setting.summary())
                .long_help(describe(setting))
                .help_heading("Settings")
                // Then a number below zero is out of range, and not a flag that nobody knows.
                .allow_negative_numbers(true)
                // `-h` stays a page: it shows what stands at the top of the file, `--help` shows all.
                .hide_short_help(setting.key.contains('.'))
        });
        command.arg(file).args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn describe(setting: &Setting) -> String {
    let default = (setting.default)().to_string();
    let default = if default == "\"\"" { "nothing".to_owned() } else { default };
    format!("{} [env: {}] [default: {default}]", setting.paragraph(), setting.variable())
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let file = matches.get_one::<PathBuf>("config").cloned();
        let said = settings().filter_map(|setting| Some((setting.key, matches.get_one::<String>(setting.key)?.clone()))).collect();
        Ok(Self { file, said })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Serve {
        #[command(flatten)]
        settings: Flags,
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Serve::command().debug_assert();
    }

    #[test]
    fn every_setting_has_a_flag_that_is_read_back() {
        for setting in settings() {
            let flag = format!("--{}", setting.flag());
            let serve = Serve::try_parse_from(["serve", &flag, "x"]).unwrap();
            assert_eq!(serve.settings.said, [(setting.key, "x".to_owned())]);
        }
    }

    #[test]
    fn the_flags_of_the_conformance_profile_are_spelt_as_published() {
        let serve = Serve::try_parse_from([
            "serve",
            "--profile=conformance",
            "--ping-interval-ms=300",
            "--ping-timeout-ms=200",
            "--connect-timeout-ms=1000",
            "--max-payload=1000000",
        ])
        .unwrap();
        assert_eq!(serve.settings.said.len(), 5);
    }

    #[test]
    fn a_flag_that_nobody_knows_is_refused_by_name() {
        let error = Serve::try_parse_from(["serve", "--lisen", "x"]).err().unwrap();
        assert!(error.to_string().contains("--listen"), "{error}");
    }
}
