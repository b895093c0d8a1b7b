//! The MessagePack parser: one map `{type, nsp, data?, id?}` for each packet, binary values in place.
//!
//! Its writers differ in what they do with nothing. `python-socketio` writes nil for absent data, `notepack.io` (below
//! `socket.io-msgpack-parser`) writes JavaScript's `undefined` as the extension `d4 00 00`, and both may leave the key out. Unknown
//! keys, such as the `options` of `socket.io-client`, are ignored.

use std::borrow::Cow;

use rmp::decode::{read_array_len, read_int, read_map_len, read_str_from_slice};
use rmp::encode::{write_array_len, write_map_len, write_str, write_uint};

use super::ack::AckId;
use super::packet::{EncodeError, Kind, Limits, MAIN, Packet, PacketError, check_event, check_namespace};
use super::value::{Args, MsgpackArgs, Value};
use crate::depth::{check_msgpack, msgpack_len};
use crate::undefined::UNDEFINED;

const IN_MEMORY: &str = "memory takes what is written";
const NIL: &[u8] = &[0xc0];

/// Whether the first message of a connection, a binary one, comes from a client with this parser. The default parser begins with text.
pub fn is_first_packet(message: &[u8]) -> bool {
    let mut rest = message;
    read_map_len(&mut rest).is_ok_and(|len| len >= 2)
        && read_str_from_slice(rest).is_ok_and(|(key, _)| matches!(key, "type" | "nsp" | "data" | "id" | "options"))
}

/// Reads a binary message. Its shape is checked, but nothing is built of its data.
pub fn decode<'a>(message: &'a [u8], limits: &Limits) -> Result<Packet<'a>, PacketError> {
    check_msgpack(message)?;
    let Fields { kind, namespace, data, id } = Fields::read(message)?;
    let kind = Kind::decode(kind.ok_or(PacketError::UnknownType)?)?;
    let namespace = namespace.unwrap_or(MAIN);
    check_namespace(namespace, limits)?;

    match (kind, data, id) {
        (Kind::Connect, None, None) => Ok(Packet::Connect { namespace, data: None }),
        (Kind::Connect, Some(data), None) if is_map(data) => Ok(Packet::Connect { namespace, data: Some(Value::Msgpack(data)) }),
        (Kind::Disconnect, None, None) => Ok(Packet::Disconnect { namespace }),
        (Kind::ConnectError, Some(error), None) if is_map(error) || read_str_from_slice(error).is_ok() => {
            Ok(Packet::ConnectError { namespace, error: Value::Msgpack(error) })
        }
        (Kind::Connect | Kind::Disconnect | Kind::ConnectError, _, None) => Err(PacketError::Payload),
        (Kind::Event, Some(data), ack) => {
            let MsgpackArgs { count, items } = read_items(data)?;
            let (name, items) = read_str_from_slice(items).map_err(|_| PacketError::EventName)?;
            check_event(name)?;
            let args = MsgpackArgs { count: count - 1, items };
            Ok(Packet::Event { namespace, name: Cow::Borrowed(name), args: Args::Msgpack(args), ack })
        }
        (Kind::Ack, Some(data), Some(id)) => Ok(Packet::Ack { namespace, id, args: Args::Msgpack(read_items(data)?) }),
        (Kind::Event | Kind::Ack, None, _) => Err(PacketError::Payload),
        (Kind::Ack, _, None) | (Kind::Connect | Kind::Disconnect | Kind::ConnectError, _, Some(_)) => Err(PacketError::AckId),
    }
}

