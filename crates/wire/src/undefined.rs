//! JavaScript's `undefined` in MessagePack.
//!
//! JSON leaves a field out whose value is `undefined`, and client code relies on that: `{have: undefined}` is `{}`. The
//! official MessagePack parser writes such a field, with the extension `d4 00 00` (`notepack.io`) as its value. Here the
//! data becomes what it would be in JSON: fields go, and elements of arrays become nil.

use std::borrow::Cow;

use memchr::memmem;
use rmp::Marker;
use rmp::decode::{read_array_len, read_map_len};
use rmp::encode::{write_array_len, write_map_len};

use crate::depth::{Misshapen, check_msgpack, msgpack_len};

/// How `notepack.io` writes `undefined`.
pub(crate) const UNDEFINED: &[u8] = &[0xd4, 0x00, 0x00];

const NIL: u8 = 0xc0;
const IN_MEMORY: &str = "memory takes what is written";

/// The value as JSON would have told it. Without an `undefined`, which is the rule, nothing is copied.
///
/// # Errors
/// When the bytes are not one MessagePack value of at most [`MAX_DEPTH`](crate::depth::MAX_DEPTH).
pub(crate) fn as_in_json(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Misshapen> {
    if memmem::find(bytes, UNDEFINED).is_none() {
        return Ok(Cow::Borrowed(bytes));
    }
    check_msgpack(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    copy(bytes, &mut out)?;
    Ok(Cow::Owned(out))
}

/// Copies the value that `bytes` begin with, and tells what follows it. Recurses no deeper than was checked.
fn copy<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Misshapen> {
    let (value, after) = bytes.split_at(msgpack_len(bytes)?);
    let mut rest = value;
    match Marker::from_u8(value[0]) {
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
            let len = read_map_len(&mut rest).map_err(|_| Misshapen::Malformed)?;
            let mut kept = 0;
            let mut fields = Vec::with_capacity(value.len());
            for _ in 0..len {
                let (key, follows) = rest.split_at(msgpack_len(rest)?);
                if follows.starts_with(UNDEFINED) {
                    rest = &follows[UNDEFINED.len()..];
                } else {
                    kept += 1;
                    fields.extend_from_slice(key);
                    rest = copy(follows, &mut fields)?;
                }
            }
            write_map_len(out, kept).expect(IN_MEMORY);
            out.extend_from_slice(&fields);
        }
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
            let len = read_array_len(&mut rest).map_err(|_| Misshapen::Malformed)?;
            write_array_len(out, len).expect(IN_MEMORY);
            for _ in 0..len {
                rest = copy(rest, out)?;
            }
        }
        _ if value == UNDEFINED => out.push(NIL),
        _ => out.extend_from_slice(value),
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(bytes: &[u8]) -> Value {
        rmp_serde::from_slice(&as_in_json(bytes).expect("is a value")).expect("is readable")
    }

    #[test]
    fn a_field_that_is_undefined_is_absent_and_an_element_is_nil() {
        // {"a": undefined, "b": [1, undefined], "c": {"d": undefined}}
        let mut bytes = vec![0x83, 0xa1, b'a'];
        bytes.extend(UNDEFINED);
        bytes.extend([0xa1, b'b', 0x92, 0x01]);
        bytes.extend(UNDEFINED);
        bytes.extend([0xa1, b'c', 0x81, 0xa1, b'd']);
        bytes.extend(UNDEFINED);
        assert_eq!(read(&bytes), json!({"b": [1, null], "c": {}}));
    }

    #[test]
    fn bytes_that_only_look_like_it_stay() {
        // Three bytes of a binary value are no extension.
        let bytes = [0x81, 0xa1, b'a', 0xc4, 0x03, 0xd4, 0x00, 0x00];
        assert_eq!(as_in_json(&bytes).as_deref(), Ok(&bytes[..]));
    }

    #[test]
    fn without_one_nothing_is_copied() {
        assert!(matches!(as_in_json(&[0x81, 0xa1, b'a', 0x01]), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for bytes in [&[0x82, 0xd4, 0x00, 0x00][..], &[0xd4, 0x00, 0x00, 0x00], &[0x81, 0xd4, 0x00, 0x00]] {
            assert!(as_in_json(bytes).is_err(), "{bytes:?}");
        }
    }
}
