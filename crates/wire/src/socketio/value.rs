//! Values as they came, not yet decoded.

use serde::Deserialize;

use super::packet::EncodeError;
use crate::depth::{end_of_string, msgpack_len};

/// One value in the format of its connection. It is well-formed and no deeper than [`crate::depth::MAX_DEPTH`] when it comes out of
/// a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// JSON text.
    Json(&'a str),
    /// MessagePack.
    Msgpack(&'a [u8]),
}

/// Why a value is not what was wanted of it.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// In JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// In MessagePack.
    #[error(transparent)]
    Msgpack(#[from] rmp_serde::decode::Error),
}

impl<'a> Value<'a> {
    /// Makes a checked type of it.
    pub fn decode<T: Deserialize<'a>>(self) -> Result<T, ValueError> {
        match self {
            Self::Json(text) => Ok(serde_json::from_str(text)?),
            Self::Msgpack(bytes) => Ok(rmp_serde::from_slice(bytes)?),
        }
    }

    pub(super) fn json(self) -> Result<&'a str, EncodeError> {
        if let Self::Json(text) = self { Ok(text) } else { Err(EncodeError::OtherFormat) }
    }

    pub(super) fn msgpack(self) -> Result<&'a [u8], EncodeError> {
        if let Self::Msgpack(bytes) = self { Ok(bytes) } else { Err(EncodeError::OtherFormat) }
    }
}

/// The arguments of an event or an acknowledgement, in the format of their connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Args<'a> {
    /// JSON.
    Json(JsonArgs<'a>),
    /// MessagePack.
    Msgpack(MsgpackArgs<'a>),
}

/// JSON values joined by commas; empty for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonArgs<'a>(pub &'a str);

/// MessagePack values, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MsgpackArgs<'a> {
    /// How many.
    pub count: u32,
    /// The values.
    pub items: &'a [u8],
}

impl<'a> Args<'a> {
    /// The arguments in order.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Value<'a>> + 'a> {
        match *self {
            Self::Json(args) => Box::new(args.iter().map(Value::Json)),
            Self::Msgpack(args) => Box::new(args.iter().map(Value::Msgpack)),
        }
    }

    /// The first argument; most events have no other.
    pub fn first(&self) -> Option<Value<'a>> {
        match self {
            Self::Json(args) => args.iter().next().map(Value::Json),
            Self::Msgpack(args) => args.iter().next().map(Value::Msgpack),
        }
    }

    pub(super) fn json(self) -> Result<JsonArgs<'a>, EncodeError> {
        if let Self::Json(args) = self { Ok(args) } else { Err(EncodeError::OtherFormat) }
    }

    pub(super) fn msgpack(self) -> Result<MsgpackArgs<'a>, EncodeError> {
        if let Self::Msgpack(args) = self { Ok(args) } else { Err(EncodeError::OtherFormat) }
    }
}

impl<'a> JsonArgs<'a> {
    /// The arguments in order.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let mut rest = Some(self.0).filter(|items| !items.trim_ascii().is_empty());
        std::iter::from_fn(move || {
            let (item, others) = split_first(rest?);
            rest = others;
            Some(item)
        })
    }
}

impl<'a> MsgpackArgs<'a> {
    /// The arguments in order.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.items;
        std::iter::from_fn(move || {
            let (item, others) = rest.split_at_checked(msgpack_len(rest).ok()?)?;
            rest = others;
            Some(item)
        })
    }
}

/// Cuts well-formed JSON values joined by commas behind the first one. The rest is `None` when there is no comma.
pub(super) fn split_first(items: &str) -> (&str, Option<&str>) {
    let bytes = items.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return (items[..at - 1].trim_ascii(), Some(&items[at..])),
            _ => {}
        }
    }
    (items.trim_ascii(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_arguments_are_cut_at_their_own_commas() {
        let items = r#" 1 ,"a,\",b",[1,[2,3]],{"c":",","d":[4]}, null"#;
        let args: Vec<_> = JsonArgs(items).iter().collect();
        assert_eq!(args, ["1", r#""a,\",b""#, "[1,[2,3]]", r#"{"c":",","d":[4]}"#, "null"]);
        assert_eq!(JsonArgs("").iter().count(), 0);
    }

    #[test]
    fn msgpack_arguments_are_cut_at_their_lengths() {
        let args = MsgpackArgs { count: 3, items: b"\x01\xa3a,b\x92\x01\x02" };
        assert_eq!(args.iter().collect::<Vec<_>>(), [&b"\x01"[..], b"\xa3a,b", b"\x92\x01\x02"]);
        assert_eq!(MsgpackArgs::default().iter().count(), 0);
    }

    #[test]
    fn a_value_becomes_a_checked_type() {
        assert_eq!(Value::Json("[1,2]").decode::<Vec<u8>>().unwrap(), [1, 2]);
        assert_eq!(Value::Msgpack(b"\x92\x01\x02").decode::<Vec<u8>>().unwrap(), [1, 2]);
        assert!(Value::Json("[1,-2]").decode::<Vec<u8>>().is_err());
        assert!(Value::Msgpack(b"\xa1a").decode::<Vec<u8>>().is_err());
    }
}