/// Appends a packet.
pub fn encode(packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let result = write(packet, out).and_then(|()| Ok(check_msgpack(&out[start..])?));
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// Appends an event with one argument, which `write` appends as MessagePack: for events that are encoded once and sent to many.
pub fn encode_event(namespace: &str, name: &str, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    write_start(2, namespace, 3, out);
    write_str(out, "data").expect(IN_MEMORY);
    write_array_len(out, 2).expect(IN_MEMORY);
    write_str(out, name).expect(IN_MEMORY);
    write(out);
    check_msgpack(&out[start..]).inspect_err(|_| out.truncate(start))?;
    Ok(())
}

/// Appends the agreement to a [`Packet::Connect`]. The id is the client's name in this namespace.
pub fn encode_connected(namespace: &str, sid: &str, out: &mut Vec<u8>) {
    write_start(0, namespace, 3, out);
    write_str(out, "data").expect(IN_MEMORY);
    write_map_len(out, 1).expect(IN_MEMORY);
    write_str(out, "sid").expect(IN_MEMORY);
    write_str(out, sid).expect(IN_MEMORY);
}

/// Appends the refusal of a [`Packet::Connect`], with a text for people and perhaps a MessagePack value for the program.
pub fn encode_refused(namespace: &str, message: &str, data: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    write_start(4, namespace, 3, out);
    write_str(out, "data").expect(IN_MEMORY);
    write_map_len(out, 1 + u32::from(data.is_some())).expect(IN_MEMORY);
    write_str(out, "message").expect(IN_MEMORY);
    write_str(out, message).expect(IN_MEMORY);
    if let Some(data) = data {
        write_str(out, "data").expect(IN_MEMORY);
        out.extend_from_slice(data);
    }
    check_msgpack(&out[start..]).inspect_err(|_| out.truncate(start))?;
    Ok(())
}

/// The keys of a packet that mean something.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<u8>,
    namespace: Option<&'a str>,
    data: Option<&'a [u8]>,
    id: Option<AckId>,
}

impl<'a> Fields<'a> {
    /// Reads a message whose shape is checked.
    fn read(message: &'a [u8]) -> Result<Self, PacketError> {
        let mut rest = message;
        let len = read_map_len(&mut rest).map_err(|_| PacketError::Msgpack)?;
        let mut fields = Self::default();
        let mut seen = [false; 4];
        for _ in 0..len {
            let (key, after) = read_str_from_slice(rest).map_err(|_| PacketError::Msgpack)?;
            let (mut value, after) = after.split_at(msgpack_len(after)?);
            rest = after;
            let Some(field) = ["type", "nsp", "data", "id"].iter().position(|name| *name == key) else { continue };
            // A reader behind us might take the other one.
            if std::mem::replace(&mut seen[field], true) {
                return Err(PacketError::Msgpack);
            }
            if value == NIL || value == UNDEFINED {
                continue;
            }
            match key {
                "type" => fields.kind = Some(read_int(&mut value).map_err(|_| PacketError::UnknownType)?),
                "nsp" => fields.namespace = Some(read_str_from_slice(value).map_err(|_| PacketError::Namespace)?.0),
                "id" => fields.id = Some(read_int(&mut value).ok().and_then(AckId::new).ok_or(PacketError::AckId)?),
                _ => fields.data = Some(value),
            }
        }
        Ok(fields)
    }
}

fn is_map(mut value: &[u8]) -> bool {
    read_map_len(&mut value).is_ok()
}

fn read_items(mut data: &[u8]) -> Result<MsgpackArgs<'_>, PacketError> {
    let count = read_array_len(&mut data).map_err(|_| PacketError::Payload)?;
    Ok(MsgpackArgs { count, items: data })
}

fn write(packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match packet {
        Packet::Connect { namespace, data: None } => write_start(0, namespace, 2, out),
        Packet::Connect { namespace, data: Some(data) } => {
            write_start(0, namespace, 3, out);
            write_data(data.msgpack()?, out);
        }
        Packet::Disconnect { namespace } => write_start(1, namespace, 2, out),
        Packet::ConnectError { namespace, error } => {
            write_start(4, namespace, 3, out);
            write_data(error.msgpack()?, out);
        }
        Packet::Event { namespace, name, args, ack } => {
            write_start(2, namespace, 3 + u32::from(ack.is_some()), out);
            let MsgpackArgs { count, items } = args.msgpack()?;
            write_str(out, "data").expect(IN_MEMORY);
            write_array_len(out, count.checked_add(1).ok_or(EncodeError::Malformed)?).expect(IN_MEMORY);
            write_str(out, name).expect(IN_MEMORY);
            out.extend_from_slice(items);
            if let Some(ack) = ack {
                write_id(*ack, out);
            }
        }
        Packet::Ack { namespace, id, args } => {
            write_start(3, namespace, 4, out);
            let MsgpackArgs { count, items } = args.msgpack()?;
            write_str(out, "data").expect(IN_MEMORY);
            write_array_len(out, count).expect(IN_MEMORY);
            out.extend_from_slice(items);
            write_id(*id, out);
        }
    }
    Ok(())
}

