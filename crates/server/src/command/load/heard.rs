//! What a frame is, found out by looking at a few of its bytes.
//!
//! A generator that parses every delivery measures its own parser. Nearly all frames are entries, acknowledgements and
//! positions; they are recognised by how they begin, and the one or two values needed are looked up by their keys. The
//! texts in them are our own, so a key cannot be mistaken. Everything else is left to be parsed in full.

use memchr::memmem;
use rialto_domain::Seq;

/// The text of an id.
pub(super) type IdText = [u8; 36];

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// A log entry.
    Entry {
        /// The channel.
        channel: &'a IdText,
        /// Its place.
        seq: Seq,
        /// What its sender's client called it.
        client_id: Option<&'a IdText>,
    },
    /// The positions of a channel's members moved.
    Positions {
        /// The channel.
        channel: &'a IdText,
        /// Read by all up to here.
        read: Seq,
    },
    /// The command of this number was carried out.
    Ok(u64),
    /// The command of this number was refused.
    Refused(u64),
    /// Engine.IO: the session is open.
    Opened,
    /// Engine.IO: are you there?
    Ping,
    /// Socket.IO: the namespace is joined.
    Connected,
    /// Socket.IO: the namespace is refused.
    ConnectRefused,
    /// Another event.
    Event(&'a [u8]),
    /// The `msg` event of the bench contract, with its number.
    Told(u64),
    /// None of the protocol's.
    Strange,
}

/// Where a frame's format writes what.
trait Notation {
    /// What stands between the beginning of `key` and its value.
    fn value<'a>(data: &'a [u8], key: &Key) -> Option<&'a [u8]>;
    /// The number that `value` begins with.
    fn number(value: &[u8]) -> Option<u64>;
    /// The id that `value` begins with.
    fn id(value: &[u8]) -> Option<&IdText>;
}

/// A key as each format writes it, up to its value.
struct Key {
    json: &'static [u8],
    msgpack: &'static [u8],
}

const CHANNEL: Key = Key { json: b"\"channel\":", msgpack: b"\xa7channel" };
const SEQ: Key = Key { json: b"\"seq\":", msgpack: b"\xa3seq" };
const CLIENT_ID: Key = Key { json: b"\"client_id\":", msgpack: b"\xa9client_id" };
const READ: Key = Key { json: b"\"read\":", msgpack: b"\xa4read" };
const TS: Key = Key { json: b"\"ts\":", msgpack: b"\xa2ts" };
const RE: Key = Key { json: b"\"re\":", msgpack: b"\xa2re" };
const ID: Key = Key { json: b"\"id\":", msgpack: b"\xa2id" };

struct Json;
struct Msgpack;

impl Notation for Json {
    fn value<'a>(data: &'a [u8], key: &Key) -> Option<&'a [u8]> {
        memmem::find(data, key.json).map(|at| &data[at + key.json.len()..])
    }

    fn number(value: &[u8]) -> Option<u64> {
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = value[..digits].iter().try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        number.filter(|_| digits > 0)
    }

    fn id(value: &[u8]) -> Option<&IdText> {
        value.strip_prefix(b"\"")?.first_chunk()
    }
}

impl Notation for Msgpack {
    fn value<'a>(data: &'a [u8], key: &Key) -> Option<&'a [u8]> {
        memmem::find(data, key.msgpack).map(|at| &data[at + key.msgpack.len()..])
    }

    fn number(value: &[u8]) -> Option<u64> {
        rmp::decode::read_int(&mut &value[..]).ok()
    }

    fn id(value: &[u8]) -> Option<&IdText> {
        value.strip_prefix(b"\xd9\x24")?.first_chunk()
    }
}

/// A text frame of the plain carrier.
pub(super) fn plain_json(frame: &[u8]) -> Heard<'_> {
    if let Some(rest) = frame.strip_prefix(b"{\"ev\":\"") {
        let (name, data) = split_at_byte(rest, b'"');
        return event::<Json>(name, data);
    }
    match frame.strip_prefix(b"{\"re\":").and_then(Json::number) {
        Some(id) => answer(id, memmem::find(frame, b",\"ok\":").is_some()),
        None => Heard::Strange,
    }
}

