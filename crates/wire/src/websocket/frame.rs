//! One frame: its header read and written, its payload masked (RFC 6455 §5).

use std::convert::Infallible;

use bytes::Bytes;

use super::error::FrameError;

/// The longest payload of a control frame, in bytes (§5.5).
pub const MAX_CONTROL: usize = 125;
/// The longest header: two bytes, eight of length, four of mask.
pub const MAX_HEADER: usize = 14;

/// The longest header a server writes, which has no mask.
const MAX_UNMASKED_HEADER: usize = 10;

/// Which end of the connection we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We take masked frames and send unmasked ones.
    Server,
    /// We take unmasked frames and send masked ones.
    Client,
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// The next part of a fragmented message.
    Continuation = 0x0,
    /// UTF-8 text, or its first part.
    Text = 0x1,
    /// Bytes, or their first part.
    Binary = 0x2,
    /// The end of the connection.
    Close = 0x8,
    /// A question whether the peer is there.
    Ping = 0x9,
    /// The answer.
    Pong = 0xa,
}

impl Opcode {
    /// Control frames are short, whole, and may stand between the fragments of a message.
    pub fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }

    fn decode(bits: u8) -> Result<Self, FrameError> {
        Ok(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return Err(FrameError::UnknownOpcode(bits)),
        })
    }
}

/// Everything in front of a frame's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Whether the message ends with this frame.
    pub fin: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key its payload is masked with; zero when it is not masked.
    pub mask: [u8; 4],
    /// Length of the payload in bytes, as announced. Nothing is allocated for it here.
    pub payload_len: u64,
    /// Length of this header in bytes.
    pub len: usize,
}

impl Header {
    /// Reads the header that `bytes` begin with, sent to us as `role`.
    ///
    /// `None` means the header is cut short. A mistake is told as soon as the bytes that show it are there.
    pub fn decode(role: Role, bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(FrameError::ReservedBit);
        }
        let fin = first & 0x80 != 0;
        let opcode = Opcode::decode(first & 0x0f)?;
        if opcode.is_control() && !fin {
            return Err(FrameError::FragmentedControl);
        }

        let Some(&second) = bytes.get(1) else { return Ok(None) };
        let masked = match (role, second & 0x80 != 0) {
            (Role::Server, false) => return Err(FrameError::Unmasked),
            (Role::Client, true) => return Err(FrameError::Masked),
            (_, masked) => masked,
        };
        let short = second & 0x7f;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL {
            return Err(FrameError::LongControl);
        }

        let (payload_len, mask_at) = match short {
            126 => {
                let Some(long) = bytes[2..].first_chunk() else { return Ok(None) };
                (u16::from_be_bytes(*long).into(), 4)
            }
            127 => {
                let Some(long) = bytes[2..].first_chunk() else { return Ok(None) };
                (u64::from_be_bytes(*long), 10)
            }
            _ => (u64::from(short), 2),
        };
        let shortest = match payload_len {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        if mask_at != shortest || payload_len >> 63 != 0 {
            return Err(FrameError::LengthEncoding);
        }

        let mask = match (masked, bytes[mask_at..].first_chunk()) {
            (false, _) => [0; 4],
            (true, Some(mask)) => *mask,
            (true, None) => return Ok(None),
        };
        let len = mask_at + if masked { 4 } else { 0 };
        Ok(Some(Self { fin, opcode, mask, payload_len, len }))
    }
}

/// Masks or unmasks a payload in place (§5.3: the two are the same). The key applies to the first byte of `payload`.
pub fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip([a, b, c, d, a, b, c]) {
        *byte ^= key;
    }
}

/// Appends one whole frame. `key` is the mask a client must draw anew for each frame, and `None` on a server.
pub fn encode(opcode: Opcode, payload: &[u8], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
    let (header, len) = unmasked_header(opcode, payload.len());
    out.reserve(MAX_HEADER + payload.len());
    out.extend_from_slice(&header[..len]);
    match key {
        None => out.extend_from_slice(payload),
        Some(key) => {
            let mask_bit = out.len() - len + 1;
            out[mask_bit] |= 0x80;
            out.extend_from_slice(&key);
            let start = out.len();
            out.extend_from_slice(payload);
            mask(&mut out[start..], key);
        }
    }
}

/// Builds one whole unmasked frame in one allocation, ready to be shared among connections.
///
/// `write` appends the payload to the buffer it is given, and must leave alone what stands there already.
/// `capacity` is a guess of the payload's length in bytes.
pub fn shared(opcode: Opcode, capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let Ok(frame) = try_shared(opcode, capacity, |out| {
        write(out);
        Ok::<_, Infallible>(())
    });
    frame
}

