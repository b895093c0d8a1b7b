//! What the environment says.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::mistake::{Mistake, Place};
use super::nearest::nearest;
use super::resolved::Written;
use super::settings;
use super::value::Raw;

/// Variables of ours that are not settings.
const NOT_SETTINGS: &[&str] = &[FILE_VARIABLE];

/// Names the TOML file.
pub(super) const FILE_VARIABLE: &str = "RIALTO_CONFIG";

/// Begins every variable of ours.
pub(super) const PREFIX: &str = "RIALTO_";

/// The environment as it was when the program started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The one this process was given.
    pub(crate) fn of_this_process() -> Self {
        std::env::vars_os().collect()
    }

    /// A variable's value. One that is set to nothing counts as not set, as compose files leave it so.
    pub(super) fn get(&self, variable: &str) -> Option<&OsStr> {
        self.0.get(variable).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Every setting of the environment.
    pub(super) fn read(&self, mistakes: &mut Vec<Mistake>) -> Vec<Written> {
        let mut written = Vec::new();
        for setting in settings() {
            let variable = setting.variable();
            let Some(value) = self.get(&variable) else {
                continue;
            };
            let place = Place::Environment(variable);
            match value.to_str() {
                Some(text) => written.push(Written { setting, raw: Raw::Text(text.to_owned()), place }),
                None => {
                    let what = format!("{}: expected {}, found what is not UTF-8", setting.key, setting.expected());
                    mistakes.push(Mistake { place, what });
                }
            }
        }
        written
    }

    /// A word about every `RIALTO_…` that no setting is called. Not a mistake: container platforms put
    /// variables of their own under a service's name (`RIALTO_PORT`, `RIALTO_SERVICE_HOST`).
    pub(super) fn unknown(&self) -> Vec<String> {
        // Compared without the prefix: seven letters in common would make strangers look alike.
        let endings: Vec<String> = settings().map(|setting| ending(&setting.variable()).to_owned()).collect();
        self.0
            .keys()
            .filter(|name| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
            .filter(|name| !endings.iter().any(|known| known == ending(name)))
            .filter_map(|name| {
                let meant = nearest(ending(name), endings.iter().map(String::as_str))?;
                Some(format!("environment {name}: no such setting and ignored; did you mean {PREFIX}{meant}?"))
            })
            .collect()
    }

    /// Where data is kept when nobody says: `$XDG_DATA_HOME/rialto`, else `~/.local/share/rialto`,
    /// else `./rialto-data`.
    pub(super) fn data_dir(&self) -> PathBuf {
        // The XDG specification says to ignore a relative path.
        let absolute = |variable| self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".local/share")))
            .map_or_else(|| PathBuf::from("rialto-data"), |share| share.join("rialto"))
    }
}

fn ending(variable: &str) -> &str {
    variable.strip_prefix(PREFIX).unwrap_or(variable)
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        // A name that is not UTF-8 is none of ours.
        Self(variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect())
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_mentioned_and_a_stranger_is_not() {
        let environment =
            Environment::from([("RIALTO_LOG_LEVLE", "debug"), ("RIALTO_SERVICE_HOST", "10.0.0.1"), ("RIALTO_CONFIG", "rialto.toml"), ("HOME", "/root")]);
        assert_eq!(environment.unknown(), ["environment RIALTO_LOG_LEVLE: no such setting and ignored; did you mean RIALTO_LOG_LEVEL?"]);
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        let mut mistakes = Vec::new();
        let written = Environment::from([("RIALTO_LISTEN", "")]).read(&mut mistakes);
        assert!(written.is_empty() && mistakes.is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn a_variable_that_is_not_text_is_a_mistake() {
        use std::os::unix::ffi::OsStringExt;
        let environment: Environment = [(OsString::from("RIALTO_LISTEN"), OsString::from_vec(vec![0xff]))].into_iter().collect();
        let mut mistakes = Vec::new();
        environment.read(&mut mistakes);
        assert_eq!(mistakes[0].place.to_string(), "environment RIALTO_LISTEN");
    }

    #[test]
    fn data_goes_where_the_desktop_keeps_it() {
        let xdg = Environment::from([("XDG_DATA_HOME", "/srv/share"), ("HOME", "/home/ada")]);
        assert_eq!(xdg.data_dir(), PathBuf::from("/srv/share/rialto"));
        let home = Environment::from([("XDG_DATA_HOME", "relative"), ("HOME", "/home/ada")]);
        assert_eq!(home.data_dir(), PathBuf::from("/home/ada/.local/share/rialto"));
        assert_eq!(Environment::default().data_dir(), PathBuf::from("rialto-data"));
    }
}
