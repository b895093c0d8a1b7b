//! Accounts, log-ins and settings.

use rialto_domain::user::{Profile, Settings, Username};
use rialto_domain::{DeviceId, SessionId, Timestamp, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ClientName;

/// A new account.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Register {
    /// The unique name; without one the account is anonymous.
    pub username: Option<String>,
    /// The password; goes with the user name.
    pub password: Option<String>,
    /// The name shown; otherwise the user name, or "Guest" and a number.
    pub display_name: Option<String>,
    /// The device, when the client has an id for it already.
    pub device: Option<DeviceId>,
    /// What the client is.
    pub client: Option<ClientName>,
}

/// A log-in: name and password, or recovery key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Login {
    /// The unique name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The recovery key of an anonymous account.
    pub recovery_key: Option<String>,
    /// The device, when the client has an id for it already.
    pub device: Option<DeviceId>,
    /// What the client is.
    pub client: Option<ClientName>,
}

/// A refresh token to be traded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refresh {
    /// The refresh token that was issued last.
    pub refresh_token: String,
}

/// A name and password for an anonymous account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The unique name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// A new password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasswordChange {
    /// The password as it was.
    pub old: String,
    /// The password as it shall be.
    pub new: String,
}

// Data that carries secrets is never shown, not even in a fault's report.
macro_rules! hidden {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        })*
    };
}
hidden!(Register, Login, Refresh, Claim, PasswordChange, Tokens);

/// New values of one's own profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountUpdate {
    /// The name shown.
    pub display_name: String,
}

/// New settings; what is absent takes its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingsSet {
    /// All settings.
    pub settings: Settings,
}

/// The tokens of a log-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    /// Whose.
    pub user: UserId,
    /// The log-in.
    pub session: SessionId,
    /// The device.
    pub device: DeviceId,
    /// Good for hello and for REST, for a short while.
    pub access_token: String,
    /// For how many milliseconds.
    pub access_expires_in_ms: u64,
    /// Good once, for the next tokens.
    pub refresh_token: String,
    /// Opens an anonymous account on another device. Told once; keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_key: Option<String>,
}

/// One's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// Who.
    pub id: UserId,
    /// The unique name; absent for an anonymous account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// The name shown.
    pub display_name: String,
    /// The settings.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Timestamp,
}

impl AccountView {
    /// The view of an account.
    pub fn of(account: rialto_domain::auth::Account) -> Self {
        let Profile { id, username, display_name } = account.profile;
        Self { id, username, display_name, settings: account.settings, created_at: account.created_at }
    }
}

/// One's log-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sessions {
    /// The newest first.
    pub sessions: Vec<SessionView>,
}

/// One log-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// Which.
    pub id: SessionId,
    /// The device.
    pub device: DeviceId,
    /// What the client calls itself or its device.
    pub client: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub used_at: Timestamp,
    /// It is the one that asks.
    pub current: bool,
}

/// Which log-ins to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SessionsRevoke {
    /// This one.
    pub session: Option<SessionId>,
    /// All but the one that asks.
    pub others: bool,
}

/// The log-ins that were ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revoked {
    /// These.
    pub revoked: Vec<SessionId>,
}

/// A name for the device of this log-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceUpdate {
    /// Shown in the list of log-ins.
    pub name: String,
}
