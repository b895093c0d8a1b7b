//! What one end writes is what the other end reads, however the bytes are cut on the way.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use rialto_wire::depth;
use rialto_wire::engineio::{self, Payload, payload};
use rialto_wire::socketio::{AckId, Args, Assembly, JsonArgs, Limits, MsgpackArgs, Packet, Value, json, msgpack};
use rialto_wire::websocket::{Message, Opcode, Reader, Role, frame};

/// A data message and where its frames are cut, or a control frame.
#[derive(Debug, Clone)]
enum Spoken {
    Text(String, Vec<usize>),
    Binary(Vec<u8>, Vec<usize>),
    Ping(Vec<u8>),
}

fn spoken() -> impl Strategy<Value = Spoken> {
    prop_oneof![
        (".{0,300}", vec(0_usize..300, 0..4)).prop_map(|(text, cuts)| Spoken::Text(text, cuts)),
        (vec(any::<u8>(), 0..70_000), vec(0_usize..70_000, 0..3)).prop_map(|(bytes, cuts)| Spoken::Binary(bytes, cuts)),
        vec(any::<u8>(), 0..=125).prop_map(Spoken::Ping),
    ]
}

/// Writes the frames of a message, with a pong between each two.
fn fragments(opcode: Opcode, payload: &[u8], cuts: &[usize], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (payload.len() + 1)).collect();
    cuts.sort_unstable();
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([payload.len()]);
    for (number, (start, end)) in starts.zip(ends).enumerate() {
        if number > 0 {
            frame::encode(Opcode::Pong, b"between", key, out);
        }
        let first = out.len();
        frame::encode(if number == 0 { opcode } else { Opcode::Continuation }, &payload[start..end], key, out);
        if number < cuts.len() {
            out[first] &= 0x7f;
        }
    }
}

/// Cuts bytes into pieces whose lengths repeat.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*length).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        ".{0,20}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::hash_map(".{0,8}", inner, 0..4).prop_map(|map| map.into_iter().collect())
        ]
    })
}

/// How deeply serde's own idea of the value nests.
fn nesting(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        serde_json::Value::Object(fields) => 1 + fields.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}

fn nested(value: serde_json::Value, levels: usize) -> serde_json::Value {
    (0..levels).fold(value, |value, level| if level % 2 == 0 { vec![value].into() } else { serde_json::json!({ "a]": value }) })
}

fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[a-z/é-]{1,20}"]
}

fn event_name() -> impl Strategy<Value = String> {
    ".{0,20}".prop_filter("reserved", |name| !rialto_wire::socketio::packet::RESERVED_EVENTS.contains(&name.as_str()))
}

