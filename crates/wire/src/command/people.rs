//! Users, blocks and presence.

use rialto_domain::UserId;
use rialto_domain::presence::UserPresence;
use rialto_domain::user::Profile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user to be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserFind {
    /// The unique name, exactly.
    pub username: String,
}

/// Some users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Users {
    /// Their ids; at most as many as `ready` tells (`users_per_command`).
    pub users: Vec<UserId>,
}

/// What others see of some users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Profiles {
    /// Their profiles; unknown users are left out.
    pub users: Vec<Profile>,
}

/// Whom to block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// Whom.
    pub user: UserId,
    /// Block (when absent), or end it.
    #[serde(default = "yes")]
    pub on: bool,
}

pub(super) const fn yes() -> bool {
    true
}

/// Who is online.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presences {
    /// What may be known of each user that was asked about.
    pub presences: Vec<UserPresence>,
}
