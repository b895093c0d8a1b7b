//! What a client says and understands, in each of the four formats over WebSocket.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rialto_wire::code::ErrorBody;
use rialto_wire::command::Payload;
use rialto_wire::depth::msgpack_len;
use rialto_wire::plain;
use rialto_wire::socketio::packet::{Limits, MAIN};
use rialto_wire::socketio::value::{JsonArgs, MsgpackArgs, Value};
use rialto_wire::socketio::{AckId, Args, Packet, PacketError, json, msgpack};
use rialto_wire::websocket::client::Dial;
use rialto_wire::websocket::frame::{self, Opcode, Role};
use rialto_wire::websocket::{Message, Reader};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// How a client wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain, JSON.
    Json,
    /// Plain, MessagePack.
    Msgpack,
    /// Socket.IO with its default parser.
    SocketIo,
    /// Socket.IO with its MessagePack parser.
    SocketIoMsgpack,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Json, Self::Msgpack, Self::SocketIo, Self::SocketIoMsgpack];

    /// Is it Socket.IO?
    pub const fn is_socketio(self) -> bool {
        matches!(self, Self::SocketIo | Self::SocketIoMsgpack)
    }

    const fn is_msgpack(self) -> bool {
        matches!(self, Self::Msgpack | Self::SocketIoMsgpack)
    }
}

/// One connection's speech, from the client's side.
pub struct Speech {
    format: Format,
    reader: Reader,
    /// The beginning of the server's answer, until it has agreed.
    head: Option<Vec<u8>>,
}

/// A value as it came.
#[derive(Clone, Debug)]
pub enum Raw {
    /// JSON.
    Json(String),
    /// MessagePack.
    Msgpack(Vec<u8>),
}

/// What the server said.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants tell what their fields are")]
pub enum Said {
    /// Commands may be sent; on Socket.IO after joining.
    Open,
    /// Socket.IO: the namespace is joined.
    Joined,
    /// Socket.IO: the namespace is refused.
    TurnedAway(Raw),
    /// The answer to a command.
    Reply { re: u64, result: Result<Raw, ErrorBody> },
    /// An event.
    Event { name: String, data: Raw },
    /// To be answered with a [pong](Speech::pong).
    Ping,
    /// It closes the connection.
    Closed,
    /// Nothing that this protocol knows.
    Strange(String),
}

impl Raw {
    /// Understands it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let payload = match self {
            Self::Json(text) => Payload::Json(text),
            Self::Msgpack(bytes) => Payload::Msgpack(bytes),
        };
        payload.read().map_err(|invalid| format!("{invalid} in {self:?}"))
    }

    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Json(text) => Self::Json(text.to_owned()),
            Value::Msgpack(bytes) => Self::Msgpack(bytes.to_vec()),
        }
    }
}

impl Speech {
    /// Speech on a new connection.
    pub fn new(format: Format) -> Self {
        Self { format, reader: Reader::default(), head: Some(Vec::new()) }
    }

    /// The first words.
    pub fn request(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.dial().request(&mut out).expect("the words are plain");
        out
    }

    const fn dial(&self) -> Dial<'static> {
        let (target, protocols): (_, &[&str]) = match self.format {
            Format::Json => ("/ws", &[plain::JSON]),
            Format::Msgpack => ("/ws", &[plain::MSGPACK]),
            Format::SocketIo => ("/socket.io/?EIO=4&transport=websocket", &[]),
            Format::SocketIoMsgpack => ("/socket.io/?EIO=4&transport=websocket&parser=msgpack", &[]),
        };
        Dial { host: "rialto.example", target, nonce: [7; 16], protocols, headers: &[] }
    }

    /// A command.
    pub fn command(&self, id: u64, name: &str, data: &impl Serialize) -> Vec<u8> {
        #[derive(Serialize)]
        struct Request<'a, T> {
            id: u64,
            cmd: &'a str,
            data: &'a T,
        }
        if !self.format.is_socketio() {
            return self.message(&self.written(&Request { id, cmd: name, data }));
        }
        let item = self.written(data);
        self.packet(&Packet::Event { namespace: MAIN, name: Cow::Borrowed(name), args: self.args(&item), ack: AckId::new(id) })
    }

    /// Socket.IO's CONNECT.
    pub fn connect(&self, auth: Option<&impl Serialize>) -> Vec<u8> {
        let item = auth.map(|auth| self.written(auth));
        let data = item.as_ref().and_then(|item| self.args(item).first());
        self.packet(&Packet::Connect { namespace: MAIN, data })
    }

    /// The answer to a ping.
    pub fn pong(&self) -> Vec<u8> {
        if self.format.is_socketio() { framed(Opcode::Text, b"3") } else { framed(Opcode::Pong, b"") }
    }

    fn written(&self, value: &impl Serialize) -> Vec<u8> {
        let mut out = Vec::new();
        if self.format.is_msgpack() {
            value.serialize(&mut rmp_serde::Serializer::new(&mut out).with_struct_map().with_human_readable()).expect("commands can be written");
        } else {
            serde_json::to_writer(&mut out, value).expect("commands can be written");
        }
        out
    }

    fn args<'a>(&self, item: &'a [u8]) -> Args<'a> {
        if self.format.is_msgpack() {
            Args::Msgpack(MsgpackArgs { count: 1, items: item })
        } else {
            Args::Json(JsonArgs(str::from_utf8(item).expect("JSON is UTF-8")))
        }
    }

    fn packet(&self, packet: &Packet<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let written = if self.format.is_msgpack() {
            msgpack::encode(packet, &mut out)
        } else {
            out.push(b'4');
            json::encode(packet, 0, &mut out)
        };
        written.expect("a packet of our own is shallow");
        self.message(&out)
    }

    fn message(&self, payload: &[u8]) -> Vec<u8> {
        framed(if self.format.is_msgpack() { Opcode::Binary } else { Opcode::Text }, payload)
    }

    /// Understands what came.
    pub fn hear(&mut self, mut bytes: Vec<u8>) -> Vec<Said> {
        let mut said = Vec::new();
        if let Some(mut head) = self.head.take() {
            head.append(&mut bytes);
            match self.dial().agreed(&head) {
                Ok(None) => {
                    self.head = Some(head);
                    return said;
                }
                Ok(Some(agreed)) => bytes = head.split_off(agreed.len),
                Err(error) => return vec![Said::Strange(error.to_string())],
            }
            if !self.format.is_socketio() {
                said.push(Said::Open);
            }
        }
        let mut incoming = self.reader.feed(Role::Client, 64 << 20, &mut bytes);
        loop {
            said.push(match incoming.next_message() {
                Ok(None) => return said,
                Ok(Some(Message::Text(text))) if self.format.is_socketio() => engineio(text),
                Ok(Some(Message::Binary(bytes))) if self.format.is_socketio() => packet(msgpack::decode(bytes, &Limits::default())),
                Ok(Some(Message::Text(text))) => plain_said(Value::Json(text)),
                Ok(Some(Message::Binary(bytes))) => plain_said(Value::Msgpack(bytes)),
                Ok(Some(Message::Ping(_))) => Said::Ping,
                Ok(Some(Message::Pong(_))) => continue,
                Ok(Some(Message::Close(_))) => Said::Closed,
                Err(error) => Said::Strange(error.to_string()),
            });
        }
    }
}

