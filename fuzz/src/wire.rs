//! What must hold of the decoders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rialto_wire::command::{Command, Payload as Data};
use rialto_wire::depth;
use rialto_wire::engineio::request::parameter;
use rialto_wire::engineio::{self, Open, Payload, Request, Transport, payload};
use rialto_wire::plain::{self, open_json, open_msgpack};
use rialto_wire::socketio::{self, Args, Assembly, Limits, Packet, json, msgpack};
use rialto_wire::websocket::client::Dial;
use rialto_wire::websocket::handshake::{self, Upgrade};
use rialto_wire::websocket::head::Head;
use rialto_wire::websocket::{Close, FrameError, Message, Opcode, Reader, Role, frame};
use serde::de::IgnoredAny;
use serde_json::Value;

const MAX_MESSAGE_BYTES: usize = 1000;

/// Frames read whole and in pieces say the same, and read back as written.
///
/// The first byte chooses our role and the length of the pieces.
pub fn websocket_frames(data: &[u8]) {
    let Some((&choice, frames)) = data.split_first() else { return };
    let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
    let whole = Heard::of(role, [frames]);
    let pieces = Heard::of(role, frames.chunks(usize::from(choice >> 1) + 1));
    assert_eq!(whole, pieces);

    let peers_key = (role == Role::Server).then_some([1, 2, 3, 4]);
    let mut written = Vec::new();
    for said in &whole.said {
        match said {
            Said::Text(text) => frame::encode(Opcode::Text, text.as_bytes(), peers_key, &mut written),
            Said::Binary(bytes) => frame::encode(Opcode::Binary, bytes, peers_key, &mut written),
            Said::Ping(bytes) => frame::encode(Opcode::Ping, bytes, peers_key, &mut written),
            Said::Pong(bytes) => frame::encode(Opcode::Pong, bytes, peers_key, &mut written),
            Said::Close(None) => frame::encode(Opcode::Close, &[], peers_key, &mut written),
            Said::Close(Some((code, reason))) => Close { code: *code, reason }.encode(peers_key, &mut written),
        }
    }
    let again = Heard::of(role, [&written[..]]);
    assert_eq!(again, Heard { error: None, is_partial: false, ..whole });
}

/// A request head ends at one place only, and what follows from it never panics.
pub fn http_head(data: &[u8]) {
    let dial = Dial { host: "h", target: "/", nonce: [0; 16], protocols: &["a"], headers: &[] };
    let _ = dial.agreed(data);

    let Ok(Some(head)) = Head::decode(data) else { return };
    assert_eq!(Head::decode(&data[..head.len()]), Ok(Some(head.clone())));
    assert_eq!(Head::decode(&data[..head.len() - 1]), Ok(None));
    assert!(head.target().contains(head.path()) || head.path() == "/");
    assert!(head.target().ends_with(head.query()));

    let wants_websocket = handshake::is_wanted(&head);
    if let Ok(Request::Poll(sid) | Request::Post(sid) | Request::Upgrade(sid)) = Request::decode(head.method(), head.query(), wants_websocket) {
        assert!(head.query().contains(sid.as_str()));
    }
    if let Ok(upgrade) = Upgrade::of(&head) {
        assert!(wants_websocket);
        // What we agree to as a server we take as a client, if a client of ours could have asked for it.
        let protocol = upgrade.choose(&["a", "b"]);
        let mut answer = Vec::new();
        upgrade.accept(protocol, &mut answer);
        let Some(nonce) = head.text("sec-websocket-key").and_then(nonce) else { return };
        let protocols: Vec<&str> = protocol.into_iter().collect();
        let agreed = Dial { nonce, protocols: &protocols, ..dial }.agreed(&answer).expect("our own answer is in order").expect("it is whole");
        assert_eq!((agreed.protocol, agreed.len), (protocol, answer.len()));
    }
}

