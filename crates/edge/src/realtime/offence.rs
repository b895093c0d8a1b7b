//! What a client can do that ends its connection: counted and logged for operators, told to the client as a close code.

use rialto_domain::Timestamp;
use rialto_wire::websocket::{CloseCode, FrameError};

/// What a client did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offence {
    /// Frames that break RFC 6455.
    Frame,
    /// Text that is not UTF-8.
    Utf8,
    /// A message above the limit.
    TooBig,
    /// Bytes where text belongs, or the other way round.
    Kind,
    /// A plain message that is no command.
    Envelope,
    /// An Engine.IO or Socket.IO packet that is none, or that comes out of turn.
    Packet,
    /// More, and ever more, than the limits allow.
    Flood,
    /// What was begun was not finished in time: hello, attachments, the move to a WebSocket.
    Late,
    /// Pings are not answered.
    Silent,
    /// Two polls of one session at once.
    TwoPolls,
}

impl Offence {
    /// How many there are.
    const COUNT: usize = 10;

    pub(super) fn of(error: FrameError) -> Self {
        match error.close_code() {
            CloseCode::NOT_UTF8 => Self::Utf8,
            CloseCode::TOO_BIG => Self::TooBig,
            _ => Self::Frame,
        }
    }

    /// Its name in metrics and in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Utf8 => "utf8",
            Self::TooBig => "too_big",
            Self::Kind => "kind",
            Self::Envelope => "envelope",
            Self::Packet => "packet",
            Self::Flood => "flood",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::TwoPolls => "two_polls",
        }
    }

    pub(super) fn close_code(self) -> CloseCode {
        match self {
            Self::Frame | Self::Packet => CloseCode::PROTOCOL_ERROR,
            Self::Utf8 => CloseCode::NOT_UTF8,
            Self::TooBig => CloseCode::TOO_BIG,
            Self::Kind => CloseCode::UNSUPPORTED,
            Self::Envelope | Self::Flood | Self::Late | Self::Silent | Self::TwoPolls => CloseCode::POLICY,
        }
    }

    /// What the client is told about it may quote what the client said, and must not be logged.
    pub(super) fn is_told_in_quotes(self) -> bool {
        self == Self::Envelope
    }

    /// Happens to people with bad networks all the time.
    fn is_ordinary(self) -> bool {
        self == Self::Silent
    }
}

/// How long one line of the log stands for all offences of its kind.
const QUIET_MS: u64 = 60_000;

/// Which offences the log tells of: whoever offends a thousand times a second must not fill the disk with it.
#[derive(Debug, Default)]
pub(super) struct Told {
    kinds: [Kind; Offence::COUNT],
}

#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    quiet_until: Timestamp,
    untold: u64,
}

impl Told {
    /// An offence happened. `Some` when the log is to tell of it, with how many of its kind it did not tell of before.
    pub(super) fn note(&mut self, offence: Offence, now: Timestamp) -> Option<u64> {
        let kind = &mut self.kinds[offence as usize];
        if offence.is_ordinary() || now < kind.quiet_until {
            kind.untold += 1;
            return None;
        }
        kind.quiet_until = now.after_ms(QUIET_MS);
        Some(std::mem::take(&mut kind.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stands_for_all_offences_of_a_kind_in_a_minute() {
        let mut told = Told::default();
        assert_eq!(told.note(Offence::Flood, Timestamp(5)), Some(0));
        for at in 6..1006 {
            assert_eq!(told.note(Offence::Flood, Timestamp(at)), None);
        }
        assert_eq!(told.note(Offence::Packet, Timestamp(7)), Some(0), "another kind has a line of its own");
        assert_eq!(told.note(Offence::Flood, Timestamp(5 + QUIET_MS)), Some(1000));
    }

    #[test]
    fn who_just_lost_the_network_is_no_news() {
        assert_eq!(Told::default().note(Offence::Silent, Timestamp(5)), None);
    }

    #[test]
    fn a_frame_error_is_told_by_its_own_code() {
        for error in [FrameError::Unmasked, FrameError::NotUtf8, FrameError::TooBig { limit: 1 }, FrameError::HalfCloseCode] {
            assert_eq!(Offence::of(error).close_code(), error.close_code());
        }
    }
}