fn framed(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::encode(opcode, payload, Some([1, 2, 3, 4]), &mut out);
    out
}

fn engineio(text: &str) -> Said {
    match (text.get(..1), text.get(1..)) {
        (Some("0"), _) => Said::Open,
        (Some("2"), _) => Said::Ping,
        (Some("1"), _) => Said::Closed,
        (Some("4"), Some(rest)) => match json::decode(rest, &Limits::default()) {
            Ok(decoded) => packet(Ok(decoded.packet)),
            Err(error) => Said::Strange(error.to_string()),
        },
        _ => Said::Strange(text.to_owned()),
    }
}

fn packet(packet: Result<Packet<'_>, PacketError>) -> Said {
    match packet {
        Ok(Packet::Connect { .. }) => Said::Joined,
        Ok(Packet::ConnectError { error, .. }) => Said::TurnedAway(Raw::of(error)),
        Ok(Packet::Disconnect { .. }) => Said::Closed,
        Ok(Packet::Event { name, args, .. }) => match args.first() {
            Some(data) => Said::Event { name: name.into_owned(), data: Raw::of(data) },
            None => Said::Strange(format!("event {name} without data")),
        },
        Ok(Packet::Ack { id, args, .. }) => match args.first() {
            Some(answer) => reply(id.get(), &fields(answer)),
            None => Said::Strange("an acknowledgement without an answer".to_owned()),
        },
        Err(error) => Said::Strange(error.to_string()),
    }
}

fn plain_said(value: Value<'_>) -> Said {
    let fields = fields(value);
    if let Some(re) = fields.get("re").and_then(|re| re.read().ok()) {
        return reply(re, &fields);
    }
    match (fields.get("ev").map(Raw::read), fields.get("data")) {
        (Some(Ok(name)), Some(data)) => Said::Event { name, data: data.clone() },
        _ => Said::Strange(format!("{fields:?}")),
    }
}

fn reply(re: u64, fields: &BTreeMap<String, Raw>) -> Said {
    match (fields.get("ok"), fields.get("err").map(Raw::read)) {
        (Some(ok), None) => Said::Reply { re, result: Ok(ok.clone()) },
        (None, Some(Ok(error))) => Said::Reply { re, result: Err(error) },
        _ => Said::Strange(format!("{fields:?}")),
    }
}

/// The fields of an object, each as it came.
fn fields(value: Value<'_>) -> BTreeMap<String, Raw> {
    match value {
        Value::Json(text) => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
            fields.into_iter().map(|(name, raw)| (name, Raw::Json(raw.get().to_owned()))).collect()
        }
        Value::Msgpack(bytes) => msgpack_fields(bytes).unwrap_or_default(),
    }
}

fn msgpack_fields(bytes: &[u8]) -> Option<BTreeMap<String, Raw>> {
    let mut rest = bytes;
    let count = rmp::decode::read_map_len(&mut rest).ok()?;
    let mut fields = BTreeMap::new();
    for _ in 0..count {
        let (name, after) = rmp::decode::read_str_from_slice(rest).ok()?;
        let (value, next) = after.split_at(msgpack_len(after).ok()?);
        fields.insert(name.to_owned(), Raw::Msgpack(value.to_vec()));
        rest = next;
    }
    Some(fields)
}
