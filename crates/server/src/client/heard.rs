//! What the server says in one frame of the plain carrier.

use rialto_domain::entry::Entry;
use rialto_domain::presence::UserPresence;
use rialto_domain::publication::PositionsMoved;
use rialto_wire::code::ErrorBody;
use rialto_wire::event::{ChannelChanged, Notice, Rejected, Typing};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// One frame, understood as far as needed to know for whom it is.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The answer to the command of this number.
    Answer(u64, Result<Box<RawValue>, ErrorBody>),
    /// An event.
    Event(Event),
}

/// An event, as clients read it.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// An entry was stored in one of one's channels.
    Entry(Box<Entry>),
    /// Members received or read messages.
    Positions(PositionsMoved),
    /// A member is typing.
    Typing(Typing),
    /// Somebody came or went.
    Presence(UserPresence),
    /// One's own membership or settings of a channel changed.
    Channel(ChannelChanged),
    /// A command that was received is refused after all.
    Rejected(Rejected),
    /// Something to act on.
    Notice(Notice),
    /// Events were dropped.
    Resync,
    /// An event, or a form of one, that this client does not know yet.
    Unknown,
}

/// The frame is none of the protocol's.
#[derive(Debug, thiserror::Error)]
#[error("the server said something that is not the protocol: {0}")]
pub(crate) struct NotUnderstood(#[from] serde_json::Error);

#[derive(Deserialize)]
struct Envelope {
    re: Option<u64>,
    ok: Option<Box<RawValue>>,
    err: Option<ErrorBody>,
    ev: Option<String>,
    data: Option<Box<RawValue>>,
}

impl Heard {
    /// Understands a frame. What is unknown is not an error: servers may be newer than clients.
    pub(crate) fn read(text: &str) -> Result<Self, NotUnderstood> {
        let envelope: Envelope = serde_json::from_str(text)?;
        Ok(match envelope {
            Envelope { re: Some(re), err: Some(error), .. } => Self::Answer(re, Err(error)),
            Envelope { re: Some(re), ok, .. } => Self::Answer(re, Ok(ok.unwrap_or_else(|| RawValue::NULL.to_owned()))),
            Envelope { ev: Some(name), data: Some(data), .. } => Self::Event(Event::read(&name, &data)),
            _ => Self::Event(Event::Unknown),
        })
    }
}

impl Event {
    fn read(name: &str, data: &RawValue) -> Self {
        fn known<T: DeserializeOwned>(data: &RawValue, event: impl FnOnce(T) -> Event) -> Event {
            serde_json::from_str(data.get()).map_or(Event::Unknown, event)
        }
        match name {
            "entry" => known(data, |entry| Self::Entry(Box::new(entry))),
            "positions" => known(data, Self::Positions),
            "typing" => known(data, Self::Typing),
            "presence" => known(data, Self::Presence),
            "channel" => known(data, Self::Channel),
            "rejected" => known(data, Self::Rejected),
            "notice" => known(data, Self::Notice),
            "resync" => Self::Resync,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::Seq;

    #[test]
    fn answers_and_events_are_told_apart() {
        assert!(matches!(Heard::read(r#"{"re":7,"ok":{"received":true}}"#), Ok(Heard::Answer(7, Ok(data))) if data.get() == r#"{"received":true}"#));
        let refused = Heard::read(r#"{"re":8,"err":{"code":"limit.exceeded","text":"x","retry_after_ms":9}}"#).unwrap();
        assert!(matches!(refused, Heard::Answer(8, Err(error)) if error.code == "limit.exceeded" && error.retry_after_ms == Some(9)));
        let id = "01890000-0000-7000-8000-000000000001";
        let entry = format!(r#"{{"ev":"entry","data":{{"channel":"{id}","seq":3,"at":1,"sender":"{id}","n":2,"kind":"message","body":{{"text":"hi"}}}}}}"#);
        assert!(matches!(Heard::read(&entry), Ok(Heard::Event(Event::Entry(entry))) if entry.seq == Seq(3)));
        assert!(matches!(Heard::read(r#"{"ev":"resync","data":{}}"#), Ok(Heard::Event(Event::Resync))));
    }

    #[test]
    fn what_a_newer_server_says_is_not_an_error() {
        for text in [r#"{"ev":"holiday","data":{}}"#, r#"{"ev":"entry","data":{"kind":"poem"}}"#, r#"{"later":1}"#] {
            assert!(matches!(Heard::read(text), Ok(Heard::Event(Event::Unknown))), "{text}");
        }
        assert!(Heard::read("[").is_err());
    }
}
