//! What is wrong with a configuration, where it was written, and what would be right.

use std::fmt;
use std::path::PathBuf;

/// Where a value was written. Later places win over earlier ones, and the order is that of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A line of the file, counted from one; no line when it is about the file as a whole.
    File {
        /// As it was given, so that an editor can open it.
        path: PathBuf,
        /// Counted from one.
        line: Option<usize>,
    },
    /// An environment variable.
    Environment(String),
    /// A flag, without its dashes.
    Flag(String),
}

/// One thing to put right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mistake {
    /// Where to look.
    pub(crate) place: Place,
    /// What is wrong, and what would be right.
    pub(crate) what: String,
}

/// Everything that is wrong, so that one look at the file puts it all right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// In the order in which the file is read, then the environment, then the flags.
    pub(super) fn sorted(mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort();
        Self(mistakes)
    }

    /// The mistakes, in the order of the report.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag --{flag}"),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "one mistake in the configuration:")?,
            count => writeln!(f, "{count} mistakes in the configuration:")?,
        }
        for mistake in &self.0 {
            writeln!(f, "  {mistake}")?;
        }
        Ok(())
    }
}
