//! Who is online, and who may know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Timestamp;
use crate::user::{Audience, Settings};

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// At least one connection is open.
    pub online: bool,
    /// When the last connection closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

/// One user's presence, as told to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserPresence {
    /// Whose.
    pub user: UserId,
    /// What may be known of it.
    #[serde(flatten)]
    pub presence: Presence,
}

impl Presence {
    /// What another may know of it: nothing unless the two share a channel and neither blocks the other,
    /// and then what the user's settings show.
    #[must_use]
    pub fn shown(self, settings: &Settings, acquainted: bool) -> Self {
        let shows = |audience| acquainted && audience == Audience::Contacts;
        Self { online: self.online && shows(settings.presence), last_seen: self.last_seen.filter(|_| shows(settings.last_seen)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Presence = Presence { online: true, last_seen: Some(Timestamp(5)) };

    #[test]
    fn strangers_learn_nothing() {
        assert_eq!(HERE.shown(&Settings::default(), false), Presence::default());
    }

    #[test]
    fn each_switch_hides_its_own_part() {
        let settings = Settings { presence: Audience::Nobody, ..Settings::default() };
        assert_eq!(HERE.shown(&settings, true), Presence { online: false, last_seen: Some(Timestamp(5)) });
        let settings = Settings { last_seen: Audience::Nobody, ..Settings::default() };
        assert_eq!(HERE.shown(&settings, true), Presence { online: true, last_seen: None });
    }
}