/// Like [`shared`], with a payload that may turn out not to be writable.
pub fn try_shared<E>(opcode: Opcode, capacity: usize, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Bytes, E> {
    // The header's length depends on the payload's, so the payload is written first, behind the longest header.
    let mut buffer = Vec::with_capacity(MAX_UNMASKED_HEADER + capacity);
    buffer.resize(MAX_UNMASKED_HEADER, 0);
    write(&mut buffer)?;
    let (header, len) = unmasked_header(opcode, buffer.len() - MAX_UNMASKED_HEADER);
    let start = MAX_UNMASKED_HEADER - len;
    buffer[start..MAX_UNMASKED_HEADER].copy_from_slice(&header[..len]);
    Ok(Bytes::from(buffer).slice(start..))
}

fn unmasked_header(opcode: Opcode, payload_len: usize) -> ([u8; MAX_UNMASKED_HEADER], usize) {
    let mut header = [0; MAX_UNMASKED_HEADER];
    header[0] = 0x80 | opcode as u8;
    let len = match payload_len {
        0..=125 => {
            header[1] = payload_len as u8;
            2
        }
        126..=0xffff => {
            header[1] = 126;
            header[2..4].copy_from_slice(&(payload_len as u16).to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&(payload_len as u64).to_be_bytes());
            10
        }
    };
    (header, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(bytes: &[u8]) -> Result<Option<Header>, FrameError> {
        Header::decode(Role::Server, bytes)
    }

    #[test]
    fn the_examples_of_the_rfc_are_written_byte_for_byte() {
        let encoded = |opcode, payload: &[u8], key| {
            let mut out = Vec::new();
            encode(opcode, payload, key, &mut out);
            out
        };
        assert_eq!(encoded(Opcode::Text, b"Hello", None), b"\x81\x05Hello");
        let key = [0x37, 0xfa, 0x21, 0x3d];
        assert_eq!(encoded(Opcode::Text, b"Hello", Some(key)), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        assert_eq!(encoded(Opcode::Ping, b"Hello", None), b"\x89\x05Hello");
        assert_eq!(encoded(Opcode::Pong, b"Hello", Some(key)), b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        assert_eq!(encoded(Opcode::Binary, &[0; 256], None)[..4], *b"\x82\x7e\x01\x00");
        assert_eq!(encoded(Opcode::Binary, &[0; 65536], None)[..10], *b"\x82\x7f\0\0\0\0\0\x01\0\0");
    }

    #[test]
    fn a_shared_frame_equals_an_encoded_one() {
        for len in [0, 1, 125, 126, 65535, 65536] {
            let payload = vec![7; len];
            let mut encoded = Vec::new();
            encode(Opcode::Binary, &payload, None, &mut encoded);
            assert_eq!(shared(Opcode::Binary, 16, |out| out.extend_from_slice(&payload)), encoded);
        }
        assert_eq!(try_shared(Opcode::Binary, 16, |_| Err("unwritable")), Err("unwritable"));
    }

    #[test]
    fn a_header_reads_back_as_written_and_waits_while_it_is_cut() {
        for len in [0, 1, 125, 126, 127, 65535, 65536] {
            for (role, key) in [(Role::Server, Some([1, 2, 3, 4])), (Role::Client, None)] {
                let mut out = Vec::new();
                encode(Opcode::Binary, &vec![0; len], key, &mut out);
                let header = Header { fin: true, opcode: Opcode::Binary, mask: key.unwrap_or_default(), payload_len: len as u64, len: out.len() - len };
                assert_eq!(Header::decode(role, &out), Ok(Some(header)));
                for cut in 0..header.len {
                    assert_eq!(Header::decode(role, &out[..cut]), Ok(None));
                }
            }
        }
    }

    #[test]
    fn every_forbidden_header_is_refused_at_the_byte_that_shows_it() {
        let cases: &[(&[u8], FrameError)] = &[
            (b"\xc1", FrameError::ReservedBit),
            (b"\xa1", FrameError::ReservedBit),
            (b"\x91", FrameError::ReservedBit),
            (b"\x83", FrameError::UnknownOpcode(3)),
            (b"\x87", FrameError::UnknownOpcode(7)),
            (b"\x8b", FrameError::UnknownOpcode(0xb)),
            (b"\x8f", FrameError::UnknownOpcode(0xf)),
            (b"\x08", FrameError::FragmentedControl),
            (b"\x09", FrameError::FragmentedControl),
            (b"\x81\x00", FrameError::Unmasked),
            (b"\x89\xfe", FrameError::LongControl),
            (b"\x88\xff", FrameError::LongControl),
            (b"\x82\xfe\x00\x7d", FrameError::LengthEncoding),
            (b"\x82\xff\0\0\0\0\0\0\xff\xff", FrameError::LengthEncoding),
            (b"\x82\xff\x80\0\0\0\0\0\0\0", FrameError::LengthEncoding),
        ];
        for (bytes, error) in cases {
            assert_eq!(server(bytes), Err(*error), "{bytes:x?}");
            assert_eq!(server(&bytes[..bytes.len() - 1]), Ok(None), "{bytes:x?}");
        }
        assert_eq!(Header::decode(Role::Client, b"\x81\x80"), Err(FrameError::Masked));
    }

    #[test]
    fn masking_twice_changes_nothing_whatever_the_length() {
        let key = [1, 2, 3, 4];
        for len in 0..40 {
            let plain: Vec<u8> = (0..len).collect();
            let mut masked = plain.clone();
            mask(&mut masked, key);
            let expected: Vec<u8> = plain.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect();
            assert_eq!(masked, expected);
            mask(&mut masked, key);
            assert_eq!(masked, plain);
        }
    }
}
