//! Secrets that are none.

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::auth::Password;
use rialto_domain::ports::{PasswordHasher, PortResult, Randomness};

use crate::Dice;

/// Randomness that follows from a seed, and is therefore for tests only.
pub struct SeededRandomness(Mutex<Dice>);

impl SeededRandomness {
    /// The randomness of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(Dice::new(seed)))
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        let mut dice = self.0.lock();
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&dice.bits().to_be_bytes()[..chunk.len()]);
        }
    }
}

/// "Hashes" a password by writing it down: costs nothing, protects nothing, for tests only.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestOnlyHasher;

#[async_trait]
impl PasswordHasher for TestOnlyHasher {
    async fn hash(&self, password: Password) -> PortResult<String> {
        Ok(format!("$test-only${}", password.reveal()))
    }

    async fn verify(&self, password: Password, hash: Option<String>) -> PortResult<bool> {
        Ok(hash.is_some_and(|hash| hash.strip_prefix("$test-only$") == Some(password.reveal())))
    }
}
