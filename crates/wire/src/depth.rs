//! How deeply a document may nest.
//!
//! Deserialisers recurse, so a few kilobytes of `[[[[…` can exhaust a stack. Every document is therefore
//! measured before it is parsed, and before it is sent. Both measurements are loops with a fixed amount of state.

use memchr::memchr2;
use rmp::Marker;

/// The deepest nesting of arrays and objects in one document: `[]` is 1 deep, `[{}]` is 2.
///
/// The document is what travels in one message, the envelope of its protocol included.
pub const MAX_DEPTH: usize = 32;

/// The document nests deeper than [`MAX_DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document nests deeper than {MAX_DEPTH} levels")]
pub struct TooDeep;

/// Why bytes are not a MessagePack value we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misshapen {
    /// Deeper than [`MAX_DEPTH`].
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    /// A length announces more than the bytes hold, or a marker is the one the format never uses.
    #[error("the MessagePack value is cut short or malformed")]
    Malformed,
    /// More bytes follow the value.
    #[error("bytes follow the MessagePack value")]
    Trailing,
}

/// Measures JSON text. Brackets inside strings do not count.
///
/// Text that is not JSON gets an answer too: this guards the parser, it does not replace it.
pub fn check_json(text: &[u8]) -> Result<(), TooDeep> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(text, at),
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(TooDeep);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Checks that `bytes` are exactly one MessagePack value and that it is no deeper than [`MAX_DEPTH`].
///
/// A value that passes can be walked without a further check of its lengths. Its strings may still be ill-formed UTF-8.
pub fn check_msgpack(bytes: &[u8]) -> Result<(), Misshapen> {
    match msgpack_len(bytes)? {
        len if len == bytes.len() => Ok(()),
        _ => Err(Misshapen::Trailing),
    }
}

/// The length in bytes of the MessagePack value that `bytes` begin with, itself no deeper than [`MAX_DEPTH`].
pub fn msgpack_len(bytes: &[u8]) -> Result<usize, Misshapen> {
    // How many values each open array or map still owes. A map owes two for each entry.
    let mut owed = [0_u64; MAX_DEPTH];
    let mut depth = 0;
    let mut at = 0;
    loop {
        let step = Step::read(&bytes[at..]).ok_or(Misshapen::Malformed)?;
        at += step.len;
        if let Some(children) = step.children {
            if depth == MAX_DEPTH {
                return Err(TooDeep.into());
            }
            owed[depth] = children;
            depth += 1;
        }
        loop {
            match depth {
                0 => return Ok(at),
                _ if owed[depth - 1] == 0 => depth -= 1,
                _ => {
                    owed[depth - 1] -= 1;
                    break;
                }
            }
        }
    }
}

/// The index just behind the quote that ends the JSON string whose inside begins at `at`.
pub(crate) fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// One MessagePack scalar, or the opening of an array or map.
struct Step {
    /// Bytes it takes, contents of strings, binaries and extensions included.
    len: usize,
    /// For an array or map, how many values follow as its contents.
    children: Option<u64>,
}

impl Step {
    /// `None` when the bytes end before the step does.
    fn read(bytes: &[u8]) -> Option<Self> {
        let marker = Marker::from_u8(*bytes.first()?);
        let sized = |len: usize| (len <= bytes.len()).then_some(Self { len, children: None });
        let counted = |head: usize, count: u64| (head <= bytes.len()).then_some(Self { len: head, children: Some(count) });
        let length = |width: usize| bytes.get(1..=width).map(be_uint);
        let content = |width: usize, extra: usize| {
            let len = usize::try_from(length(width)?).ok()?;
            sized(len.checked_add(1 + width + extra)?)
        };
        match marker {
            Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::False | Marker::True => sized(1),
            Marker::U8 | Marker::I8 => sized(2),
            Marker::U16 | Marker::I16 => sized(3),
            Marker::U32 | Marker::I32 | Marker::F32 => sized(5),
            Marker::U64 | Marker::I64 | Marker::F64 => sized(9),
            Marker::FixStr(len) => sized(1 + usize::from(len)),
            Marker::Str8 | Marker::Bin8 => content(1, 0),
            Marker::Str16 | Marker::Bin16 => content(2, 0),
            Marker::Str32 | Marker::Bin32 => content(4, 0),
            Marker::FixExt1 => sized(3),
            Marker::FixExt2 => sized(4),
            Marker::FixExt4 => sized(6),
            Marker::FixExt8 => sized(10),
            Marker::FixExt16 => sized(18),
            Marker::Ext8 => content(1, 1),
            Marker::Ext16 => content(2, 1),
            Marker::Ext32 => content(4, 1),
            Marker::FixArray(count) => counted(1, count.into()),
            Marker::Array16 => counted(3, length(2)?),
            Marker::Array32 => counted(5, length(4)?),
            Marker::FixMap(count) => counted(1, 2 * u64::from(count)),
            Marker::Map16 => counted(3, 2 * length(2)?),
            Marker::Map32 => counted(5, 2 * length(4)?),
            Marker::Reserved => None,
        }
    }
}

