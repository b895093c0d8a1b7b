//! What this server is for.

use super::mistake::Mistake;
use super::resolved::Resolved;
use super::value::Choice;

/// What this server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// People and their messages.
    Production,
    /// Public protocol suites that judge the transport: echoes, no accounts, nothing kept.
    Conformance,
}

/// All that an echo server can be told. Every other setting belongs to people or to their data, and
/// whoever wrote one did not mean to start a server that has neither.
const OF_CONFORMANCE: &[&str] = &[
    "profile",
    "listen",
    "metrics_listen",
    "ping_interval_ms",
    "ping_timeout_ms",
    "connect_timeout_ms",
    "max_payload",
    "log.level",
    "log.format",
    "edge.shards",
    "edge.drain_ms",
];

impl Choice for Profile {
    const NAMED: &'static [(&'static str, Self)] = &[("production", Self::Production), ("conformance", Self::Conformance)];
}

/// Settings that were written although the profile has no use for them.
pub(super) fn strangers(profile: Profile, resolved: &Resolved) -> Vec<Mistake> {
    if profile == Profile::Production {
        return Vec::new();
    }
    resolved
        .written()
        .filter(|(key, _)| !OF_CONFORMANCE.contains(key))
        .map(|(key, place)| Mistake {
            place: place.clone(),
            what: format!("{key}: is for production; profile = \"conformance\" serves echoes only, so drop one of the two"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings;

    #[test]
    fn what_conformance_can_be_told_are_settings() {
        for key in OF_CONFORMANCE {
            assert!(settings().any(|setting| setting.key == *key), "{key}");
        }
    }
}