/// A binary frame of the plain carrier.
pub(super) fn plain_msgpack(frame: &[u8]) -> Heard<'_> {
    if let Some(rest) = frame.strip_prefix(b"\x82\xa2ev") {
        return short_text(rest).map_or(Heard::Strange, |(name, data)| event::<Msgpack>(name, data));
    }
    match Msgpack::value(frame, &RE).and_then(Msgpack::number) {
        Some(id) if frame.starts_with(b"\x82\xa2re") => answer(id, memmem::find(frame, b"\xa2ok").is_some()),
        _ => Heard::Strange,
    }
}

/// A text frame of Engine.IO, with Socket.IO's default parser in it.
pub(super) fn socketio_json(frame: &[u8]) -> Heard<'_> {
    match frame {
        [b'0', ..] => Heard::Opened,
        [b'2', ..] => Heard::Ping,
        [b'4', b'0', ..] => Heard::Connected,
        [b'4', b'4', ..] => Heard::ConnectRefused,
        [b'4', b'2', b'[', b'"', rest @ ..] => {
            let (name, data) = split_at_byte(rest, b'"');
            event::<Json>(name, data)
        }
        // A refusal is `[{"err":…}]`; whatever else a server answers is an answer.
        [b'4', b'3', rest @ ..] => Json::number(rest).map_or(Heard::Strange, |id| answer(id, memmem::find(rest, b"[{\"err\":").is_none())),
        _ => Heard::Strange,
    }
}

/// A binary frame of Engine.IO: a packet of Socket.IO's MessagePack parser.
pub(super) fn socketio_msgpack(frame: &[u8]) -> Heard<'_> {
    const TYPE: &[u8] = b"\xa4type";
    const DATA: &[u8] = b"\xa4data";
    let kind = memmem::find(frame, TYPE).and_then(|at| frame.get(at + TYPE.len()));
    let data = memmem::find(frame, DATA).map_or(&[][..], |at| &frame[at + DATA.len()..]);
    match kind {
        Some(0) => Heard::Connected,
        Some(4) => Heard::ConnectRefused,
        // An array of the name and one argument.
        Some(2) => data.strip_prefix(b"\x92").and_then(short_text).map_or(Heard::Strange, |(name, data)| event::<Msgpack>(name, data)),
        Some(3) => {
            // The id stands before or behind the data, which may hold an id of its own.
            let before = &frame[..frame.len() - data.len()];
            let id = Msgpack::value(before, &ID).and_then(Msgpack::number).or_else(|| last_id(frame));
            id.map_or(Heard::Strange, |id| answer(id, !data.starts_with(b"\x91\x81\xa3err")))
        }
        _ => Heard::Strange,
    }
}

/// The number behind the last key `id` of a packet.
fn last_id(frame: &[u8]) -> Option<u64> {
    let at = memmem::rfind(frame, ID.msgpack)?;
    Msgpack::number(&frame[at + ID.msgpack.len()..])
}

fn answer(id: u64, is_ok: bool) -> Heard<'static> {
    if is_ok { Heard::Ok(id) } else { Heard::Refused(id) }
}

fn event<'a, N: Notation>(name: &'a [u8], data: &'a [u8]) -> Heard<'a> {
    let known = match name {
        b"entry" => entry::<N>(data),
        b"positions" => positions::<N>(data),
        b"msg" => N::value(data, &TS).and_then(N::number).map(Heard::Told),
        _ => Some(Heard::Event(name)),
    };
    known.unwrap_or(Heard::Strange)
}

fn entry<N: Notation>(data: &[u8]) -> Option<Heard<'_>> {
    // In the order in which they are written: each is looked for behind the one before.
    let at_channel = N::value(data, &CHANNEL)?;
    let at_seq = N::value(at_channel, &SEQ)?;
    let client_id = N::value(at_seq, &CLIENT_ID).and_then(N::id);
    Some(Heard::Entry { channel: N::id(at_channel)?, seq: Seq(N::number(at_seq)?), client_id })
}

