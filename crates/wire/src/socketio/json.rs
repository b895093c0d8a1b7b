//! The default parser: `type [attachments "-"] [namespace ","] [ack id] [JSON]`.

use std::borrow::Cow;
use std::io::Write;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ack::AckId;
use super::packet::{EncodeError, Kind, Limits, MAIN, Packet, PacketError, check_event, check_namespace};
use super::value::{Args, JsonArgs, Value, split_first};
use crate::depth::{TooDeep, check_json};

/// A packet read from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The packet.
    pub packet: Packet<'a>,
    /// How many binary messages follow that belong to it. At most [`Limits::max_attachments`].
    pub attachments: usize,
}

/// Reads a text message. Its JSON is checked, but nothing is built of it.
pub fn decode<'a>(text: &'a str, limits: &Limits) -> Result<Decoded<'a>, PacketError> {
    let Some((first, rest)) = text.split_at_checked(1) else { return Err(PacketError::UnknownType) };
    let number = first.as_bytes()[0].wrapping_sub(b'0');
    let (kind, attachments, rest) = match number {
        5 | 6 => {
            let (attachments, rest) = decode_attachments(rest, limits)?;
            (Kind::decode(number - 3)?, attachments, rest)
        }
        _ => (Kind::decode(number)?, 0, rest),
    };

    let (namespace, rest) = if rest.starts_with('/') { rest.split_once(',').unwrap_or((rest, "")) } else { (MAIN, rest) };
    check_namespace(namespace, limits)?;

    let (digits, payload) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len()));
    let ack = match digits {
        "" => None,
        digits => Some(AckId::decode(digits).ok_or(PacketError::AckId)?),
    };
    if !payload.is_empty() {
        check_json(payload.as_bytes())?;
        serde_json::from_str::<IgnoredAny>(payload).map_err(|_| PacketError::Json)?;
    }

    let packet = match (kind, ack) {
        (Kind::Connect, None) => match payload.as_bytes().first() {
            None => Packet::Connect { namespace, data: None },
            Some(b'{') => Packet::Connect { namespace, data: Some(Value::Json(payload)) },
            Some(_) => return Err(PacketError::Payload),
        },
        (Kind::Disconnect, None) if payload.is_empty() => Packet::Disconnect { namespace },
        (Kind::Disconnect, None) => return Err(PacketError::Payload),
        (Kind::ConnectError, None) if payload.starts_with(['{', '"']) => Packet::ConnectError { namespace, error: Value::Json(payload) },
        (Kind::ConnectError, None) => return Err(PacketError::Payload),
        (Kind::Event, ack) => {
            let (name, args) = split_first(items(payload)?);
            let name = decode_name(name)?;
            check_event(&name)?;
            Packet::Event { namespace, name, args: Args::Json(JsonArgs(args.unwrap_or_default())), ack }
        }
        (Kind::Ack, Some(id)) => Packet::Ack { namespace, id, args: Args::Json(JsonArgs(items(payload)?)) },
        (Kind::Ack, None) | (Kind::Connect | Kind::Disconnect | Kind::ConnectError, Some(_)) => return Err(PacketError::AckId),
    };
    Ok(Decoded { packet, attachments })
}

