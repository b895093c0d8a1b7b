//! The name of a session. Who knows it can speak in it, so it is as secret as a password.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A session id: 144 random bits, as text that needs no escaping in a query.
///
/// Formatting shows its beginning only. The whole is for the peer, not for logs: see [`Sid::as_str`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid([u8; Self::LEN]);

impl Sid {
    /// Random bytes that make a session id.
    pub const RANDOM_BYTES: usize = 18;
    /// Length of its text.
    pub const LEN: usize = 24;

    const SHOWN: usize = 6;

    /// Makes an id of bytes from the operating system's generator.
    pub fn from_random(bytes: [u8; Self::RANDOM_BYTES]) -> Self {
        let mut text = [0; Self::LEN];
        URL_SAFE_NO_PAD.encode_slice(bytes, &mut text).expect("18 bytes are 24 characters of base64");
        Self(text)
    }

    /// Reads what a client claims to be an id; `None` when we cannot have given it out.
    pub fn decode(text: &str) -> Option<Self> {
        let text: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        text.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')).then_some(Self(text))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("an id is ASCII")
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}…", &self.as_str()[..Self::SHOWN])
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_written() {
        for random in [[0; 18], [0xff; 18], *b"eighteen random by"] {
            let sid = Sid::from_random(random);
            assert_eq!(Sid::decode(sid.as_str()), Some(sid));
        }
    }

    #[test]
    fn what_we_cannot_have_given_out_is_no_id() {
        let sid = Sid::from_random([7; 18]);
        let longer = format!("{}A", sid.as_str());
        let foreign = sid.as_str().replacen('B', "+", 1);
        for text in ["", "x", &sid.as_str()[1..], &longer, &foreign, &"A".repeat(8192), "\u{0}".repeat(24).as_str(), &"é".repeat(12)] {
            assert_eq!(Sid::decode(text), None, "{text}");
        }
    }

    #[test]
    fn formatting_never_shows_the_whole() {
        let sid = Sid::from_random(*b"eighteen random by");
        assert_eq!(format!("{sid} {sid:?}"), "ZWlnaH… Sid(ZWlnaH…)");
    }
}
