//! The first packet of a session: its name and its rules.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::packet::Packet;

/// What the server tells when it opens a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open<'a> {
    /// The session id.
    #[serde(borrow)]
    pub sid: Cow<'a, str>,
    /// The transports the client may move to.
    #[serde(borrow)]
    pub upgrades: Vec<Cow<'a, str>>,
    /// Time between two pings of the server, in milliseconds.
    #[serde(rename = "pingInterval")]
    pub ping_interval_ms: u64,
    /// How long the server waits for a pong, in milliseconds.
    #[serde(rename = "pingTimeout")]
    pub ping_timeout_ms: u64,
    /// The longest body or message the server takes, in bytes. Older servers do not tell.
    #[serde(rename = "maxPayload", default = "unlimited")]
    pub max_payload_bytes: u64,
}

fn unlimited() -> u64 {
    u64::MAX
}

impl<'a> Open<'a> {
    /// Appends the packet as text.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let json = serde_json::to_string(self).expect("text and numbers are JSON");
        Packet::Open(&json).encode(out);
    }

    /// Reads the JSON of a [`Packet::Open`]. Fields we do not know are ignored.
    pub fn decode(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_packet_is_the_one_of_the_protocol() {
        let open = Open {
            sid: "lv_VI97HAXpY6yYWAAAC".into(),
            upgrades: vec!["websocket".into()],
            ping_interval_ms: 25000,
            ping_timeout_ms: 20000,
            max_payload_bytes: 1_000_000,
        };
        let mut out = Vec::new();
        open.encode(&mut out);
        let text = r#"0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        assert_eq!(str::from_utf8(&out), Ok(text));
        assert_eq!(Packet::decode(text), Ok(Packet::Open(&text[1..])));
        assert_eq!(Open::decode(&text[1..]).unwrap(), open);
    }

    #[test]
    fn an_open_packet_of_an_older_or_newer_server_is_read() {
        let open = Open::decode(r#"{"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":2,"new":{}}"#).unwrap();
        assert_eq!(open.max_payload_bytes, u64::MAX);
        assert!(Open::decode(r#"{"sid":"a"}"#).is_err());
    }
}