/// The random bytes of a key, when it is written as we write it.
fn nonce(key: &str) -> Option<[u8; 16]> {
    let nonce = STANDARD.decode(key).ok()?;
    nonce.try_into().ok()
}

/// The query of an Engine.IO request is read by name, and means the same in any order.
///
/// The first byte chooses the method and whether a WebSocket is asked for.
pub fn query_strings(data: &[u8]) {
    let Some((&choice, query)) = data.split_first() else { return };
    let Ok(query) = str::from_utf8(query) else { return };
    let method = ["GET", "POST", "PUT", ""][usize::from(choice >> 1) % 4];
    let wants_websocket = choice & 1 == 1;
    let request = Request::decode(method, query, wants_websocket);

    let turned = query.split('&').rev().collect::<Vec<_>>().join("&");
    assert_eq!(Request::decode(method, &turned, wants_websocket), request);

    let Ok(request) = request else { return };
    let value = |name| parameter(query, name).expect("a request that is understood repeats nothing");
    assert_eq!(value("EIO"), Some(engineio::request::REVISION));
    assert_eq!(value("transport"), Some(if wants_websocket { "websocket" } else { "polling" }));
    let (sid, methods) = match request {
        Request::Open(transport) => {
            assert_eq!(transport == Transport::WebSocket, wants_websocket);
            (None, "GET")
        }
        Request::Poll(sid) => (Some(sid), "GET"),
        Request::Post(sid) => (Some(sid), "POST"),
        Request::Upgrade(sid) => (Some(sid), "GET"),
    };
    assert_eq!((value("sid"), method), (sid.as_ref().map(|sid| sid.as_str()), methods));
}

/// A command that is understood from one format is understood from the other, and is the same.
///
/// The bytes are an envelope of the plain carrier: JSON when they begin with a brace or a space, otherwise MessagePack.
pub fn plain_envelope(data: &[u8]) {
    let is_json = matches!(data.first(), Some(b'{' | b' '));
    let request = if is_json {
        let Ok(text) = str::from_utf8(data) else { return };
        open_json(text).ok()
    } else {
        open_msgpack(data).ok()
    };
    let Some(plain::Request { id, name, data }) = request else { return };
    let Ok(command) = Command::decode(&name, data) else { return };
    assert_eq!(command.name(), name);

    // Not every value of the one format has a like in the other.
    let value: Value = match data {
        Data::Absent => return,
        Data::Json(text) => match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => return,
        },
        Data::Msgpack(bytes) => match rmp_serde::from_slice(bytes) {
            Ok(value) => value,
            Err(_) => return,
        },
    };
    let envelope = serde_json::json!({"id": id, "cmd": name, "data": value});
    let (text, packed) = (envelope.to_string(), rmp_serde::to_vec(&envelope).expect("JSON can be packed"));
    for again in [open_json(&text), open_msgpack(&packed)] {
        let again = again.expect("what was opened opens again");
        assert_eq!((again.id, &again.name), (id, &name));
        let again = Command::decode(&name, again.data).expect("what was understood is understood again");
        assert_eq!(format!("{again:?}"), format!("{command:?}"));
    }
}

/// A payload reads back as written.
pub fn engineio_payload(data: &[u8]) {
    const MAX_PACKETS: usize = 16;

    let Ok(packets) = payload::decode(data, MAX_PACKETS) else { return };
    assert!((1..=MAX_PACKETS).contains(&packets.len()));
    let mut answer = Payload::new(MAX_PACKETS, usize::MAX);
    for packet in &packets {
        if let engineio::Packet::Open(json) = packet {
            let _ = Open::decode(json);
        }
        let mut written = Vec::new();
        packet.encode(&mut written);
        assert!(answer.push(&written));
    }
    assert_eq!(payload::decode(&answer.into_body(), MAX_PACKETS), Ok(packets));
}