fn be_uint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_json_text(text: &str) -> Result<(), TooDeep> {
        check_json(text.as_bytes())
    }

    fn nested(open: &str, close: &str, levels: usize) -> String {
        open.repeat(levels) + &close.repeat(levels)
    }

    #[test]
    fn json_is_taken_at_the_limit_and_refused_one_level_deeper() {
        assert_eq!(check_json_text(&nested("[", "]", MAX_DEPTH)), Ok(()));
        assert_eq!(check_json_text(&nested("[", "]", MAX_DEPTH + 1)), Err(TooDeep));
        assert_eq!(check_json_text(&nested("{\"a\":", "}", MAX_DEPTH + 1)), Err(TooDeep));
        assert_eq!(check_json_text(&"[".repeat(100_000)), Err(TooDeep));
    }

    #[test]
    fn siblings_do_not_add_up() {
        assert_eq!(check_json_text(&format!("[{}]", "[],".repeat(1000))), Ok(()));
    }

    #[test]
    fn brackets_inside_strings_do_not_count() {
        let deep = "[".repeat(100);
        assert_eq!(check_json_text(&format!(r#"["{deep}"]"#)), Ok(()));
        assert_eq!(check_json_text(&format!(r#"["\"{deep}"]"#)), Ok(()));
        assert_eq!(check_json_text(&format!(r#"["\\",{deep}"#)), Err(TooDeep));
    }

    #[test]
    fn a_string_without_an_end_is_left_to_the_parser() {
        for text in ["\"", "\"\\", "[\"abc\\\"", "\"\\\\"] {
            assert_eq!(check_json_text(text), Ok(()));
        }
    }

    #[test]
    fn msgpack_is_taken_at_the_limit_and_refused_one_level_deeper() {
        let mut bytes = vec![0x91; MAX_DEPTH];
        bytes.push(0xc0);
        assert_eq!(check_msgpack(&bytes), Ok(()));
        bytes.insert(0, 0x91);
        assert_eq!(check_msgpack(&bytes), Err(Misshapen::TooDeep(TooDeep)));
        assert_eq!(check_msgpack(&[0x81; 100_000]), Err(Misshapen::TooDeep(TooDeep)));
    }

    #[test]
    fn every_msgpack_marker_is_measured() {
        let values: &[&[u8]] = &[
            &[0x00],
            &[0x7f],
            &[0xe0],
            &[0xc0],
            &[0xc2],
            &[0xc3],
            &[0xcc, 1],
            &[0xcd, 1, 2],
            &[0xce, 1, 2, 3, 4],
            &[0xcf, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0xd0, 1],
            &[0xd1, 1, 2],
            &[0xd2, 1, 2, 3, 4],
            &[0xd3, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0xca, 1, 2, 3, 4],
            &[0xcb, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0xa1, b'a'],
            &[0xd9, 1, b'a'],
            &[0xda, 0, 1, b'a'],
            &[0xdb, 0, 0, 0, 1, b'a'],
            &[0xc4, 1, 9],
            &[0xc5, 0, 1, 9],
            &[0xc6, 0, 0, 0, 1, 9],
            &[0xd4, 0, 1],
            &[0xd5, 0, 1, 2],
            &[0xd6, 0, 1, 2, 3, 4],
            &[0xd7, 0, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0xd8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
            &[0xc7, 1, 0, 9],
            &[0xc8, 0, 1, 0, 9],
            &[0xc9, 0, 0, 0, 1, 0, 9],
            &[0x90],
            &[0x92, 1, 2],
            &[0xdc, 0, 1, 5],
            &[0xdd, 0, 0, 0, 1, 5],
            &[0x80],
            &[0x81, 1, 2],
            &[0xde, 0, 1, 5, 6],
            &[0xdf, 0, 0, 0, 1, 5, 6],
        ];
        for value in values {
            assert_eq!(check_msgpack(value), Ok(()), "{value:x?}");
            for cut in 0..value.len() {
                assert_eq!(check_msgpack(&value[..cut]), Err(Misshapen::Malformed), "{value:x?} cut at {cut}");
            }
            let longer = [value, &[0xc0][..]].concat();
            assert_eq!(check_msgpack(&longer), Err(Misshapen::Trailing));
            assert_eq!(msgpack_len(&longer), Ok(value.len()));
        }
        assert_eq!(check_msgpack(&[0xc1]), Err(Misshapen::Malformed));
    }

    #[test]
    fn an_announced_billion_costs_nothing() {
        for bytes in [[0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff]] {
            assert_eq!(check_msgpack(&bytes), Err(Misshapen::Malformed));
        }
    }
}
