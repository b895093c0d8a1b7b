//! How an entry's event stands in its row.
//!
//! A plain text message is its text and nothing else. What is rarer is packed as MessagePack with the names of the
//! client protocol, which only grow. Edits and deletions hold the place of their message, and never any text.

use rialto_domain::entry::{ChannelChange, Content, Event, MemberChange, Mentions, Message};
use rialto_domain::{Seq, UserId};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Serialize, de::DeserializeOwned};

use super::column::{Col, code, signed};
use super::fault::Fault;

/// What a row holds. The two most frequent ones take no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A message of words alone; the payload is the words.
    Text,
    /// Any other message, packed.
    Rich,
    /// A deleted message; the payload is the place it answered, if it answered one.
    Erased,
    Edit,
    Delete,
    Reaction,
    Pin,
    Member,
    Channel,
}
code!(Kind { Text = 0, Rich = 1, Erased = 2, Edit = 3, Delete = 4, Reaction = 5, Pin = 6, Member = 7, Channel = 8 });

impl Kind {
    /// Is it a message, deleted or not?
    pub(super) const fn is_message(self) -> bool {
        matches!(self, Self::Text | Self::Rich | Self::Erased)
    }
}

/// An event's content in its column form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Payload {
    Nothing,
    Place(Seq),
    Text(String),
    Packed(Vec<u8>),
}

impl Payload {
    /// Was it overwritten with zeros? It may also be a text of nothing but zeros.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Nothing | Self::Place(_) => false,
            Self::Text(text) => text.bytes().all(|byte| byte == 0),
            Self::Packed(bytes) => bytes.iter().all(|byte| *byte == 0),
        }
    }

    /// As many zeros in the same form, when there is anything that somebody wrote.
    pub(super) fn blanked(&self) -> Option<Self> {
        match self {
            Self::Nothing | Self::Place(_) => None,
            Self::Text(text) => Some(Self::Text("\0".repeat(text.len()))),
            Self::Packed(bytes) => Some(Self::Packed(vec![0; bytes.len()])),
        }
    }

    /// Roughly how many bytes it takes.
    pub(super) fn size_bytes(&self) -> usize {
        match self {
            Self::Nothing | Self::Place(_) => 8,
            Self::Text(text) => text.len(),
            Self::Packed(bytes) => bytes.len(),
        }
    }
}

impl ToSql for Payload {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Nothing => Ok(rusqlite::types::Null.into()),
            Self::Place(seq) => Ok(signed(seq.0).into()),
            Self::Text(text) => text.to_sql(),
            Self::Packed(bytes) => bytes.to_sql(),
        }
    }
}

impl FromSql for Payload {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Null => Ok(Self::Nothing),
            ValueRef::Integer(_) => Col::<Seq>::column_result(value).map(|Col(seq)| Self::Place(seq)),
            ValueRef::Text(_) => value.as_str().map(str::to_owned).map(Self::Text),
            ValueRef::Blob(bytes) => Ok(Self::Packed(bytes.to_owned())),
            ValueRef::Real(_) => Err(FromSqlError::InvalidType),
        }
    }
}

/// The row form of an event.
pub(super) fn encode(event: Event) -> Result<(Kind, Payload), Fault> {
    Ok(match event {
        Event::Message(message) => return encode_message(message),
        Event::Edit { target, .. } => (Kind::Edit, Payload::Place(target)),
        Event::Delete { target } => (Kind::Delete, Payload::Place(target)),
        Event::Reaction { target, emoji, on } => (Kind::Reaction, pack(&(target, emoji, on))?),
        Event::Pin { target, on } => (Kind::Pin, pack(&(target, on))?),
        Event::Member { users, change } => (Kind::Member, pack(&(users, change))?),
        Event::Channel(change) => (Kind::Channel, pack(&change)?),
    })
}

/// The row form of a message.
pub(super) fn encode_message(message: Message) -> Result<(Kind, Payload), Fault> {
    Ok(match message {
        Message { body: None, reply_to, .. } => (Kind::Erased, reply_to.map_or(Payload::Nothing, Payload::Place)),
        Message { body: Some(Content::Text(text)), reply_to: None, mentions: Mentions { users, all: false }, forwarded_from: None } if users.is_empty() => {
            (Kind::Text, Payload::Text(text))
        }
        rich => (Kind::Rich, pack(&rich)?),
    })
}

