//! What the server says about itself.

use super::setting::settings;
use super::value::Choice;

settings! {
    "log";
    /// What the server says about itself, on standard error.
    struct Log {
        /// The least important thing that is logged: "error", "warn", "info", "debug" or "trace".
        level: Level = "info";
        /// How a line is written: "text" for people, "json" for machines that collect it.
        format: Format = "text";
    }
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Somebody should look.
    Error,
    /// Something is off, and handled.
    Warn,
    /// What happened.
    Info,
    /// Why it happened.
    Debug,
    /// Every step.
    Trace,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Choice for Level {
    const NAMED: &'static [(&'static str, Self)] =
        &[("error", Self::Error), ("warn", Self::Warn), ("info", Self::Info), ("debug", Self::Debug), ("trace", Self::Trace)];
}

impl Level {
    /// The name, which is also how `tracing` spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Choice for Format {
    const NAMED: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_named_as_it_is_written() {
        for (name, level) in Level::NAMED {
            assert_eq!(level.name(), *name);
        }
    }
}
