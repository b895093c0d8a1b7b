//! Randomness and password hashes.

use async_trait::async_trait;

use super::error::PortResult;
use crate::auth::Password;

/// The operating system's randomness: unpredictable, and different after a fork or a restore.
pub trait Randomness: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Hashes passwords with argon2id (RFC 9106).
///
/// Every implementation promises:
/// - hashing runs off the caller's thread, and only so many at once: more wait, and beyond a bound are refused as *overloaded*;
/// - `verify` without a hash (`None`: no such user) takes as long as with one, and answers no.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The PHC string of a password.
    async fn hash(&self, password: Password) -> PortResult<String>;

    /// Is this the password?
    async fn verify(&self, password: Password, hash: Option<String>) -> PortResult<bool>;
}
