//! Bytes as they arrive, turned into messages (RFC 6455 §5.4 to §6.2).

use std::mem;
use std::ops::Range;

use super::close::Close;
use super::error::FrameError;
use super::frame::{Header, MAX_CONTROL, Opcode, Role, mask};
use super::partial::{Fragments, Frame, Partial};

/// What a connection keeps between two reads: one pointer, null unless a frame or a fragmented message is cut.
#[derive(Debug, Default)]
pub struct Reader {
    partial: Option<Box<Partial>>,
}

/// A whole message or control frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// To be answered by a pong with the same bytes.
    Ping(&'a [u8]),
    /// The answer to a ping, or a sign of life.
    Pong(&'a [u8]),
    /// The peer's last frame. To be answered by a close, unless we closed first.
    Close(Option<Close<'a>>),
}

impl Reader {
    /// Takes the bytes just read. Take the messages out with [`Incoming::next_message`] until there is none:
    /// what is cut at the end of `bytes` is kept then, and only then.
    ///
    /// Payloads are unmasked in place. A message is refused as soon as its frames announce more than
    /// `max_message_bytes` in sum; memory is only ever spent on bytes that have arrived.
    pub fn feed<'a>(&'a mut self, role: Role, max_message_bytes: usize, bytes: &'a mut [u8]) -> Incoming<'a> {
        Incoming { reader: self, role, max_message_bytes, bytes, at: 0, kept: Vec::new() }
    }

    /// Whether a frame or a message has begun and not ended: the time to set a deadline.
    pub fn is_partial(&self) -> bool {
        self.partial.is_some()
    }

    fn partial(&mut self) -> &mut Partial {
        self.partial.get_or_insert_default()
    }

    fn forget_if_empty(&mut self) {
        self.partial.take_if(|partial| partial.is_empty());
    }
}

/// The messages in one read.
#[derive(Debug)]
#[must_use = "bytes that are not taken out are lost"]
pub struct Incoming<'a> {
    reader: &'a mut Reader,
    role: Role,
    max_message_bytes: usize,
    bytes: &'a mut [u8],
    at: usize,
    /// The payload of the message last given out, when it did not lie whole in `bytes`.
    kept: Vec<u8>,
}

impl Incoming<'_> {
    /// The next whole message, or `None` when all bytes are taken. After an error or a close the rest is ignored.
    ///
    /// A message that lies whole in the bytes read is borrowed from them.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, FrameError> {
        let end = self.bytes.len();
        let whole = self.next_whole().inspect_err(|_| self.at = end)?;
        let Some((opcode, place)) = whole else { return Ok(None) };
        let payload = match place {
            Place::InBytes(range) => &self.bytes[range],
            Place::Kept => &self.kept[..],
        };
        let message = match opcode {
            Opcode::Text => simdutf8::basic::from_utf8(payload).map(Message::Text).map_err(|_| FrameError::NotUtf8),
            Opcode::Binary | Opcode::Continuation => Ok(Message::Binary(payload)),
            Opcode::Ping => Ok(Message::Ping(payload)),
            Opcode::Pong => Ok(Message::Pong(payload)),
            Opcode::Close => Close::decode(payload).map(Message::Close),
        };
        if opcode == Opcode::Close || message.is_err() {
            self.at = end;
        }
        message.map(Some)
    }

    fn next_whole(&mut self) -> Result<Option<(Opcode, Place)>, FrameError> {
        while self.at < self.bytes.len() {
            let interrupted = self.reader.partial.as_mut().and_then(|partial| partial.frame.take());
            let frame = match interrupted {
                Some(frame) => frame,
                None => match self.next_header()? {
                    Some(header) => self.admit(header)?,
                    None => break,
                },
            };
            if let Some(whole) = self.take_payload(frame)? {
                self.reader.forget_if_empty();
                return Ok(Some(whole));
            }
        }
        Ok(None)
    }

    /// Reads a header, or keeps its beginning for the next read.
    fn next_header(&mut self) -> Result<Option<Header>, FrameError> {
        let mut begun = self.reader.partial.as_mut().map(|partial| mem::take(&mut partial.header)).unwrap_or_default();
        let before = begun.len;
        begun.append(&self.bytes[self.at..]);
        let header = Header::decode(self.role, begun.as_slice())?;
        match header {
            Some(header) => self.at += header.len - before,
            None => {
                self.at = self.bytes.len();
                self.reader.partial().header = begun;
            }
        }
        Ok(header)
    }

    /// Judges a frame by its header alone, before a byte of its payload is kept.
    fn admit(&self, header: Header) -> Result<Frame, FrameError> {
        let message = self.reader.partial.as_ref().and_then(|partial| partial.message.as_ref());
        match (header.opcode, message) {
            (Opcode::Continuation, None) => return Err(FrameError::UnexpectedContinuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(FrameError::InterruptedMessage),
            _ => {}
        }
        let room = match message {
            _ if header.opcode.is_control() => MAX_CONTROL,
            Some(message) => self.max_message_bytes.saturating_sub(message.weight()),
            None => self.max_message_bytes,
        };
        let too_big = FrameError::TooBig { limit: self.max_message_bytes };
        let weight = if header.fin { 0 } else { 1 };
        let remaining = usize::try_from(header.payload_len).ok().filter(|len| weight.max(*len) <= room).ok_or(too_big)?;
        Ok(Frame { fin: header.fin, opcode: header.opcode, mask: header.mask, remaining })
    }

    /// Unmasks what is here of a frame's payload. Gives out a message that ends with it, and keeps what is cut.
    fn take_payload(&mut self, mut frame: Frame) -> Result<Option<(Opcode, Place)>, FrameError> {
        let here = self.at..self.at + frame.remaining.min(self.bytes.len() - self.at);
        self.at = here.end;
        mask(&mut self.bytes[here.clone()], frame.mask);

        let ends_here = here.len() == frame.remaining;
        let begun = self.reader.partial.as_ref().is_some_and(|partial| partial.has_begun(frame.opcode));
        if ends_here && !begun && frame.fin {
            return Ok(Some((frame.opcode, Place::InBytes(here))));
        }

        let partial = self.reader.partial();
        let payload = &self.bytes[here];
        if frame.opcode.is_control() {
            partial.control.extend_from_slice(payload);
        } else {
            let message = partial.message.get_or_insert_with(|| Fragments::of(frame.opcode));
            message.append(payload, frame.remaining)?;
        }
        if !ends_here {
            frame.remaining -= payload.len();
            frame.mask.rotate_left(payload.len() % 4);
            partial.frame = Some(frame);
            return Ok(None);
        }
        if frame.opcode.is_control() {
            self.kept = mem::take(&mut partial.control);
            return Ok(Some((frame.opcode, Place::Kept)));
        }
        Ok(partial.message.take_if(|_| frame.fin).map(|message| {
            self.kept = message.bytes;
            (message.opcode, Place::Kept)
        }))
    }
}

