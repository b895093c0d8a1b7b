//! Accounts and log-ins: what passwords may be, how log-ins end, what a recovery key looks like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

use crate::id::{DeviceId, SessionId, UserId};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::user::{Profile, Settings};

/// A password as it is hashed: limited, then normalised as RFC 8265's OpaqueString (any space is a space, NFC), and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The most bytes a password may have. Checked before anything else is done with it.
    pub const MAX_BYTES: usize = 1024;

    /// Checks what somebody typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > Self::MAX_BYTES || text.contains('\0') {
            return Err(Refusal::PasswordInvalid);
        }
        let normal: String = text.chars().map(plain_space).nfc().collect();
        if normal.len() < 8 || normal.len() > Self::MAX_BYTES {
            return Err(Refusal::PasswordInvalid);
        }
        Ok(Self(normal))
    }

    /// The normalised text, for the hash alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Keyboards differ in which space they send.
const fn plain_space(c: char) -> char {
    match c {
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        other => other,
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// What opens an anonymous account on another device: 26 characters, 128 random bits, in Crockford's base 32.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryKey([u8; 16]);

impl RecoveryKey {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The key made of sixteen random bytes that the caller drew.
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Reads what somebody typed: case, spaces and hyphens do not matter, and the look-alikes I, L and O are forgiven.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let mut value: u128 = 0;
        let mut digits = 0;
        for c in text.bytes().filter(|b| !matches!(b, b'-' | b' ')) {
            let c = match c.to_ascii_uppercase() {
                b'I' | b'L' => b'1',
                b'O' => b'0',
                c => c,
            };
            let digit = Self::ALPHABET.iter().position(|&a| a == c)? as u128;
            digits += 1;
            if digits == 1 && digit > 7 {
                return None; // 26 digits of 5 bits hold 130 bits: the first one has three
            }
            value = (value << 5) | digit;
        }
        (digits == 26).then(|| Self(value.to_be_bytes()))
    }

    /// The key as people keep it: groups of letters and digits.
    pub fn reveal(&self) -> String {
        let value = u128::from_be_bytes(self.0);
        let digit = |place: u32| Self::ALPHABET[(value >> (5 * place) & 31) as usize] as char;
        let mut text = String::with_capacity(31);
        for place in (0..26).rev() {
            text.push(digit(place));
            if place % 5 == 0 && place > 0 {
                text.push('-');
            }
        }
        text
    }

    /// The random bits, for the digest that is stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(hidden)")
    }
}

/// An account as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What others see.
    pub profile: Profile,
    /// The password's hash in PHC string form; absent for an anonymous account.
    pub password_hash: Option<String>,
    /// What the user set.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A log-in on a device. Its refresh tokens form a family: each use makes the next *generation*, and an older
/// generation that comes back betrays a stolen token, unless it is the one before and the answer to it may have been lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIn {
    /// Which log-in.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// What the client called itself, for the list of log-ins.
    pub client: String,
    /// The generation of the refresh token that is good now.
    pub generation: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub used_at: Timestamp,
    /// When it ends unless refreshed.
    pub expires_at: Timestamp,
    /// When it was ended by a log-out, a password change or a token used twice.
    pub revoked_at: Option<Timestamp>,
}

/// What to do with a refresh token of a certain generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Issue the next generation.
    Next(u64),
    /// Issue this generation again: the answer that brought it a moment ago was lost, for all one can know.
    Again(u64),
    /// Refuse.
    Refuse,
    /// Refuse, and end the whole family: the token was used before (RFC 9700 §4.14.2).
    RevokeFamily,
}

impl LogIn {
    /// When it ended, or will unless it is refreshed.
    pub fn ended_at(&self) -> Timestamp {
        self.revoked_at.map_or(self.expires_at, |revoked_at| revoked_at.min(self.expires_at))
    }

    /// Decides about a refresh token of `generation`, whose signature has been verified.
    ///
    /// For `grace_ms` after it was used, the one before the last still gets what the last use got: a device whose answer
    /// was lost has nothing else to ask with. The grace is over as soon as the token that it gave was used.
    pub fn rotate(&self, generation: u64, now: Timestamp, grace_ms: u64) -> Rotation {
        if self.revoked_at.is_some() || self.expires_at <= now {
            Rotation::Refuse
        } else if generation == self.generation {
            Rotation::Next(generation + 1)
        } else if generation + 1 == self.generation && now.since(self.used_at) < grace_ms {
            Rotation::Again(self.generation)
        } else {
            Rotation::RevokeFamily
        }
    }
}

/// Who a connection or request speaks for, once its token was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The log-in.
    pub session: SessionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_in() -> LogIn {
        LogIn {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            device: DeviceId::from_bytes([3; 16]),
            client: String::new(),
            generation: 4,
            created_at: Timestamp(0),
            used_at: Timestamp(0),
            expires_at: Timestamp(100),
            revoked_at: None,
        }
    }

    #[test]
    fn a_refresh_token_is_good_once() {
        assert_eq!(log_in().rotate(4, Timestamp(1), 0), Rotation::Next(5));
        assert_eq!(log_in().rotate(3, Timestamp(1), 0), Rotation::RevokeFamily);
    }

    #[test]
    fn a_refresh_token_whose_answer_was_lost_is_good_again_for_a_moment_and_no_older_one() {
        let used = LogIn { used_at: Timestamp(50), ..log_in() };
        assert_eq!(used.rotate(3, Timestamp(59), 10), Rotation::Again(4));
        assert_eq!(used.rotate(3, Timestamp(60), 10), Rotation::RevokeFamily, "the moment is over");
        assert_eq!(used.rotate(2, Timestamp(51), 10), Rotation::RevokeFamily, "what it gave was used");
        assert_eq!(used.rotate(5, Timestamp(51), 10), Rotation::RevokeFamily, "nobody was given it");
        let revoked = LogIn { revoked_at: Some(Timestamp(51)), ..used };
        assert_eq!(revoked.rotate(3, Timestamp(52), 10), Rotation::Refuse);
    }

    #[test]
    fn an_ended_log_in_is_not_refreshed() {
        assert_eq!(log_in().rotate(4, Timestamp(100), 0), Rotation::Refuse);
        let revoked = LogIn { revoked_at: Some(Timestamp(1)), ..log_in() };
        assert_eq!(revoked.rotate(4, Timestamp(2), 0), Rotation::Refuse);
    }

    #[test]
    fn passwords_are_limited_before_they_are_touched_and_normalised_once() {
        assert_eq!(Password::parse(&"x".repeat(1_000_000)), Err(Refusal::PasswordInvalid));
        assert_eq!(Password::parse("short"), Err(Refusal::PasswordInvalid));
        assert_eq!(Password::parse("with\0nul!"), Err(Refusal::PasswordInvalid));
        assert_eq!(Password::parse("passwo\u{308}rd"), Password::parse("passw\u{f6}rd"));
        assert_eq!(Password::parse("correct\u{A0}horse"), Password::parse("correct horse"));
        assert_ne!(Password::parse("ﬁve fish"), Password::parse("five fish"), "what looks different is different");
    }

    #[test]
    fn a_recovery_key_survives_being_copied_by_hand() {
        let key = RecoveryKey::new([0xA7; 16]);
        let typed = key.reveal().to_lowercase().replace('-', " ").replace('1', "l").replace('0', "o");
        assert_eq!(RecoveryKey::parse(&typed), Some(key));
        for bad in ["", "ABC", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000-UUUU"] {
            assert_eq!(RecoveryKey::parse(bad), None);
        }
    }
}
