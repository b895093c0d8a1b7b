//! One Engine.IO packet, the unit of both transports.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::websocket::frame::{self, Opcode};

/// What the `probe` packets of an upgrade carry.
pub const PROBE: &str = "probe";

/// A server's ping as a WebSocket frame, the same for every connection.
pub const PING_FRAME: Bytes = Bytes::from_static(b"\x81\x012");

/// Clients pad, but a missing padding says nothing wrong.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// A packet. Text is borrowed from what was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The first packet of a session, from the server: JSON, see [`super::Open`].
    Open(&'a str),
    /// The session ends.
    Close,
    /// From the server: is the client there? From the client only [`PROBE`] on the candidate of an upgrade.
    Ping(&'a str),
    /// The answer to a ping.
    Pong(&'a str),
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(Cow<'a, [u8]>),
    /// The client moves to the candidate of an upgrade.
    Upgrade,
    /// Says nothing; releases a pending poll.
    Noop,
}

/// Why text is not a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// A packet without its type.
    #[error("a packet is empty")]
    Empty,
    /// A type the protocol does not know.
    #[error("the packet type is unknown")]
    UnknownType,
    /// A close, upgrade or noop that carries data.
    #[error("a packet carries data that its type has no place for")]
    UnexpectedData,
    /// A binary message that is not base64.
    #[error("a binary message is not base64")]
    Base64,
}

impl<'a> Packet<'a> {
    /// Reads a packet from text: a WebSocket text frame, or one packet of a polling payload.
    ///
    /// Binary messages come as base64 in polling, and on a WebSocket when the client was told to force it. A binary frame needs
    /// no decoding: it is a binary message.
    pub fn decode(text: &'a str) -> Result<Self, PacketError> {
        let data = text.get(1..).unwrap_or_default();
        let bare = |packet| if data.is_empty() { Ok(packet) } else { Err(PacketError::UnexpectedData) };
        match text.as_bytes().first() {
            None => Err(PacketError::Empty),
            Some(b'0') => Ok(Self::Open(data)),
            Some(b'1') => bare(Self::Close),
            Some(b'2') => Ok(Self::Ping(data)),
            Some(b'3') => Ok(Self::Pong(data)),
            Some(b'4') => Ok(Self::Text(data)),
            Some(b'5') => bare(Self::Upgrade),
            Some(b'6') => bare(Self::Noop),
            Some(b'b') => BASE64.decode(data).map(|bytes| Self::Binary(bytes.into())).map_err(|_| PacketError::Base64),
            Some(_) => Err(PacketError::UnknownType),
        }
    }

    /// Appends the packet as text, a binary message as base64. Polling knows no other form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, data) = match self {
            Self::Open(json) => (b'0', *json),
            Self::Close => (b'1', ""),
            Self::Ping(data) => (b'2', *data),
            Self::Pong(data) => (b'3', *data),
            Self::Text(text) => (b'4', *text),
            Self::Upgrade => (b'5', ""),
            Self::Noop => (b'6', ""),
            Self::Binary(bytes) => {
                out.push(b'b');
                let start = out.len();
                out.resize(start + bytes.len().div_ceil(3) * 4, 0);
                BASE64.encode_slice(bytes, &mut out[start..]).expect("the room is that of padded base64");
                return;
            }
        };
        out.push(kind);
        out.extend_from_slice(data.as_bytes());
    }

    /// The packet as one unmasked WebSocket frame, ready to be shared: a binary message as a binary frame, all else as text.
    pub fn frame(&self) -> Bytes {
        match self {
            Self::Binary(bytes) => frame::shared(Opcode::Binary, bytes.len(), |out| out.extend_from_slice(bytes)),
            Self::Open(text) | Self::Ping(text) | Self::Pong(text) | Self::Text(text) => frame::shared(Opcode::Text, 1 + text.len(), |out| self.encode(out)),
            Self::Close | Self::Upgrade | Self::Noop => frame::shared(Opcode::Text, 1, |out| self.encode(out)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_reads_back_as_written() {
        let packets = [
            (Packet::Open("{}"), "0{}"),
            (Packet::Close, "1"),
            (Packet::Ping(""), "2"),
            (Packet::Ping(PROBE), "2probe"),
            (Packet::Pong(PROBE), "3probe"),
            (Packet::Text(""), "4"),
            (Packet::Text("héllo"), "4héllo"),
            (Packet::Binary(Cow::Borrowed(&[1, 2, 3, 4])), "bAQIDBA=="),
            (Packet::Binary(Cow::Borrowed(&[])), "b"),
            (Packet::Upgrade, "5"),
            (Packet::Noop, "6"),
        ];
        for (packet, text) in packets {
            assert_eq!(Packet::decode(text).as_ref(), Ok(&packet));
            let mut out = Vec::new();
            packet.encode(&mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn a_missing_padding_is_forgiven() {
        assert_eq!(Packet::decode("bAQIDBA"), Ok(Packet::Binary(Cow::Borrowed(&[1, 2, 3, 4]))));
    }

    #[test]
    fn what_is_not_a_packet_is_refused() {
        let cases = [
            ("", PacketError::Empty),
            ("7", PacketError::UnknownType),
            ("abc", PacketError::UnknownType),
            ("é", PacketError::UnknownType),
            ("1 ", PacketError::UnexpectedData),
            ("5probe", PacketError::UnexpectedData),
            ("6x", PacketError::UnexpectedData),
            ("bA", PacketError::Base64),
            ("b*AID", PacketError::Base64),
            ("bAQ-_", PacketError::Base64),
        ];
        for (text, error) in cases {
            assert_eq!(Packet::decode(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_frame_is_binary_only_for_a_binary_message() {
        assert_eq!(Packet::Text("hi").frame(), &b"\x81\x034hi"[..]);
        assert_eq!(Packet::Binary(Cow::Borrowed(b"hi")).frame(), &b"\x82\x02hi"[..]);
        assert_eq!(Packet::Ping("").frame(), PING_FRAME);
        assert_eq!(Packet::Close.frame(), &b"\x81\x011"[..]);
    }
}