/// Packets of the default parser read back as written, attachments included. The bytes are an Engine.IO payload.
pub fn socketio_packet(data: &[u8]) {
    let limits = Limits { max_attachment_bytes: 1000, ..Limits::default() };
    let Ok(messages) = payload::decode(data, 64) else { return };
    let mut assembly = Assembly::default();
    for message in messages {
        let outcome = match message {
            engineio::Packet::Text(text) => assembly.text(text, &limits).map(|packet| {
                if let Some(packet) = packet {
                    assert_stable_json(&packet, 0, &limits);
                }
            }),
            engineio::Packet::Binary(bytes) => assembly.binary(&bytes).map(|packet| {
                if let Some(packet) = packet {
                    assert_stable_json(&packet.packet(), packet.attachments.len(), &limits);
                }
            }),
            _ => continue,
        };
        if outcome.is_err() {
            return;
        }
    }
}

/// Packets of the MessagePack parser read back as written.
pub fn socketio_msgpack(data: &[u8]) {
    let limits = Limits::default();
    let _ = msgpack::is_first_packet(data);
    let Ok(packet) = msgpack::decode(data, &limits) else { return };
    if let Some(args) = args(&packet) {
        let Args::Msgpack(raw) = args else { panic!("{args:?} is not MessagePack") };
        assert_eq!(raw.iter().count(), raw.count as usize);
        assert!(raw.iter().all(|arg| depth::check_msgpack(arg).is_ok()));
        for arg in args.iter() {
            let _ = arg.decode::<IgnoredAny>();
        }
    }
    let mut written = Vec::new();
    msgpack::encode(&packet, &mut written).expect("what was read can be written");
    assert_eq!(msgpack::decode(&written, &limits), Ok(packet));
}

fn assert_stable_json(packet: &Packet<'_>, attachments: usize, limits: &Limits) {
    if let Some(args) = args(packet) {
        for arg in args.iter() {
            let socketio::Value::Json(text) = arg else { panic!("{arg:?} is not JSON") };
            serde_json::from_str::<IgnoredAny>(text).expect("every argument is JSON");
        }
    }
    let mut written = Vec::new();
    json::encode(packet, attachments, &mut written).expect("what was read can be written");
    let written = str::from_utf8(&written).expect("JSON is text");
    let again = json::decode(written, limits).expect("what was written can be read");
    assert_eq!((&again.packet, again.attachments), (packet, attachments));
}

fn args<'a>(packet: &Packet<'a>) -> Option<Args<'a>> {
    match packet {
        Packet::Event { args, .. } | Packet::Ack { args, .. } => Some(*args),
        Packet::Connect { .. } | Packet::Disconnect { .. } | Packet::ConnectError { .. } => None,
    }
}

/// Everything a reader said about some bytes.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    said: Vec<Said>,
    error: Option<FrameError>,
    is_partial: bool,
}

#[derive(Debug, PartialEq)]
enum Said {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(rialto_wire::websocket::CloseCode, String)>),
}

impl Heard {
    fn of<'a>(role: Role, pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let (mut reader, mut heard) = (Reader::default(), Self::default());
        for piece in pieces {
            let mut piece = piece.to_vec();
            let mut incoming = reader.feed(role, MAX_MESSAGE_BYTES, &mut piece);
            loop {
                let said = match incoming.next_message() {
                    Ok(None) => break,
                    Ok(Some(Message::Text(text))) => Said::Text(text.to_owned()),
                    Ok(Some(Message::Binary(bytes))) => Said::Binary(bytes.to_vec()),
                    Ok(Some(Message::Ping(bytes))) => Said::Ping(bytes.to_vec()),
                    Ok(Some(Message::Pong(bytes))) => Said::Pong(bytes.to_vec()),
                    Ok(Some(Message::Close(close))) => {
                        heard.said.push(Said::Close(close.map(|close| (close.code, close.reason.to_owned()))));
                        return heard;
                    }
                    Err(error) => {
                        heard.error = Some(error);
                        return heard;
                    }
                };
                heard.said.push(said);
            }
        }
        heard.is_partial = reader.is_partial();
        heard
    }
}
