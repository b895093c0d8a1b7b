//! How a WebSocket connection ends (RFC 6455 §5.5.1 and §7.4).

use super::error::FrameError;
use super::frame::{self, MAX_CONTROL, Opcode};

/// The status code of a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose was fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The server drains, or the page was left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke RFC 6455 or the protocol above it.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A kind of message we do not take.
    pub const UNSUPPORTED: Self = Self(1003);
    /// Text that is not UTF-8.
    pub const NOT_UTF8: Self = Self(1007);
    /// A policy was violated and no other code fits.
    pub const POLICY: Self = Self(1008);
    /// A message above the size limit.
    pub const TOO_BIG: Self = Self(1009);
    /// Our own fault.
    pub const INTERNAL: Self = Self(1011);
    /// The service restarts: come back (IANA registry).
    pub const RESTART: Self = Self(1012);
    /// The service is overloaded: come back later (IANA registry).
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// Whether the code may stand in a frame (§7.4.1, §7.4.2 and the IANA registry). 1004, 1005, 1006 and 1015 never travel.
    pub fn may_travel(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// What a close frame with a payload says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close<'a> {
    /// Why the peer closes.
    pub code: CloseCode,
    /// The same for people; often empty.
    pub reason: &'a str,
}

impl<'a> Close<'a> {
    /// Reads the payload of a close frame. An empty one says nothing.
    pub(super) fn decode(payload: &'a [u8]) -> Result<Option<Self>, FrameError> {
        let (code, reason) = match payload {
            [] => return Ok(None),
            [_] => return Err(FrameError::HalfCloseCode),
            [high, low, reason @ ..] => (CloseCode(u16::from_be_bytes([*high, *low])), reason),
        };
        if !code.may_travel() {
            return Err(FrameError::CloseCode(code.0));
        }
        let reason = simdutf8::basic::from_utf8(reason).map_err(|_| FrameError::NotUtf8)?;
        Ok(Some(Self { code, reason }))
    }

    /// Appends the close frame. A reason that does not fit is cut between two characters.
    ///
    /// `key` is the mask a client must draw anew for each frame, and `None` on a server.
    pub fn encode(&self, key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        let reason = &self.reason[..self.reason.floor_char_boundary(MAX_CONTROL - 2)];
        let mut payload = [0; MAX_CONTROL];
        payload[..2].copy_from_slice(&self.code.0.to_be_bytes());
        payload[2..2 + reason.len()].copy_from_slice(reason.as_bytes());
        frame::encode(Opcode::Close, &payload[..2 + reason.len()], key, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_and_private_codes_travel() {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            assert!(CloseCode(code).may_travel(), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert!(!CloseCode(code).may_travel(), "{code}");
        }
    }

    #[test]
    fn a_close_payload_is_nothing_or_a_code_and_a_reason() {
        assert_eq!(Close::decode(b""), Ok(None));
        let close = Close { code: CloseCode::GOING_AWAY, reason: "bye" };
        assert_eq!(Close::decode(b"\x03\xe9bye"), Ok(Some(close)));
        assert_eq!(Close::decode(b"\x03"), Err(FrameError::HalfCloseCode));
        assert_eq!(Close::decode(b"\x03\xed"), Err(FrameError::CloseCode(1005)));
        assert_eq!(Close::decode(b"\x03\xe8\xff"), Err(FrameError::NotUtf8));
    }

    #[test]
    fn a_long_reason_is_cut_between_two_characters() {
        let reason = "ж".repeat(100);
        let mut out = Vec::new();
        Close { code: CloseCode::POLICY, reason: &reason }.encode(None, &mut out);
        assert_eq!(out[..2], [0x88, 124]);
        let close = Close::decode(&out[2..]).unwrap().unwrap();
        assert_eq!(close.reason, "ж".repeat(61));
    }
}