fn ack_id() -> impl Strategy<Value = AckId> {
    (0..=AckId::MAX.get()).prop_map(|id| AckId::new(id).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn messages_arrive_as_sent_however_they_are_fragmented_and_cut(
        spoken in vec(spoken(), 1..6),
        lengths in vec(1_usize..5000, 1..5),
        key in any::<Option<[u8; 4]>>(),
    ) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for message in &spoken {
            let (opcode, payload, cuts) = match message {
                Spoken::Text(text, cuts) => (Opcode::Text, text.as_bytes(), &cuts[..]),
                Spoken::Binary(payload, cuts) => (Opcode::Binary, &payload[..], &cuts[..]),
                Spoken::Ping(payload) => (Opcode::Ping, &payload[..], &[][..]),
            };
            fragments(opcode, payload, cuts, key, &mut bytes);
            expected.extend(cuts.iter().map(|_| (Opcode::Pong, b"between".to_vec())));
            expected.push((opcode, payload.to_vec()));
        }
        let role = if key.is_some() { Role::Server } else { Role::Client };
        let mut reader = Reader::default();
        let mut heard = Vec::new();
        for piece in pieces(&bytes, &lengths) {
            let mut piece = piece.to_vec();
            let mut incoming = reader.feed(role, 70_000, &mut piece);
            while let Some(message) = incoming.next_message().unwrap() {
                heard.push(match message {
                    Message::Text(text) => (Opcode::Text, text.as_bytes().to_vec()),
                    Message::Binary(payload) => (Opcode::Binary, payload.to_vec()),
                    Message::Ping(payload) => (Opcode::Ping, payload.to_vec()),
                    Message::Pong(payload) => (Opcode::Pong, payload.to_vec()),
                    Message::Close(_) => unreachable!("nobody closes"),
                });
            }
        }
        prop_assert_eq!(heard, expected);
        prop_assert!(!reader.is_partial());
    }

    #[test]
    fn polling_payloads_arrive_as_sent(messages in vec(prop_oneof![
        "[^\u{1e}]{0,50}".prop_map(Ok),
        vec(any::<u8>(), 0..50).prop_map(Err),
    ], 1..=16)) {
        let packets: Vec<_> = messages.iter().map(|message| match message {
            Ok(text) => engineio::Packet::Text(text),
            Err(bytes) => engineio::Packet::Binary(Cow::Borrowed(bytes)),
        }).collect();
        let mut answer = Payload::new(payload::MAX_PACKETS_OUT, usize::MAX);
        for packet in &packets {
            let mut written = Vec::new();
            packet.encode(&mut written);
            prop_assert!(answer.push(&written));
        }
        let body = answer.into_body();
        prop_assert_eq!(payload::decode(&body, payload::MAX_PACKETS_OUT), Ok(packets));
    }

    #[test]
    fn the_depth_of_json_and_msgpack_is_the_depth_of_the_value(value in json_value(), levels in 0_usize..40) {
        let value = nested(value, levels);
        let fits = nesting(&value) <= depth::MAX_DEPTH;
        prop_assert_eq!(depth::check_json(value.to_string().as_bytes()).is_ok(), fits);
        let bytes = rmp_serde::to_vec(&value).unwrap();
        prop_assert_eq!(depth::check_msgpack(&bytes).is_ok(), fits);
        if fits {
            prop_assert_eq!(depth::msgpack_len(&[&bytes[..], &[0xc1]].concat()), Ok(bytes.len()));
        }
    }

    #[test]
    fn json_events_arrive_as_sent(
        namespace in namespace(), name in event_name(), args in vec(json_value(), 0..4), ack in prop::option::of(ack_id()),
    ) {
        let items = args.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let packet = Packet::Event { namespace: &namespace, name: Cow::Borrowed(&name), args: Args::Json(JsonArgs(&items)), ack };
        let mut written = Vec::new();
        json::encode(&packet, 0, &mut written).unwrap();
        let text = String::from_utf8(written).unwrap();
        let mut assembly = Assembly::default();
        let read = assembly.text(&text, &Limits::default()).unwrap().unwrap();
        prop_assert_eq!(&read, &packet);
        let Packet::Event { args: read, .. } = read else { unreachable!("it equals an event") };
        let values: Vec<serde_json::Value> = read.iter().map(|value| value.decode().unwrap()).collect();
        prop_assert_eq!(values, args);
    }

    #[test]
    fn binary_acks_arrive_as_sent(namespace in namespace(), id in ack_id(), attachments in vec(vec(any::<u8>(), 0..50), 1..=10)) {
        let placeholders = (0..attachments.len()).rev().map(|number| format!(r#"{{"_placeholder":true,"num":{number}}}"#));
        let items = placeholders.collect::<Vec<_>>().join(",");
        let packet = Packet::Ack { namespace: &namespace, id, args: Args::Json(JsonArgs(&items)) };
        let mut written = Vec::new();
        json::encode(&packet, attachments.len(), &mut written).unwrap();
        let mut assembly = Assembly::default();
        prop_assert_eq!(assembly.text(str::from_utf8(&written).unwrap(), &Limits::default()), Ok(None));
        let (last, others) = attachments.split_last().unwrap();
        for attachment in others {
            prop_assert_eq!(assembly.binary(attachment), Ok(None));
        }
        let complete = assembly.binary(last).unwrap().unwrap();
        prop_assert_eq!(complete.packet(), packet);
        prop_assert_eq!(complete.attachments, attachments.into_iter().map(Bytes::from).collect::<Vec<_>>());
    }

    #[test]
    fn msgpack_events_arrive_as_sent(
        namespace in namespace(), name in event_name(), args in vec(json_value(), 0..4), ack in prop::option::of(ack_id()),
    ) {
        let items: Vec<u8> = args.iter().flat_map(|arg| rmp_serde::to_vec(arg).unwrap()).collect();
        let raw = MsgpackArgs { count: args.len() as u32, items: &items };
        let packet = Packet::Event { namespace: &namespace, name: Cow::Borrowed(&name), args: Args::Msgpack(raw), ack };
        let mut written = Vec::new();
        msgpack::encode(&packet, &mut written).unwrap();
        let read = msgpack::decode(&written, &Limits::default()).unwrap();
        prop_assert_eq!(&read, &packet);
        let values: Vec<serde_json::Value> = raw.iter().map(|item| Value::Msgpack(item).decode().unwrap()).collect();
        prop_assert_eq!(values, args);
    }
}
