//! People: their names, what others may see of them, and what they set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

use crate::id::UserId;
use crate::refusal::Refusal;
use crate::visible::{mixes_alphabets, visible_name};

/// A user's unique name: 3 to 32 of `a–z 0–9 . _ -`, beginning with a letter.
///
/// ASCII only, so that no name looks like another; capital letters are folded, compatibility forms
/// (full width and the like) are normalised once, here (NFKC).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Username(String);

impl Username {
    /// Checks and normalises a name that somebody typed.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > 128 {
            return Err(Refusal::UsernameInvalid);
        }
        let name: String = text.trim().nfkc().collect::<String>().to_ascii_lowercase();
        let begins_with_letter = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        if begins_with_letter && (3..=32).contains(&name.len()) && name.bytes().all(allowed) { Ok(Self(name)) } else { Err(Refusal::UsernameInvalid) }
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Username {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name shown to people. Not unique, and so all the less allowed to imitate another.
pub fn display_name(text: &str) -> Result<String, Refusal> {
    visible_name(text, 64).filter(|name| !mixes_alphabets(name)).ok_or(Refusal::DisplayNameInvalid)
}

/// What others see of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// Who.
    pub id: UserId,
    /// The unique name; absent for an anonymous account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// The name shown.
    pub display_name: String,
}

/// Who may see something of mine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everyone who shares a channel with me.
    #[default]
    Contacts,
    /// Nobody.
    Nobody,
}

/// What a user sets for all of their devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// Who sees whether I am online.
    pub presence: Audience,
    /// Who sees when I was online last.
    pub last_seen: Audience,
    /// Who sees that I am typing.
    pub typing: Audience,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_folded_and_normalised_once() {
        assert_eq!(Username::parse(" Ana.B ").map(String::from), Ok("ana.b".into()));
        assert_eq!(Username::parse("ａｎａ").map(String::from), Ok("ana".into()));
    }

    #[test]
    fn user_names_that_look_like_others_or_break_the_rules_are_refused() {
        for bad in ["", "ab", "аna", "1ana", "ana\u{200B}", "an a", "ana/..", &"a".repeat(33), &"a".repeat(1_000_000)] {
            assert_eq!(Username::parse(bad), Err(Refusal::UsernameInvalid), "{bad:.20}");
        }
    }

    #[test]
    fn display_names_keep_every_script_and_lose_tricks() {
        assert_eq!(display_name("  Zoë 👩‍👩‍👧 ").as_deref(), Ok("Zoë 👩‍👩‍👧"));
        for bad in ["", "   ", "a\u{202E}b", "a\nb", "аna", &format!("a{}", "\u{301}".repeat(10_000)), &"x".repeat(65)] {
            assert_eq!(display_name(bad), Err(Refusal::DisplayNameInvalid));
        }
    }
}