/// Where the payload just completed lies.
enum Place {
    InBytes(Range<usize>),
    Kept,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::close::CloseCode;
    use crate::websocket::frame::encode;

    const LIMIT: usize = 1000;
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    /// What a reader gave out, as text that is easy to compare.
    #[derive(Debug, Default, PartialEq)]
    struct Heard {
        messages: Vec<String>,
        error: Option<FrameError>,
    }

    fn hear(reader: &mut Reader, role: Role, bytes: &[u8], heard: &mut Heard) {
        let mut bytes = bytes.to_vec();
        let mut incoming = reader.feed(role, LIMIT, &mut bytes);
        loop {
            match incoming.next_message() {
                Ok(Some(message)) => heard.messages.push(format!("{message:?}")),
                Ok(None) => break,
                Err(error) => {
                    heard.error = Some(error);
                    break;
                }
            }
        }
    }

    /// Reads the bytes whole, byte by byte, and cut in two at every place: the answer must be the same.
    fn read(role: Role, bytes: &[u8]) -> Heard {
        let mut whole = Heard::default();
        hear(&mut Reader::default(), role, bytes, &mut whole);
        let cuts = (0..=bytes.len()).map(|cut| vec![&bytes[..cut], &bytes[cut..]]);
        for parts in cuts.chain([bytes.chunks(1).collect()]) {
            let (mut reader, mut heard) = (Reader::default(), Heard::default());
            for part in parts {
                if heard.error.is_none() {
                    hear(&mut reader, role, part, &mut heard);
                }
            }
            assert_eq!(heard, whole);
        }
        whole
    }

