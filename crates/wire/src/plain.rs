//! The plain carrier: one JSON or MessagePack object per WebSocket message.
//!
//! A client sends `{"id": 7, "cmd": "message.send", "data": {…}}` and gets `{"re": 7, "ok": {…}}` or
//! `{"re": 7, "err": {"code", "text", "retry_after_ms"?}}`; events come as `{"ev": "entry", "data": {…}}`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

use crate::code::ErrorBody;
use crate::command::Payload;
use crate::depth;

/// The subprotocol (RFC 6455 §1.9) of JSON frames.
pub const JSON: &str = "rialto.v1.json";
/// The subprotocol of MessagePack frames.
pub const MSGPACK: &str = "rialto.v1.msgpack";

/// A command in its envelope.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The number that the client gave it; the answer repeats it.
    pub id: u64,
    /// The command's name.
    pub name: Cow<'a, str>,
    /// The command's data.
    pub data: Payload<'a>,
}

/// The envelope cannot be understood; no answer can be addressed, so the connection is told and closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Values nest deeper than the limit.
    #[error("values nest too deeply")]
    TooDeep,
    /// It is not `{"id": number, "cmd": text, "data"?: object}`.
    #[error("a frame is an object with id, cmd and data: {0}")]
    Malformed(String),
}

#[derive(Deserialize)]
struct JsonRequest<'a> {
    id: u64,
    #[serde(borrow)]
    cmd: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Opens a JSON envelope.
pub fn open_json(text: &str) -> Result<Request<'_>, EnvelopeError> {
    depth::check_json(text.as_bytes()).map_err(|_| EnvelopeError::TooDeep)?;
    let request: JsonRequest<'_> = serde_json::from_str(text).map_err(|error| EnvelopeError::Malformed(error.to_string()))?;
    let data = request.data.map_or(Payload::Absent, |data| Payload::Json(data.get()));
    Ok(Request { id: request.id, name: request.cmd, data })
}

/// Opens a MessagePack envelope.
pub fn open_msgpack(bytes: &[u8]) -> Result<Request<'_>, EnvelopeError> {
    depth::check_msgpack(bytes).map_err(|error| match error {
        depth::Misshapen::TooDeep(_) => EnvelopeError::TooDeep,
        other => EnvelopeError::Malformed(other.to_string()),
    })?;
    let malformed = |what: &str| EnvelopeError::Malformed(what.to_owned());
    let mut rest = bytes;
    let fields = rmp::decode::read_map_len(&mut rest).map_err(|_| malformed("not a map"))?;
    let (mut id, mut name, mut data) = (None, None, Payload::Absent);
    let mut seen = [false; 3];
    for _ in 0..fields {
        let (key, after) = rmp::decode::read_str_from_slice(rest).map_err(|_| malformed("a key is not text"))?;
        let (value, next) = after.split_at(depth::msgpack_len(after).map_err(|error| EnvelopeError::Malformed(error.to_string()))?);
        rest = next;
        let Some(field) = ["id", "cmd", "data"].iter().position(|name| *name == key) else { continue };
        // A reader behind us might take the other one. JSON refuses this, too.
        if std::mem::replace(&mut seen[field], true) {
            return Err(malformed("a field is repeated"));
        }
        match key {
            "id" => id = Some(rmp::decode::read_int::<u64, _>(&mut &value[..]).map_err(|_| malformed("id is not a number"))?),
            "cmd" => name = Some(rmp::decode::read_str_from_slice(value).map_err(|_| malformed("cmd is not text"))?.0),
            _ if value != [0xc0] => data = Payload::Msgpack(value),
            _ => {}
        }
    }
    let id = id.ok_or_else(|| malformed("id is missing"))?;
    let name = name.ok_or_else(|| malformed("cmd is missing"))?;
    Ok(Request { id, name: Cow::Borrowed(name), data })
}

/// What the server sends.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outgoing<'a, T> {
    /// The result of a command.
    Ok {
        /// The command's number.
        re: u64,
        /// The result.
        ok: &'a T,
    },
    /// The refusal of a command.
    Err {
        /// The command's number.
        re: u64,
        /// The refusal.
        err: &'a ErrorBody,
    },
    /// An event.
    Event {
        /// Its name.
        ev: &'a str,
        /// Its data.
        data: &'a T,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_envelopes_open_to_the_same_request() {
        let text = r#"{"later":true,"id":7,"cmd":"typing","data":{"channel":"c"}}"#;
        let value: serde_json::Value = serde_json::from_str(text).expect("is JSON");
        let packed = rmp_serde::to_vec(&value).expect("is encodable");
        let one = open_json(text).expect("opens");
        let other = open_msgpack(&packed).expect("opens");
        assert_eq!((one.id, &one.name), (other.id, &other.name));
        let read = |payload: Payload<'_>| payload.read::<serde_json::Value>().expect("is data");
        assert_eq!(read(one.data), read(other.data));
    }

    #[test]
    fn rubbish_is_malformed_and_deep_rubbish_too_deep() {
        for text in ["", "[]", "{}", r#"{"id":-1,"cmd":"x"}"#, r#"{"id":1}"#, r#"{"id":1,"id":2,"cmd":"x"}"#, r#"{"id":1e400,"cmd":"x"}"#] {
            assert!(matches!(open_json(text), Err(EnvelopeError::Malformed(_))), "{text}");
        }
        assert_eq!(open_json(&"[".repeat(100_000)).map(|_| ()), Err(EnvelopeError::TooDeep));
        for bytes in [&[][..], &[0x80], &[0xc1], &[0x81, 0xa2, b'i', b'd', 0xff], &[0xdf, 0xff, 0xff, 0xff, 0xff]] {
            assert!(matches!(open_msgpack(bytes), Err(EnvelopeError::Malformed(_))), "{bytes:?}");
        }
        for twice in [&b"\xa2id\x01"[..], b"\xa3cmd\xa1x", b"\xa4data\xc0"] {
            let bytes = [&b"\x85\xa2id\x01\xa3cmd\xa1x\xa4data\xc0\xa5later\x01"[..], twice].concat();
            assert_eq!(open_msgpack(&bytes).map(drop), Err(EnvelopeError::Malformed("a field is repeated".into())));
        }
        assert!(open_msgpack(&[0x91; 100_000]).is_err());
    }
}
