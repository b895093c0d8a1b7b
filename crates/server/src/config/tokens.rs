//! How long a device stays logged in.

use super::setting::settings;

settings! {
    "tokens";
    /// How long a device stays logged in.
    struct Tokens {
        /// How long an access token is good for. It is not looked up, so this is also how long a stolen one
        /// may be of use to a client that is not connected.
        access_ttl_s: u64 = 900, 60..=86_400, "seconds";
        /// How long a device that is not used stays logged in: each use renews it.
        refresh_ttl_days: u64 = 60, 1..=3_650, "days";
        /// How long after its use a refresh token gets the same answer again, for a device whose answer was lost. Later,
        /// and once the token that it got was used, a second use ends the log-in. 0: at once.
        refresh_grace_s: u64 = 60, 0..=600, "seconds";
        /// Log-ins that one user may have open. One more ends the one that was not refreshed for longest.
        log_ins_per_user: usize = 100, 2..=10_000, "log-ins";
    }
}

impl Tokens {
    /// The life of a refresh token in the unit of the access token's.
    pub(crate) fn refresh_ttl_s(&self) -> u64 {
        self.refresh_ttl_days * 24 * 60 * 60
    }
}