/// Appends a packet as text. `attachments` binary messages must follow it, one for each placeholder in its JSON.
pub fn encode(packet: &Packet<'_>, attachments: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let result = write(packet, attachments, out);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Appends an event with one argument, which `write` appends as JSON: for events that are encoded once and sent to many.
pub fn encode_event(namespace: &str, name: &str, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) -> Result<(), TooDeep> {
    let start = out.len();
    write_start(2, 0, namespace, None, out);
    let payload = out.len();
    out.push(b'[');
    write_string(name, out);
    out.push(b',');
    write(out);
    out.push(b']');
    check_json(&out[payload..]).inspect_err(|_| out.truncate(start))
}

/// Appends the agreement to a [`Packet::Connect`]. The id is the client's name in this namespace.
pub fn encode_connected(namespace: &str, sid: &str, out: &mut Vec<u8>) {
    write_start(0, 0, namespace, None, out);
    out.extend_from_slice(b"{\"sid\":");
    write_string(sid, out);
    out.push(b'}');
}

/// Appends the refusal of a [`Packet::Connect`], with a text for people and perhaps JSON for the program.
pub fn encode_refused(namespace: &str, message: &str, data: Option<&str>, out: &mut Vec<u8>) -> Result<(), TooDeep> {
    let start = out.len();
    write_start(4, 0, namespace, None, out);
    let payload = out.len();
    out.extend_from_slice(b"{\"message\":");
    write_string(message, out);
    if let Some(data) = data {
        out.extend_from_slice(b",\"data\":");
        out.extend_from_slice(data.as_bytes());
    }
    out.push(b'}');
    check_json(&out[payload..]).inspect_err(|_| out.truncate(start))
}

fn decode_attachments<'a>(rest: &'a str, limits: &Limits) -> Result<(usize, &'a str), PacketError> {
    let (digits, rest) = rest.split_once('-').ok_or(PacketError::AttachmentCount)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PacketError::AttachmentCount);
    }
    // A number that does not even fit is above every limit.
    match digits.parse().unwrap_or(usize::MAX) {
        0 => Err(PacketError::AttachmentCount),
        count if count > limits.max_attachments => Err(PacketError::TooManyAttachments { limit: limits.max_attachments }),
        count => Ok((count, rest)),
    }
}

/// The inside of a JSON array that is known to be well-formed.
fn items(payload: &str) -> Result<&str, PacketError> {
    let inside = payload.strip_prefix('[').and_then(|rest| rest.trim_ascii_end().strip_suffix(']'));
    inside.map(str::trim_ascii).ok_or(PacketError::Payload)
}

fn decode_name(json: &str) -> Result<Cow<'_, str>, PacketError> {
    #[derive(Deserialize)]
    struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

    let Name(name) = serde_json::from_str(json).map_err(|_| PacketError::EventName)?;
    Ok(name)
}

fn write(packet: &Packet<'_>, attachments: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let number = |plain: u8, binary: u8| if attachments == 0 { plain } else { binary };
    let payload;
    match packet {
        Packet::Connect { namespace, data } => {
            payload = write_start(0, 0, namespace, None, out);
            if let Some(data) = data {
                out.extend_from_slice(data.json()?.as_bytes());
            }
        }
        Packet::Disconnect { namespace } => payload = write_start(1, 0, namespace, None, out),
        Packet::ConnectError { namespace, error } => {
            payload = write_start(4, 0, namespace, None, out);
            out.extend_from_slice(error.json()?.as_bytes());
        }
        Packet::Event { namespace, name, args, ack } => {
            payload = write_start(number(2, 5), attachments, namespace, *ack, out);
            out.push(b'[');
            write_string(name, out);
            let JsonArgs(items) = args.json()?;
            if !items.is_empty() {
                out.push(b',');
                out.extend_from_slice(items.as_bytes());
            }
            out.push(b']');
        }
        Packet::Ack { namespace, id, args } => {
            payload = write_start(number(3, 6), attachments, namespace, Some(*id), out);
            out.push(b'[');
            out.extend_from_slice(args.json()?.0.as_bytes());
            out.push(b']');
        }
    }
    Ok(check_json(&out[payload..])?)
}

