//! What a peer may do wrong.

use super::close::CloseCode;

/// Why the bytes of a peer are not WebSocket frames we take. The connection ends with [`FrameError::close_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A reserved bit is set although no extension was agreed upon (RFC 6455 §5.2).
    #[error("a reserved bit is set")]
    ReservedBit,
    /// An opcode RFC 6455 gives no meaning (§5.2).
    #[error("opcode {0:#x} is unknown")]
    UnknownOpcode(u8),
    /// A client sent a frame without a mask (§5.1).
    #[error("a client must mask its frames")]
    Unmasked,
    /// A server sent a frame with a mask (§5.1).
    #[error("a server must not mask its frames")]
    Masked,
    /// A control frame without the final bit (§5.5).
    #[error("a control frame must not be fragmented")]
    FragmentedControl,
    /// A control frame with more than 125 bytes (§5.5).
    #[error("a control frame carries at most 125 bytes")]
    LongControl,
    /// A length that fits a shorter encoding, or that has its highest bit set (§5.2).
    #[error("the payload length is not encoded in the shortest form")]
    LengthEncoding,
    /// A continuation of nothing (§5.4).
    #[error("there is no message to continue")]
    UnexpectedContinuation,
    /// A new message before the fragmented one has ended (§5.4).
    #[error("a fragmented message has not ended yet")]
    InterruptedMessage,
    /// A message longer than the limit in force.
    #[error("the message is longer than {limit} bytes")]
    TooBig {
        /// The limit in bytes.
        limit: usize,
    },
    /// Text, or the reason of a close, that is not UTF-8 (§8.1).
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A close with half a status code (§5.5.1).
    #[error("a close carries either nothing or a whole status code")]
    HalfCloseCode,
    /// A status code that may not travel (§7.4).
    #[error("status code {0} may not be sent")]
    CloseCode(u16),
}

impl FrameError {
    /// The status code to close the connection with.
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::TooBig { .. } => CloseCode::TOO_BIG,
            Self::NotUtf8 => CloseCode::NOT_UTF8,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}
