//! What a log holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::channel::{ChannelKind, Role};
use crate::id::{ChannelId, ClientId, UserId};
use crate::limit::Limits;
use crate::log::Seq;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// One line of a channel's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The log it stands in.
    pub channel: ChannelId,
    /// Its place there.
    pub seq: Seq,
    /// When the server stored it.
    pub at: Timestamp,
    /// Who did it.
    pub sender: UserId,
    /// What the sender's client called the command, where it named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Messages up to and including this entry.
    pub n: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// A decided entry that has no place yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Who does it.
    pub sender: UserId,
    /// What the sender's client called the command.
    pub client_id: Option<ClientId>,
    /// What happens.
    pub event: Event,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// Somebody wrote.
    Message(Message),
    /// A message's content was replaced.
    Edit {
        /// The message.
        target: Seq,
        /// What it says now; absent once the message was deleted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Content>,
        /// Whom it mentions now.
        #[serde(default, skip_serializing_if = "Mentions::is_empty")]
        mentions: Mentions,
    },
    /// A message was deleted for everyone.
    Delete {
        /// The message.
        target: Seq,
    },
    /// A reaction was set or taken back.
    Reaction {
        /// The message.
        target: Seq,
        /// One emoji.
        emoji: String,
        /// Set, or taken back.
        on: bool,
    },
    /// A message was pinned or unpinned.
    Pin {
        /// The message.
        target: Seq,
        /// Pinned, or unpinned.
        on: bool,
    },
    /// Membership changed.
    Member {
        /// Whose.
        users: Vec<UserId>,
        /// How.
        #[serde(flatten)]
        change: MemberChange,
    },
    /// The channel itself changed.
    Channel(ChannelChange),
}

/// What somebody wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// The content; absent once deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Content>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Whom it calls.
    #[serde(default, skip_serializing_if = "Mentions::is_empty")]
    pub mentions: Mentions,
    /// Who wrote it first, when it was forwarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<UserId>,
}

/// The content of a message: `{"text": "…"}`, `{"location": {…}}` or `{"contact": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Words.
    Text(String),
    /// A place on earth.
    Location(Location),
    /// A person to get in touch with.
    Contact(Contact),
}

/// A place on earth (WGS 84).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A person to get in touch with: a user here, or a name with an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// The person's name.
    pub name: String,
    /// The person here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Telephone numbers, mail addresses and the like; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

impl Content {
    /// The longest label, name or address, in bytes.
    const LABEL_BYTES: usize = 256;

    /// Checks what a client sent.
    pub fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        let short = |text: &String| !text.is_empty() && text.len() <= Self::LABEL_BYTES;
        match self {
            Self::Text(text) if text.trim().is_empty() => Err(Refusal::MessageEmpty),
            Self::Text(text) if text.len() > limits.body_bytes => Err(Refusal::MessageTooLong),
            Self::Text(_) => Ok(()),
            Self::Location(place) => {
                let on_earth = place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0;
                let valid = on_earth && place.label.as_ref().is_none_or(short);
                valid.then_some(()).ok_or(Refusal::ContentInvalid)
            }
            Self::Contact(person) => {
                let valid = short(&person.name) && person.addresses.len() <= 8 && person.addresses.iter().all(short);
                valid.then_some(()).ok_or(Refusal::ContentInvalid)
            }
        }
    }
}

/// Whom a message calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Mentions {
    /// These members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserId>,
    /// Everyone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

impl Mentions {
    /// Nobody is called.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && !self.all
    }
}

/// How membership changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum MemberChange {
    /// Somebody else added them.
    Added {
        /// As what.
        role: Role,
    },
    /// They came by an invite, or by themselves.
    Joined,
    /// They went.
    Left,
    /// Somebody else removed them.
    Removed,
    /// Their role changed.
    Role {
        /// To this.
        role: Role,
    },
}

/// How a channel changed. What is absent did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelChange {
    /// It was created, as this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<ChannelKind>,
    /// It has this title now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// It has this description now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// It was deleted; this is its last entry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// The most bytes of one reaction; a family emoji with skin tones has 41.
const REACTION_BYTES: usize = 64;

/// Checks that a reaction is one emoji: one grapheme that is neither a letter nor a digit nor a control.
pub fn check_reaction(emoji: &str) -> Result<(), Refusal> {
    let one = emoji.len() <= REACTION_BYTES && emoji.graphemes(true).count() == 1;
    let pictorial = emoji.chars().next().is_some_and(|c| {
        // Keycaps (1️⃣) begin with an ASCII digit, `#` or `*`, and end in U+20E3.
        !c.is_alphanumeric() && !c.is_control() && !c.is_whitespace() && !c.is_ascii() || emoji.ends_with('\u{20E3}')
    });
    (one && pictorial).then_some(()).ok_or(Refusal::ReactionInvalid)
}

impl Event {
    /// Does it count as unread for others? Only messages do.
    pub const fn counts(&self) -> bool {
        matches!(self, Self::Message(_))
    }

    /// The message that this entry changes.
    pub const fn target(&self) -> Option<Seq> {
        match self {
            Self::Edit { target, .. } | Self::Delete { target } | Self::Reaction { target, .. } | Self::Pin { target, .. } => Some(*target),
            Self::Message(_) | Self::Member { .. } | Self::Channel(_) => None,
        }
    }

    /// What is left when the text goes: the kind of entry and its place, nothing that anybody wrote.
    #[must_use]
    pub fn erased(&self) -> Self {
        match self {
            Self::Message(message) => Self::Message(Message { reply_to: message.reply_to, ..Message::default() }),
            Self::Edit { target, .. } => Self::Edit { target: *target, body: None, mentions: Mentions::default() },
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_one_emoji() {
        for good in ["👍", "❤️", "👩🏽‍👩🏽‍👧🏽‍👦🏽", "🇵🇹", "1️⃣"] {
            assert_eq!(check_reaction(good), Ok(()), "{good}");
        }
        for bad in ["", "a", "👍👍", "1", " ", "\u{7}", "é", "<b>", &"👍".repeat(1000)] {
            assert_eq!(check_reaction(bad), Err(Refusal::ReactionInvalid), "{bad:.12}");
        }
    }

    #[test]
    fn content_is_checked_against_the_limits() {
        let limits = Limits { body_bytes: 4, ..Limits::default() };
        let place = |latitude, longitude| Content::Location(Location { latitude, longitude, label: None });
        assert_eq!(Content::Text("four".into()).check(&limits), Ok(()));
        assert_eq!(Content::Text("fives".into()).check(&limits), Err(Refusal::MessageTooLong));
        assert_eq!(Content::Text(" \n ".into()).check(&limits), Err(Refusal::MessageEmpty));
        assert_eq!(place(45.4, 12.3).check(&limits), Ok(()));
        assert_eq!(place(91.0, 0.0).check(&limits), Err(Refusal::ContentInvalid));
        assert_eq!(place(f64::NAN, 0.0).check(&limits), Err(Refusal::ContentInvalid));
    }

    #[test]
    fn erasing_leaves_nothing_that_anybody_wrote() {
        let message = Event::Message(Message {
            body: Some(Content::Text("secret".into())),
            mentions: Mentions { users: vec![UserId::from_bytes([1; 16])], all: true },
            ..Message::default()
        });
        assert_eq!(message.erased(), Event::Message(Message::default()));
    }
}