/// Everything in front of the JSON. Answers where that begins.
fn write_start(number: u8, attachments: usize, namespace: &str, ack: Option<AckId>, out: &mut Vec<u8>) -> usize {
    out.push(b'0' + number);
    if attachments > 0 {
        write!(out, "{attachments}-").expect("memory takes what is written");
    }
    if namespace != MAIN {
        write!(out, "{namespace},").expect("memory takes what is written");
    }
    if let Some(ack) = ack {
        write!(out, "{ack}").expect("memory takes what is written");
    }
    out.len()
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("text is JSON, and memory takes it");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Decoded<'_>, PacketError> {
        decode(text, &Limits::default())
    }

    fn id(id: u64) -> AckId {
        AckId::new(id).unwrap()
    }

    fn event<'a>(namespace: &'a str, name: &'a str, items: &'a str, ack: Option<u64>) -> Packet<'a> {
        Packet::Event { namespace, name: name.into(), args: Args::Json(JsonArgs(items)), ack: ack.map(id) }
    }

    #[test]
    fn the_examples_of_the_protocol_are_read_and_written() {
        let placeholder = r#"{"_placeholder":true,"num":0}"#;
        let sid = Value::Json(r#"{"sid":"oSO0OpakMV_3jnilAAAA"}"#);
        let cases = [
            ("0", Packet::Connect { namespace: "/", data: None }, 0),
            (r#"0{"sid":"oSO0OpakMV_3jnilAAAA"}"#, Packet::Connect { namespace: "/", data: Some(sid) }, 0),
            (r#"0/admin,{"token":"123"}"#, Packet::Connect { namespace: "/admin", data: Some(Value::Json(r#"{"token":"123"}"#)) }, 0),
            ("1/admin,", Packet::Disconnect { namespace: "/admin" }, 0),
            ("1", Packet::Disconnect { namespace: "/" }, 0),
            (r#"2["foo"]"#, event("/", "foo", "", None), 0),
            (r#"2/admin,["bar"]"#, event("/admin", "bar", "", None), 0),
            (r#"212["foo",1,"a,b",{"c":[]}]"#, event("/", "foo", r#"1,"a,b",{"c":[]}"#, Some(12)), 0),
            ("3/admin,13[]", Packet::Ack { namespace: "/admin", id: id(13), args: Args::Json(JsonArgs("")) }, 0),
            ("313[1,2]", Packet::Ack { namespace: "/", id: id(13), args: Args::Json(JsonArgs("1,2")) }, 0),
            (r#"4/admin,{"message":"Not authorized"}"#, Packet::ConnectError { namespace: "/admin", error: Value::Json(r#"{"message":"Not authorized"}"#) }, 0),
            (r#"51-["baz",{"_placeholder":true,"num":0}]"#, event("/", "baz", placeholder, None), 1),
            (r#"51-/admin,7["baz",{"_placeholder":true,"num":0}]"#, event("/admin", "baz", placeholder, Some(7)), 1),
            (r#"61-/admin,456[{"_placeholder":true,"num":0}]"#, Packet::Ack { namespace: "/admin", id: id(456), args: Args::Json(JsonArgs(placeholder)) }, 1),
        ];
        for (text, packet, attachments) in cases {
            assert_eq!(read(text).as_ref(), Ok(&Decoded { packet: packet.clone(), attachments }));
            let mut out = Vec::new();
            encode(&packet, attachments, &mut out).unwrap();
            assert_eq!(str::from_utf8(&out), Ok(text));
        }
    }

    #[test]
    fn a_namespace_may_end_the_packet_without_its_comma() {
        assert_eq!(read("0/custom").unwrap().packet, Packet::Connect { namespace: "/custom", data: None });
        assert_eq!(read("1/custom").unwrap().packet, Packet::Disconnect { namespace: "/custom" });
    }

    #[test]
    fn an_event_name_may_hold_escapes_and_commas() {
        assert_eq!(read(r#"2["a,\"b\u0041",1]"#).unwrap().packet, event("/", "a,\"bA", "1", None));
        assert_eq!(read(r#"2[ "a" , 1 , 2 ] "#).unwrap().packet, event("/", "a", " 1 , 2", None));
    }

    #[test]
    fn numbers_nobody_can_hold_and_odd_keys_stay_data() {
        let items = r#"1e400,{"__proto__":1,"a":1,"a":2},"\ud800""#;
        assert_eq!(read(&format!(r#"2["a",{items}]"#)).unwrap().packet, event("/", "a", items, None));
    }

    #[test]
    fn every_mistake_is_refused_for_its_own_reason() {
        let long_namespace = format!("0/{}", "a".repeat(128));
        let deep = format!("2[\"a\",{}{}]", "[".repeat(32), "]".repeat(32));
        let deeper = format!("2[\"a\",{}", "[".repeat(100_000));
        let cases = [
            ("", PacketError::UnknownType),
            ("7", PacketError::UnknownType),
            ("abc", PacketError::UnknownType),
            ("é", PacketError::UnknownType),
            (r#"5["a"]"#, PacketError::AttachmentCount),
            (r#"5-["a"]"#, PacketError::AttachmentCount),
            (r#"50-["a"]"#, PacketError::AttachmentCount),
            (r#"5+1-["a"]"#, PacketError::AttachmentCount),
            (r#"5a-["a"]"#, PacketError::AttachmentCount),
            ("6", PacketError::AttachmentCount),
            (r#"511-["a"]"#, PacketError::TooManyAttachments { limit: 10 }),
            (r#"6999999999999999999999-1[]"#, PacketError::TooManyAttachments { limit: 10 }),
            (&long_namespace, PacketError::Namespace),
            (r#"2123456789012345678901234567890["a"]"#, PacketError::AckId),
            (r#"29007199254740992["a"]"#, PacketError::AckId),
            ("3[]", PacketError::AckId),
            ("01{}", PacketError::AckId),
            ("11", PacketError::AckId),
            ("0[]", PacketError::Payload),
            ("0null", PacketError::Payload),
            ("1{}", PacketError::Payload),
            ("2", PacketError::Payload),
            ("2{}", PacketError::Payload),
            ("31", PacketError::Payload),
            ("31{}", PacketError::Payload),
            ("4", PacketError::Payload),
            ("4[]", PacketError::Payload),
            ("2[]", PacketError::EventName),
            ("2[1]", PacketError::EventName),
            ("2[{}]", PacketError::EventName),
            ("2[null,1]", PacketError::EventName),
            (r#"2["\ud800"]"#, PacketError::EventName),
            (r#"2["a",]"#, PacketError::Json),
            (r#"2["a""#, PacketError::Json),
            (r#"2["a"]]"#, PacketError::Json),
            (r#"2["a"][]"#, PacketError::Json),
            ("2[\"a\u{1e}\"]", PacketError::Json),
            ("0{", PacketError::Json),
            (r#"2-1["a"]"#, PacketError::Json),
            (&deep, PacketError::TooDeep(TooDeep)),
            (&deeper, PacketError::TooDeep(TooDeep)),
        ];
        for (text, error) in cases {
            assert_eq!(read(text), Err(error), "{text:.40}");
        }
        for name in super::super::packet::RESERVED_EVENTS {
            assert_eq!(read(&format!(r#"2["{name}"]"#)), Err(PacketError::ReservedEvent));
        }
        assert_eq!(read(r#"2["\u0063onnect"]"#), Err(PacketError::ReservedEvent));
    }

    #[test]
    fn an_event_is_written_around_its_argument() {
        let mut out = b"4".to_vec();
        encode_event("/", "entry", |out| out.extend_from_slice(b"{\"seq\":1}"), &mut out).unwrap();
        assert_eq!(out, br#"42["entry",{"seq":1}]"#);
    }

    #[test]
    fn agreement_and_refusal_are_those_of_the_protocol() {
        let mut out = Vec::new();
        encode_connected("/", "abc", &mut out);
        assert_eq!(out, br#"0{"sid":"abc"}"#);
        out.clear();
        encode_refused("/random", "Invalid namespace", None, &mut out).unwrap();
        assert_eq!(out, br#"4/random,{"message":"Invalid namespace"}"#);
        out.clear();
        encode_refused("/", "no \"way\"", Some(r#"{"code":"auth.expired"}"#), &mut out).unwrap();
        assert_eq!(out, br#"4{"message":"no \"way\"","data":{"code":"auth.expired"}}"#);
    }

    #[test]
    fn what_a_peer_would_refuse_is_not_written() {
        let deep = "[".repeat(32) + &"]".repeat(32);
        let mut out = b"4".to_vec();
        let too_deep = Err(TooDeep);
        assert_eq!(encode(&event("/", "a", &deep, None), 0, &mut out), Err(EncodeError::TooDeep(TooDeep)));
        assert_eq!(encode_event("/", "a", |out| out.extend_from_slice(deep.as_bytes()), &mut out), too_deep);
        assert_eq!(encode_refused("/", "a", Some(&deep), &mut out), too_deep);
        let foreign = Packet::Connect { namespace: "/", data: Some(Value::Msgpack(b"\x80")) };
        assert_eq!(encode(&foreign, 0, &mut out), Err(EncodeError::OtherFormat));
        assert_eq!(out, b"4");
    }
}