    /// One masked frame with an arbitrary first byte.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(Opcode::Binary, payload, Some(KEY), &mut out);
        out[0] = first;
        out
    }

    fn said(messages: &[Message<'_>]) -> Heard {
        Heard { messages: messages.iter().map(|message| format!("{message:?}")).collect(), error: None }
    }

    fn refusal(frames: &[Vec<u8>]) -> (usize, Option<FrameError>) {
        let heard = read(Role::Server, &frames.concat());
        (heard.messages.len(), heard.error)
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let cases: &[(Role, &[u8], Message<'_>)] = &[
            (Role::Client, b"\x81\x05Hello", Message::Text("Hello")),
            (Role::Server, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Message::Text("Hello")),
            (Role::Client, b"\x01\x03Hel\x80\x02lo", Message::Text("Hello")),
            (Role::Client, b"\x89\x05Hello", Message::Ping(b"Hello")),
            (Role::Server, b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Message::Pong(b"Hello")),
        ];
        for (role, bytes, message) in cases {
            assert_eq!(read(*role, bytes), said(&[*message]));
        }
        let mut long = b"\x82\x7e\x01\x00".to_vec();
        long.extend([9; 256]);
        assert_eq!(read(Role::Client, &long), said(&[Message::Binary(&[9; 256])]));
    }

    #[test]
    fn empty_frames_and_messages_are_read() {
        let frames = [masked(0x81, b""), masked(0x02, b""), masked(0x00, b""), masked(0x80, b""), masked(0x89, b"")];
        assert_eq!(read(Role::Server, &frames.concat()), said(&[Message::Text(""), Message::Binary(b""), Message::Ping(b"")]));
    }

    #[test]
    fn empty_fragments_without_end_are_a_message_above_the_limit() {
        let fragments = |count: usize, last: u8| [vec![masked(0x02, b"")], vec![masked(0x00, b""); count - 2], vec![masked(last, b"")]].concat();
        let read_once = |frames: Vec<Vec<u8>>| {
            let mut heard = Heard::default();
            hear(&mut Reader::default(), Role::Server, &frames.concat(), &mut heard);
            heard
        };
        assert_eq!(read_once(fragments(LIMIT, 0x80)), said(&[Message::Binary(b"")]));
        assert_eq!(read_once(fragments(LIMIT, 0x00)), Heard::default(), "it may still end");
        assert_eq!(read_once(fragments(LIMIT + 1, 0x80)), said(&[Message::Binary(b"")]));
        assert_eq!(read_once(fragments(LIMIT + 1, 0x00)).error, Some(FrameError::TooBig { limit: LIMIT }));
        let full = vec![masked(0x02, &[7; LIMIT]), masked(0x80, b"")];
        assert_eq!(read_once(full), said(&[Message::Binary(&[7; LIMIT])]), "the last one may be empty");
    }

    #[test]
    fn control_frames_may_stand_between_fragments() {
        let frames = [masked(0x01, "a«".as_bytes()), masked(0x89, b"?"), masked(0x00, b"b"), masked(0x8a, b"!"), masked(0x80, b"c")];
        let expected = [Message::Ping(b"?"), Message::Pong(b"!"), Message::Text("a«bc")];
        assert_eq!(read(Role::Server, &frames.concat()), said(&expected));
    }

    #[test]
    fn a_fragmented_message_must_be_continued_and_only_it() {
        assert_eq!(refusal(&[masked(0x80, b"a")]), (0, Some(FrameError::UnexpectedContinuation)));
        assert_eq!(refusal(&[masked(0x01, b"a"), masked(0x81, b"b")]), (0, Some(FrameError::InterruptedMessage)));
        assert_eq!(refusal(&[masked(0x01, b"a"), masked(0x02, b"b")]), (0, Some(FrameError::InterruptedMessage)));
        assert_eq!(refusal(&[masked(0x82, b"a"), masked(0x80, b"b")]), (1, Some(FrameError::UnexpectedContinuation)));
    }

    #[test]
    fn text_is_utf8_as_a_whole_not_by_fragment() {
        let text = "κόσμε".as_bytes();
        let frames: Vec<_> = text.chunks(1).enumerate().map(|(at, part)| masked(if at == 0 { 0x01 } else { 0x00 }, part)).collect();
        let end = masked(0x80, b"");
        assert_eq!(read(Role::Server, &[frames.concat(), end].concat()), said(&[Message::Text("κόσμε")]));

        assert_eq!(refusal(&[masked(0x81, b"\xce")]), (0, Some(FrameError::NotUtf8)));
        assert_eq!(refusal(&[masked(0x01, b"a\xce"), masked(0x80, b"")]), (0, Some(FrameError::NotUtf8)));
        assert_eq!(FrameError::NotUtf8.close_code(), CloseCode::NOT_UTF8);
    }

    #[test]
    fn text_is_refused_at_the_first_impossible_byte_although_the_message_goes_on() {
        // U+110000, one above the last character: its second byte already is impossible.
        let (mut reader, mut heard) = (Reader::default(), Heard::default());
        hear(&mut reader, Role::Server, &masked(0x01, "κόσμε".as_bytes()), &mut heard);
        hear(&mut reader, Role::Server, &masked(0x00, b"\xf4"), &mut heard);
        assert_eq!(heard, Heard::default());
        hear(&mut reader, Role::Server, &masked(0x00, b"\x90"), &mut heard);
        assert_eq!(heard.error, Some(FrameError::NotUtf8));

        let (mut reader, mut heard) = (Reader::default(), Heard::default());
        hear(&mut reader, Role::Server, &masked(0x81, b"\xf4\x90 and so on")[..8], &mut heard);
        assert_eq!(heard.error, Some(FrameError::NotUtf8));
    }

    #[test]
    fn a_message_is_refused_by_its_announced_sum() {
        let whole = masked(0x82, &[0; LIMIT]);
        assert_eq!(refusal(std::slice::from_ref(&whole)), (1, None));
        let too_big = Some(FrameError::TooBig { limit: LIMIT });
        assert_eq!(refusal(&[masked(0x82, &[0; LIMIT + 1])[..8].to_vec()]), (0, too_big));
        assert_eq!(refusal(&[masked(0x02, &[0; LIMIT]), masked(0x80, b"")]), (1, None));
        assert_eq!(refusal(&[masked(0x02, &[0; LIMIT]), masked(0x00, b"a")]), (0, too_big));
        assert_eq!(FrameError::TooBig { limit: 0 }.close_code(), CloseCode::TOO_BIG);
    }

    #[test]
    fn an_announcement_costs_no_memory() {
        assert_eq!(refusal(&[b"\x82\xff\x40\0\0\0\0\0\0\0\x01\x02\x03\x04".to_vec()]), (0, Some(FrameError::TooBig { limit: LIMIT })));

        let mut reader = Reader::default();
        hear(&mut reader, Role::Server, &masked(0x82, &[0; LIMIT])[..18], &mut Heard::default());
        let kept = reader.partial.unwrap().message.unwrap().bytes;
        assert_eq!((kept.len(), kept.capacity()), (10, 10));
    }

    #[test]
    fn nothing_is_kept_between_whole_messages() {
        assert_eq!(size_of::<Reader>(), size_of::<usize>());
        let mut reader = Reader::default();
        for frames in [masked(0x81, b"a"), [masked(0x01, b"a"), masked(0x80, b"b")].concat()] {
            hear(&mut reader, Role::Server, &frames[..3], &mut Heard::default());
            assert!(reader.is_partial());
            hear(&mut reader, Role::Server, &frames[3..], &mut Heard::default());
            assert!(!reader.is_partial());
        }
    }

    #[test]
    fn a_close_ends_the_reading() {
        let close = Close { code: CloseCode(4000), reason: "bye" };
        let mut frames = masked(0x81, b"a");
        close.encode(Some(KEY), &mut frames);
        frames.extend(masked(0x81, b"b"));
        let mut heard = Heard::default();
        hear(&mut Reader::default(), Role::Server, &frames, &mut heard);
        assert_eq!(heard, said(&[Message::Text("a"), Message::Close(Some(close))]));
        assert_eq!(read(Role::Server, &masked(0x88, b"")), said(&[Message::Close(None)]));
    }

    #[test]
    fn an_impossible_close_is_refused() {
        assert_eq!(refusal(&[masked(0x88, b"\x03")]), (0, Some(FrameError::HalfCloseCode)));
        assert_eq!(refusal(&[masked(0x88, b"\x03\xed")]), (0, Some(FrameError::CloseCode(1005))));
        assert_eq!(refusal(&[masked(0x88, b"\x03\xe8\xce")]), (0, Some(FrameError::NotUtf8)));
    }
}