fn positions<N: Notation>(data: &[u8]) -> Option<Heard<'_>> {
    let at_channel = N::value(data, &CHANNEL)?;
    // The first `read` is that of all; those of single members follow.
    let read = N::value(at_channel, &READ).and_then(N::number)?;
    Some(Heard::Positions { channel: N::id(at_channel)?, read: Seq(read) })
}

fn split_at_byte(bytes: &[u8], byte: u8) -> (&[u8], &[u8]) {
    let at = memchr::memchr(byte, bytes).unwrap_or(bytes.len());
    bytes.split_at(at)
}

/// A MessagePack text of up to 31 bytes, and what follows it.
fn short_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (marker, rest) = bytes.split_first()?;
    let len = usize::from(marker.checked_sub(0xa0).filter(|len| *len < 32)?);
    rest.split_at_checked(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::entry::{Content, Entry, Event as EntryEvent, Message};
    use rialto_domain::publication::{MemberPosition, PositionsMoved};
    use rialto_domain::{ChannelId, ClientId, Timestamp, UserId};
    use rialto_wire::event::{Event, Typing};
    use rialto_wire::plain::Outgoing;
    use rialto_wire::socketio::{json, msgpack};
    use serde::Serialize;

    fn packed(value: &impl Serialize) -> Vec<u8> {
        let mut out = Vec::new();
        value.serialize(&mut rmp_serde::Serializer::new(&mut out).with_struct_map().with_human_readable()).unwrap();
        out
    }

    /// An event in all four formats, as a server writes it.
    fn told(event: &Event<'_>) -> [Vec<u8>; 4] {
        let outgoing = Outgoing::Event { ev: event.name(), data: event };
        let mut text = b"4".to_vec();
        json::encode_event("/", event.name(), |out| serde_json::to_writer(out, event).unwrap(), &mut text).unwrap();
        let mut binary = Vec::new();
        msgpack::encode_event("/", event.name(), |out| out.extend(packed(event)), &mut binary).unwrap();
        [serde_json::to_vec(&outgoing).unwrap(), packed(&outgoing), text, binary]
    }

    fn recognise(frames: &[Vec<u8>; 4]) -> [Heard<'_>; 4] {
        [plain_json(&frames[0]), plain_msgpack(&frames[1]), socketio_json(&frames[2]), socketio_msgpack(&frames[3])]
    }

    #[test]
    fn an_entry_is_recognised_in_every_format_and_size() {
        for (seq, text) in [(1, "a".to_owned()), (300, "b".repeat(300)), (70_000, "c".repeat(70_000)), (u64::MAX, "d".repeat(40))] {
            let message = Message { body: Some(Content::Text(text)), ..Message::default() };
            let entry = Entry {
                channel: ChannelId::from_bytes([1; 16]),
                seq: Seq(seq),
                at: Timestamp(1_700_000_000_000),
                sender: UserId::from_bytes([2; 16]),
                client_id: Some(ClientId::from_bytes([3; 16])),
                n: seq,
                event: EntryEvent::Message(message),
            };
            let frames = told(&Event::Entry(&entry));
            let expected =
                Heard::Entry { channel: b"01010101-0101-0101-0101-010101010101", seq: Seq(seq), client_id: Some(b"03030303-0303-0303-0303-030303030303") };
            assert_eq!(recognise(&frames), [expected; 4], "{seq}");
        }
    }

    #[test]
    fn an_entry_that_no_client_named_has_no_name() {
        let entry = Entry {
            channel: ChannelId::from_bytes([1; 16]),
            seq: Seq(5),
            at: Timestamp(1),
            sender: UserId::from_bytes([2; 16]),
            client_id: None,
            n: 5,
            event: EntryEvent::Delete { target: Seq(4) },
        };
        for heard in recognise(&told(&Event::Entry(&entry))) {
            assert!(matches!(heard, Heard::Entry { seq: Seq(5), client_id: None, .. }), "{heard:?}");
        }
    }

    #[test]
    fn positions_tell_how_far_all_have_read() {
        let channel = ChannelId::from_bytes([1; 16]);
        let member = MemberPosition { user: UserId::from_bytes([2; 16]), delivered: Seq(8), read: Seq(8) };
        let moved = PositionsMoved { channel, delivered: Seq(7), read: Seq(6), members: vec![member] };
        let expected = Heard::Positions { channel: b"01010101-0101-0101-0101-010101010101", read: Seq(6) };
        assert_eq!(recognise(&told(&Event::Positions(&moved))), [expected; 4]);
    }

    #[test]
    fn other_events_are_named() {
        let typing = Event::Typing(Typing { channel: ChannelId::from_bytes([1; 16]), user: UserId::from_bytes([2; 16]) });
        assert_eq!(recognise(&told(&typing)), [Heard::Event(b"typing"); 4]);
    }

    #[test]
    fn answers_tell_whether_and_to_what() {
        assert_eq!(plain_json(br#"{"re":12,"ok":{"received":true}}"#), Heard::Ok(12));
        assert_eq!(plain_json(br#"{"re":12,"err":{"code":"a.b","text":"x"}}"#), Heard::Refused(12));
        let ok = serde_json::json!({"re": 70_000, "ok": {"received": true}});
        let err = serde_json::json!({"re": 1, "err": {"code": "a.b", "text": "x"}});
        // The order of a struct, not that of a sorted map.
        let in_order = |value: &serde_json::Value, second: &str| {
            let mut out = b"\x82\xa2re".to_vec();
            out.extend(packed(&value["re"]));
            out.extend(packed(&second));
            out.extend(packed(&value[second]));
            out
        };
        assert_eq!(plain_msgpack(&in_order(&ok, "ok")), Heard::Ok(70_000));
        assert_eq!(plain_msgpack(&in_order(&err, "err")), Heard::Refused(1));
        assert_eq!(socketio_json(br#"43205[{"ok":{"received":true}}]"#), Heard::Ok(205));
        assert_eq!(socketio_json(br#"43205[{"err":{"code":"a.b"}}]"#), Heard::Refused(205));
        assert_eq!(socketio_json(br#"437[{"id":1}]"#), Heard::Ok(7));
    }

    #[test]
    fn answers_in_messagepack_packets_are_told_by_their_own_id() {
        use rialto_wire::socketio::value::MsgpackArgs;
        use rialto_wire::socketio::{AckId, Args, Packet};
        for (arg, expected) in [
            (serde_json::json!({"ok": {"received": true}}), Heard::Ok(300)),
            (serde_json::json!({"err": {"code": "a.b", "text": "x"}}), Heard::Refused(300)),
            (serde_json::json!({"id": 5}), Heard::Ok(300)),
        ] {
            let items = packed(&arg);
            let args = Args::Msgpack(MsgpackArgs { count: 1, items: &items });
            let mut out = Vec::new();
            msgpack::encode(&Packet::Ack { namespace: "/", id: AckId::new(300).unwrap(), args }, &mut out).unwrap();
            assert_eq!(socketio_msgpack(&out), expected, "{arg}");
        }
        // As the library for JavaScript writes it: the id last.
        assert_eq!(socketio_msgpack(b"\x84\xa4type\x03\xa4data\x91\x81\xa2id\x05\xa3nsp\xa1/\xa2id\x07"), Heard::Ok(7));
    }

    #[test]
    fn the_bench_contract_is_recognised() {
        assert_eq!(socketio_json(br#"42["msg",{"id":5,"ts":1000000000000042,"body":"abc"}]"#), Heard::Told(1_000_000_000_000_042));
    }

    #[test]
    fn rubbish_is_strange_and_never_a_panic() {
        let rubbish: [&[u8]; 10] = [
            b"",
            b"{",
            b"{\"ev\":\"",
            b"{\"ev\":\"entry\"}",
            b"{\"re\":}",
            b"\x82\xa2ev\xff",
            b"\x82\xa2re",
            b"4",
            b"42[\"entry\"",
            b"\xa4type\x02\xa4data\x92\xbf",
        ];
        for frame in rubbish {
            for heard in [plain_json(frame), plain_msgpack(frame), socketio_json(frame), socketio_msgpack(frame)] {
                assert!(matches!(heard, Heard::Strange | Heard::Event(_)), "{frame:?} {heard:?}");
            }
        }
    }
}
