//! Several packets in one HTTP body.

use memchr::memchr_iter;

use super::packet::{Packet, PacketError};

/// Stands between two packets.
pub const SEPARATOR: u8 = 0x1e;

/// The most packets in one answer to a poll. `python-engineio` refuses longer ones.
pub const MAX_PACKETS_OUT: usize = 16;

/// The most packets taken from one POST. Clients put everything they have into one, so this is well above
/// [`MAX_PACKETS_OUT`].
pub const MAX_PACKETS_IN: usize = 1024;

/// Why a body is not a payload we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// More packets than the limit in force.
    #[error("the payload has more than {limit} packets")]
    TooManyPackets {
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("the payload is not UTF-8")]
    NotUtf8,
    /// One of the packets is not one. None of the others counts then.
    #[error(transparent)]
    Packet(#[from] PacketError),
}

/// Reads the body of a POST, or of the answer to a poll. Its packets are counted before any is decoded.
///
/// The length of the body is limited where it is read from the socket.
pub fn decode(body: &[u8], max_packets: usize) -> Result<Vec<Packet<'_>>, PayloadError> {
    let count = memchr_iter(SEPARATOR, body).count() + 1;
    if count > max_packets {
        return Err(PayloadError::TooManyPackets { limit: max_packets });
    }
    let text = simdutf8::basic::from_utf8(body).map_err(|_| PayloadError::NotUtf8)?;
    let packets: Result<Vec<_>, _> = text.split(char::from(SEPARATOR)).map(Packet::decode).collect();
    Ok(packets?)
}

/// The answer to a poll in the making.
#[derive(Debug)]
pub struct Payload {
    body: Vec<u8>,
    packets: usize,
    max_packets: usize,
    max_bytes: usize,
}

impl Payload {
    /// An empty answer that will hold at most `max_packets`, and at most `max_bytes` unless the first packet alone is longer.
    pub fn new(max_packets: usize, max_bytes: usize) -> Self {
        Self { body: Vec::new(), packets: 0, max_packets, max_bytes }
    }

    /// Adds a packet written by [`Packet::encode`]. `false` means it does not fit and waits for the next poll.
    ///
    /// The protocol has no escape for a [`SEPARATOR`] within a text message. JSON never holds one as such.
    #[must_use = "a packet that does not fit must be kept"]
    pub fn push(&mut self, packet: &[u8]) -> bool {
        let first = self.packets == 0;
        let fits = self.packets < self.max_packets && self.body.len() + 1 + packet.len() <= self.max_bytes;
        if !first && !fits {
            return false;
        }
        if !first {
            self.body.push(SEPARATOR);
        }
        self.body.extend_from_slice(packet);
        self.packets += 1;
        true
    }

    /// Whether there is nothing to answer yet.
    pub fn is_empty(&self) -> bool {
        self.packets == 0
    }

    /// The body of the answer.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn the_example_of_the_protocol_is_read() {
        let packets = decode(b"4hello\x1e2\x1e4world\x1ebAQIDBA==", 16).unwrap();
        let expected = [Packet::Text("hello"), Packet::Ping(""), Packet::Text("world"), Packet::Binary(Cow::Borrowed(&[1, 2, 3, 4]))];
        assert_eq!(packets, expected);
    }

    #[test]
    fn one_packet_above_the_limit_is_refused() {
        let body = |count: usize| vec!["4"; count].join("\x1e").into_bytes();
        assert_eq!(decode(&body(16), 16).unwrap().len(), 16);
        assert_eq!(decode(&body(17), 16), Err(PayloadError::TooManyPackets { limit: 16 }));
        assert_eq!(decode(&body(100_000), MAX_PACKETS_IN), Err(PayloadError::TooManyPackets { limit: MAX_PACKETS_IN }));
    }

    #[test]
    fn what_is_not_a_payload_is_refused_whole() {
        let empty = PayloadError::Packet(PacketError::Empty);
        for body in [&b""[..], b"\x1e", b"\x1e\x1e\x1e", b"4a\x1e", b"\x1e4a", b"4a\x1e\x1e4b"] {
            assert_eq!(decode(body, 16), Err(empty), "{body:?}");
        }
        assert_eq!(decode(b"4a\x1e7", 16), Err(PayloadError::Packet(PacketError::UnknownType)));
        assert_eq!(decode(b"4\xff", 16), Err(PayloadError::NotUtf8));
    }

    #[test]
    fn an_answer_holds_no_more_packets_than_its_limit() {
        let mut payload = Payload::new(MAX_PACKETS_OUT, 1000);
        assert!(payload.is_empty());
        for _ in 0..MAX_PACKETS_OUT {
            assert!(payload.push(b"4a"));
        }
        assert!(!payload.push(b"4a"));
        assert_eq!(decode(&payload.into_body(), MAX_PACKETS_OUT).unwrap().len(), MAX_PACKETS_OUT);
    }

    #[test]
    fn an_answer_is_bounded_in_bytes_but_always_takes_one_packet() {
        let mut payload = Payload::new(16, 5);
        assert!(payload.push(b"4a"));
        assert!(payload.push(b"4b"));
        assert!(!payload.push(b"4"));
        assert_eq!(payload.into_body(), b"4a\x1e4b");

        let mut payload = Payload::new(16, 4);
        assert!(payload.push(b"4a"));
        assert!(!payload.push(b"4b"), "the separator counts");

        let mut payload = Payload::new(16, 5);
        assert!(payload.push(b"4long message"));
        assert!(!payload.push(b"4"));
    }
}