/// The event in a row. An edit comes without what its message says now.
pub(super) fn decode(kind: Kind, payload: Payload) -> Result<Event, Fault> {
    Ok(match (kind, payload) {
        (Kind::Edit, Payload::Place(target)) => Event::Edit { target, body: None, mentions: Mentions::default() },
        (Kind::Delete, Payload::Place(target)) => Event::Delete { target },
        (Kind::Reaction, Payload::Packed(bytes)) => {
            let (target, emoji, on) = unpack::<(Seq, String, bool)>(&bytes)?;
            Event::Reaction { target, emoji, on }
        }
        (Kind::Pin, Payload::Packed(bytes)) => {
            let (target, on) = unpack::<(Seq, bool)>(&bytes)?;
            Event::Pin { target, on }
        }
        (Kind::Member, Payload::Packed(bytes)) => {
            let (users, change) = unpack::<(Vec<UserId>, MemberChange)>(&bytes)?;
            Event::Member { users, change }
        }
        (Kind::Channel, Payload::Packed(bytes)) => Event::Channel(unpack::<ChannelChange>(&bytes)?),
        (kind, payload) => Event::Message(decode_message(kind, payload)?),
    })
}

/// The message in a row.
pub(super) fn decode_message(kind: Kind, payload: Payload) -> Result<Message, Fault> {
    match (kind, payload) {
        (Kind::Text, Payload::Text(text)) => Ok(Message { body: Some(Content::Text(text)), ..Message::default() }),
        (Kind::Rich, Payload::Packed(bytes)) => unpack(&bytes),
        (Kind::Erased, Payload::Nothing) => Ok(Message::default()),
        (Kind::Erased, Payload::Place(reply_to)) => Ok(Message { reply_to: Some(reply_to), ..Message::default() }),
        (kind, _) => Err(Fault::Unreadable(format!("an entry of the kind {kind:?} has another kind's content"))),
    }
}

/// Packs a value with its fields' names.
pub(super) fn pack(value: &impl Serialize) -> Result<Payload, Fault> {
    rmp_serde::to_vec_named(value).map(Payload::Packed).map_err(|error| Fault::Unreadable(error.to_string()))
}

/// Reads a packed value.
pub(super) fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    rmp_serde::from_slice(bytes).map_err(|error| Fault::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use rialto_domain::channel::{ChannelKind, Role};
    use rialto_domain::entry::{Contact, Location};

    const ANA: UserId = UserId::from_bytes([0xA7; 16]);

    fn message(body: Content) -> Message {
        Message { body: Some(body), ..Message::default() }
    }

    #[test]
    fn every_event_comes_back_as_it_went_in() {
        let contact = Contact { name: "Ana".into(), user: Some(ANA), addresses: vec!["ana@example.org".into()] };
        let place = Location { latitude: 45.4, longitude: -12.3, label: Some("Rialto".into()) };
        let mentions = Mentions { users: vec![ANA], all: true };
        for event in [
            Event::Message(message(Content::Text("hi".into()))),
            Event::Message(message(Content::Location(place))),
            Event::Message(Message { reply_to: Some(Seq(7)), mentions, forwarded_from: Some(ANA), ..message(Content::Contact(contact)) }),
            Event::Message(Message { reply_to: Some(Seq(7)), ..Message::default() }),
            Event::Delete { target: Seq(1) },
            Event::Reaction { target: Seq(2), emoji: "👍".into(), on: true },
            Event::Pin { target: Seq(3), on: false },
            Event::Member { users: vec![ANA], change: MemberChange::Added { role: Role::Admin } },
            Event::Member { users: vec![ANA], change: MemberChange::Left },
            Event::Channel(ChannelChange { created: Some(ChannelKind::Group), title: Some("Venice".into()), ..ChannelChange::default() }),
        ] {
            let (kind, payload) = encode(event.clone()).unwrap();
            assert_eq!(decode(kind, payload).unwrap(), event);
        }
    }

    #[test]
    fn a_plain_message_takes_no_more_than_its_text() {
        let (kind, payload) = encode(Event::Message(message(Content::Text("hello".into())))).unwrap();
        assert_eq!((kind, payload), (Kind::Text, Payload::Text("hello".into())));
    }

    #[test]
    fn an_edit_stands_in_the_log_without_its_text() {
        let edit = Event::Edit { target: Seq(4), body: Some(Content::Text("secret".into())), mentions: Mentions::default() };
        assert_eq!(encode(edit).unwrap(), (Kind::Edit, Payload::Place(Seq(4))));
    }

    #[test]
    fn rubbish_is_unreadable_and_no_panic() {
        for (kind, payload) in [
            (Kind::Text, Payload::Nothing),
            (Kind::Rich, Payload::Packed(vec![0xC1, 0xFF])),
            (Kind::Member, Payload::Packed(vec![])),
            (Kind::Edit, Payload::Text("x".into())),
        ] {
            assert!(matches!(decode(kind, payload), Err(Fault::Unreadable(_))));
        }
    }
}
