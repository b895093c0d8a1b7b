//! What is kept of frames and messages that the end of a read has cut.

use super::error::FrameError;
use super::frame::{MAX_HEADER, Opcode};

/// Everything that can be cut by the end of a read.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pub(super) header: BegunHeader,
    /// The frame whose payload is not all here.
    pub(super) frame: Option<Frame>,
    /// The payload so far of a control frame. It may stand between the fragments of a message.
    pub(super) control: Vec<u8>,
    /// The message whose last frame is not all here.
    pub(super) message: Option<Fragments>,
}

impl Partial {
    /// Whether bytes that a frame with this opcode adds to are already kept.
    pub(super) fn has_begun(&self, opcode: Opcode) -> bool {
        if opcode.is_control() { !self.control.is_empty() } else { self.message.is_some() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.header.len == 0 && self.frame.is_none() && self.control.is_empty() && self.message.is_none()
    }
}

#[derive(Debug, Default)]
pub(super) struct BegunHeader {
    bytes: [u8; MAX_HEADER],
    pub(super) len: usize,
}

impl BegunHeader {
    pub(super) fn append(&mut self, bytes: &[u8]) {
        let taken = bytes.len().min(MAX_HEADER - self.len);
        self.bytes[self.len..self.len + taken].copy_from_slice(&bytes[..taken]);
        self.len += taken;
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A frame whose header is read.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    /// Turned so that it applies to the next byte of the payload.
    pub(super) mask: [u8; 4],
    /// Bytes of payload not taken yet.
    pub(super) remaining: usize,
}

/// A data message in the making.
#[derive(Debug)]
pub(super) struct Fragments {
    pub(super) opcode: Opcode,
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes are known to be UTF-8.
    checked: usize,
    /// Fragments without a payload.
    empty: usize,
}

impl Fragments {
    pub(super) fn of(opcode: Opcode) -> Self {
        Self { opcode, bytes: Vec::new(), checked: 0, empty: 0 }
    }

    /// What counts against the limit. An empty fragment counts like a byte: otherwise a message could go on for ever.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len() + self.empty
    }

    /// Adds bytes of a frame that announced `announced` more, these included.
    pub(super) fn append(&mut self, part: &[u8], announced: usize) -> Result<(), FrameError> {
        self.empty += usize::from(announced == 0);
        let len = self.bytes.len();
        if self.bytes.capacity() - len < part.len() {
            // Memory follows the bytes that came, not those announced; doubling it must not overshoot the announcement.
            let doubled = len.saturating_add(self.bytes.capacity().max(part.len()));
            self.bytes.reserve_exact(doubled.min(len + announced) - len);
        }
        self.bytes.extend_from_slice(part);
        if self.opcode == Opcode::Text { self.check_text() } else { Ok(()) }
    }

    /// Refuses text at the first byte that cannot be UTF-8, however the frames are cut.
    fn check_text(&mut self) -> Result<(), FrameError> {
        match simdutf8::compat::from_utf8(&self.bytes[self.checked..]) {
            Ok(text) => self.checked += text.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(FrameError::NotUtf8),
        }
        Ok(())
    }
}