/// The head of the map and its first two entries.
fn write_start(kind: u8, namespace: &str, entries: u32, out: &mut Vec<u8>) {
    write_map_len(out, entries).expect(IN_MEMORY);
    write_str(out, "type").expect(IN_MEMORY);
    write_uint(out, kind.into()).expect(IN_MEMORY);
    write_str(out, "nsp").expect(IN_MEMORY);
    write_str(out, namespace).expect(IN_MEMORY);
}

fn write_data(value: &[u8], out: &mut Vec<u8>) {
    write_str(out, "data").expect(IN_MEMORY);
    out.extend_from_slice(value);
}

fn write_id(id: AckId, out: &mut Vec<u8>) {
    write_str(out, "id").expect(IN_MEMORY);
    write_uint(out, id.get()).expect(IN_MEMORY);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depth::TooDeep;

    fn read(message: &[u8]) -> Result<Packet<'_>, PacketError> {
        decode(message, &Limits::default())
    }

    fn event<'a>(name: &'a str, count: u32, items: &'a [u8], ack: Option<u64>) -> Packet<'a> {
        Packet::Event { namespace: "/", name: name.into(), args: Args::Msgpack(MsgpackArgs { count, items }), ack: ack.and_then(AckId::new) }
    }

    /// A map with text keys.
    fn map(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        write_map_len(&mut out, entries.len() as u32).unwrap();
        for (key, value) in entries {
            write_str(&mut out, key).unwrap();
            out.extend_from_slice(value);
        }
        out
    }

    #[test]
    fn packets_of_socket_io_msgpack_parser_are_read() {
        let connect = b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data\xd4\x00\x00";
        assert_eq!(read(connect), Ok(Packet::Connect { namespace: "/", data: None }));
        let connect = b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data\x81\xa5token\xa1x";
        assert_eq!(read(connect), Ok(Packet::Connect { namespace: "/", data: Some(Value::Msgpack(b"\x81\xa5token\xa1x")) }));
        let emit = b"\x85\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1a\x01\xa7options\x81\xa8compress\xc3\xa2id\x00";
        assert_eq!(read(emit), Ok(event("a", 1, b"\x01", Some(0))));
        let emit = b"\x84\xa4type\x02\xa4data\x91\xa1a\xa2id\xd4\x00\x00\xa3nsp\xa1/";
        assert_eq!(read(emit), Ok(event("a", 0, b"", None)));
        assert_eq!(read(b"\x82\xa4type\x01\xa3nsp\xa1/"), Ok(Packet::Disconnect { namespace: "/" }));
        let ack = b"\x84\xa4type\x03\xa2id\x01\xa3nsp\xa1/\xa4data\x92\xc7\x03\x00\x01\x02\x03\xc4\x02\x01\x02";
        let args = Args::Msgpack(MsgpackArgs { count: 2, items: b"\xc7\x03\x00\x01\x02\x03\xc4\x02\x01\x02" });
        assert_eq!(read(ack), Ok(Packet::Ack { namespace: "/", id: AckId::new(1).unwrap(), args }));
    }

    #[test]
    fn packets_of_python_socketio_are_read() {
        let connect = b"\x83\xa4type\x00\xa4data\xc0\xa3nsp\xa1/";
        assert_eq!(read(connect), Ok(Packet::Connect { namespace: "/", data: None }));
        let nowhere = b"\x83\xa4type\x01\xa4data\xc0\xa3nsp\xc0";
        assert_eq!(read(nowhere), Ok(Packet::Disconnect { namespace: "/" }));
        let emit = b"\x84\xa4type\x02\xa4data\x92\xa1a\xc4\x01x\xa3nsp\xa1/\xa2id\x01";
        assert_eq!(read(emit), Ok(event("a", 1, b"\xc4\x01x", Some(1))));
    }

    #[test]
    fn packets_are_written_as_socket_io_msgpack_parser_writes_them() {
        let cases: [(Packet<'_>, &[u8]); 6] = [
            (Packet::Connect { namespace: "/", data: None }, b"\x82\xa4type\x00\xa3nsp\xa1/"),
            (Packet::Connect { namespace: "/a", data: Some(Value::Msgpack(b"\x80")) }, b"\x83\xa4type\x00\xa3nsp\xa2/a\xa4data\x80"),
            (Packet::Disconnect { namespace: "/" }, b"\x82\xa4type\x01\xa3nsp\xa1/"),
            (Packet::ConnectError { namespace: "/", error: Value::Msgpack(b"\xa1x") }, b"\x83\xa4type\x04\xa3nsp\xa1/\xa4data\xa1x"),
            (event("a", 2, b"\x01\x02", Some(300)), b"\x84\xa4type\x02\xa3nsp\xa1/\xa4data\x93\xa1a\x01\x02\xa2id\xcd\x01\x2c"),
            (
                Packet::Ack { namespace: "/", id: AckId::new(0).unwrap(), args: Args::Msgpack(MsgpackArgs::default()) },
                b"\x84\xa4type\x03\xa3nsp\xa1/\xa4data\x90\xa2id\x00",
            ),
        ];
        for (packet, bytes) in cases {
            let mut out = Vec::new();
            encode(&packet, &mut out).unwrap();
            assert_eq!(out, bytes);
            assert_eq!(read(&out), Ok(packet));
        }
    }

    #[test]
    fn events_agreements_and_refusals_are_written_around_their_data() {
        let mut out = Vec::new();
        encode_event("/", "entry", |out| out.push(7), &mut out).unwrap();
        assert_eq!(read(&out), Ok(event("entry", 1, b"\x07", None)));
        out.clear();
        encode_connected("/", "abc", &mut out);
        assert_eq!(read(&out), Ok(Packet::Connect { namespace: "/", data: Some(Value::Msgpack(b"\x81\xa3sid\xa3abc")) }));
        out.clear();
        encode_refused("/x", "no", Some(b"\x01"), &mut out).unwrap();
        let error = Value::Msgpack(b"\x82\xa7message\xa2no\xa4data\x01");
        assert_eq!(read(&out), Ok(Packet::ConnectError { namespace: "/x", error }));
    }

    #[test]
    fn every_mistake_is_refused_for_its_own_reason() {
        let (kind, nsp, data) = (|number: &'static [u8]| ("type", number), ("nsp", &b"\xa1/"[..]), |data: &'static [u8]| ("data", data));
        let long = [&[0xd9, 129, b'/'][..], &[b'a'; 128]].concat();
        let deep = [&[0x92, 0xa1, b'a'][..], &[0x91; 40], &[0xc0]].concat();
        let cases = [
            (vec![], PacketError::Msgpack),
            (vec![0xc1], PacketError::Msgpack),
            (vec![0x90], PacketError::Msgpack),
            (vec![0xdf, 0xff, 0xff, 0xff, 0xff], PacketError::Msgpack),
            (vec![0x80], PacketError::UnknownType),
            (vec![0x81, 0x01, 0x02], PacketError::Msgpack),
            ([map(&[kind(b"\x01"), nsp]), vec![0xc0]].concat(), PacketError::Msgpack),
            (map(&[kind(b"\x01"), kind(b"\x01"), nsp]), PacketError::Msgpack),
            (map(&[kind(b"\x01"), nsp, ("nsp", b"\xc0")]), PacketError::Msgpack),
            (map(&[kind(b"\x05"), nsp]), PacketError::UnknownType),
            (map(&[kind(b"\xff"), nsp]), PacketError::UnknownType),
            (map(&[kind(b"\xa11"), nsp]), PacketError::UnknownType),
            (map(&[kind(b"\xc0"), nsp]), PacketError::UnknownType),
            (map(&[kind(b"\x01"), ("nsp", b"\x01")]), PacketError::Namespace),
            (map(&[kind(b"\x01"), ("nsp", b"\xa1a")]), PacketError::Namespace),
            (map(&[kind(b"\x01"), ("nsp", b"\xa1\xff")]), PacketError::Namespace),
            (map(&[kind(b"\x01"), ("nsp", &long)]), PacketError::Namespace),
            (map(&[kind(b"\x00"), nsp, data(b"\x90")]), PacketError::Payload),
            (map(&[kind(b"\x01"), nsp, data(b"\x80")]), PacketError::Payload),
            (map(&[kind(b"\x02"), nsp]), PacketError::Payload),
            (map(&[kind(b"\x02"), nsp, data(b"\x80")]), PacketError::Payload),
            (map(&[kind(b"\x03"), nsp, ("id", b"\x01")]), PacketError::Payload),
            (map(&[kind(b"\x04"), nsp]), PacketError::Payload),
            (map(&[kind(b"\x04"), nsp, data(b"\x01")]), PacketError::Payload),
            (map(&[kind(b"\x02"), nsp, data(b"\x90")]), PacketError::EventName),
            (map(&[kind(b"\x02"), nsp, data(b"\x91\x01")]), PacketError::EventName),
            (map(&[kind(b"\x02"), nsp, data(b"\x91\xa1\xff")]), PacketError::EventName),
            (map(&[kind(b"\x02"), nsp, data(b"\x91\xa7connect")]), PacketError::ReservedEvent),
            (map(&[kind(b"\x03"), nsp, data(b"\x90")]), PacketError::AckId),
            (map(&[kind(b"\x03"), nsp, data(b"\x90"), ("id", b"\xff")]), PacketError::AckId),
            (map(&[kind(b"\x03"), nsp, data(b"\x90"), ("id", b"\xa11")]), PacketError::AckId),
            (map(&[kind(b"\x03"), nsp, data(b"\x90"), ("id", b"\xcf\x00\x20\0\0\0\0\0\0")]), PacketError::AckId),
            (map(&[kind(b"\x00"), nsp, ("id", b"\x01")]), PacketError::AckId),
            (map(&[kind(b"\x02"), nsp, ("data", &deep)]), PacketError::TooDeep(TooDeep)),
        ];
        for (message, error) in cases {
            assert_eq!(read(&message), Err(error), "{message:x?}");
        }
    }

    #[test]
    fn what_a_peer_would_refuse_is_not_written() {
        let mut out = vec![1];
        let deep = [&[0x91; 31][..], &[0xc0]].concat();
        assert_eq!(encode(&event("a", 1, &deep, None), &mut out), Err(EncodeError::TooDeep(TooDeep)));
        assert_eq!(encode(&event("a", 2, b"\x01", None), &mut out), Err(EncodeError::Malformed));
        assert_eq!(encode(&event("a", u32::MAX, b"\x01", None), &mut out), Err(EncodeError::Malformed));
        assert_eq!(encode_event("/", "a", |_| {}, &mut out), Err(EncodeError::Malformed));
        assert_eq!(encode_refused("/", "a", Some(b"\x01\x02"), &mut out), Err(EncodeError::Malformed));
        let foreign = Packet::ConnectError { namespace: "/", error: Value::Json("{}") };
        assert_eq!(encode(&foreign, &mut out), Err(EncodeError::OtherFormat));
        assert_eq!(out, [1]);
    }

    #[test]
    fn a_first_packet_tells_the_parser() {
        assert!(is_first_packet(b"\x83\xa4type\x00\xa4data\xc0\xa3nsp\xa1/"));
        assert!(is_first_packet(b"\x82\xa4type\x00\xa3nsp\xa1/"));
        for other in [&b""[..], b"\x80", b"0", b"40{}", b"\x82\xa5other\x00", b"\x82\x01\x02\x03\x04", b"\x92\xa4type\x00"] {
            assert!(!is_first_packet(other), "{other:x?}");
        }
    }
}
