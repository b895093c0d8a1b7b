//! How this run speaks: what it writes, and how it reads what is not recognised by a glance.

use clap::ValueEnum;
use rialto_wire::code::ErrorBody;
use rialto_wire::command::Payload;
use rialto_wire::plain;
use rialto_wire::socketio::packet::{Limits, MAIN};
use rialto_wire::socketio::value::{JsonArgs, MsgpackArgs, Value};
use rialto_wire::socketio::{AckId, Args, Packet, json, msgpack};
use rialto_wire::websocket::frame::Opcode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::heard::{self, Heard};

/// A carrier of the protocol, over WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Carrier {
    /// The plain carrier with JSON frames.
    Json,
    /// The plain carrier with MessagePack frames.
    Msgpack,
    /// Socket.IO with its default parser.
    Socketio,
    /// Socket.IO with its MessagePack parser.
    SocketioMsgpack,
}

/// A whole message of a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// A command in its envelope on the plain carrier.
#[derive(Serialize)]
struct Request<'a, T> {
    id: u64,
    cmd: &'a str,
    data: &'a T,
}

/// The answer to a command, on either carrier.
#[derive(Deserialize)]
struct Answer<T> {
    ok: Option<T>,
    err: Option<ErrorBody>,
}

impl Carrier {
    /// Whether this is Socket.IO.
    pub(super) fn is_socketio(self) -> bool {
        matches!(self, Self::Socketio | Self::SocketioMsgpack)
    }

    /// What a connection asks for.
    pub(super) fn target(self) -> &'static str {
        if self.is_socketio() { "/socket.io/?EIO=4&transport=websocket" } else { "/ws" }
    }

    /// The subprotocol a connection asks for.
    pub(super) fn subprotocols(self) -> &'static [&'static str] {
        match self {
            Self::Json => &[plain::JSON],
            Self::Msgpack => &[plain::MSGPACK],
            Self::Socketio | Self::SocketioMsgpack => &[],
        }
    }

    /// The opcode of what is written here.
    pub(super) fn opcode(self) -> Opcode {
        match self {
            Self::Json | Self::Socketio => Opcode::Text,
            Self::Msgpack | Self::SocketioMsgpack => Opcode::Binary,
        }
    }

    /// Appends a command.
    pub(super) fn command(self, id: u64, name: &str, data: &impl Serialize, out: &mut Vec<u8>) {
        match self {
            Self::Json => write_json(&Request { id, cmd: name, data }, out),
            Self::Msgpack => write_msgpack(&Request { id, cmd: name, data }, out),
            Self::Socketio | Self::SocketioMsgpack => {
                let mut item = Vec::with_capacity(256);
                let args = self.argument(data, &mut item);
                let packet = Packet::Event { namespace: MAIN, name: name.into(), args, ack: AckId::new(id) };
                self.packet(&packet, out);
            }
        }
    }

    /// Appends Socket.IO's CONNECT with its `auth`.
    pub(super) fn connect(self, auth: &impl Serialize, out: &mut Vec<u8>) {
        let mut item = Vec::new();
        let data = self.argument(auth, &mut item).first();
        self.packet(&Packet::Connect { namespace: MAIN, data }, out);
    }

    /// What a frame is.
    pub(super) fn recognise(self, frame: Frame<'_>) -> Heard<'_> {
        match (self, frame) {
            (Self::Json, Frame::Text(text)) => heard::plain_json(text.as_bytes()),
            (Self::Msgpack, Frame::Binary(bytes)) => heard::plain_msgpack(bytes),
            (Self::Socketio | Self::SocketioMsgpack, Frame::Text(text)) => heard::socketio_json(text.as_bytes()),
            (Self::SocketioMsgpack, Frame::Binary(bytes)) => heard::socketio_msgpack(bytes),
            _ => Heard::Strange,
        }
    }

    /// The result of a command, from the frame that answers it. `None` when it is not understood.
    pub(super) fn result<T: DeserializeOwned>(self, frame: Frame<'_>) -> Option<Result<T, ErrorBody>> {
        let answer: Answer<T> = if self.is_socketio() {
            with_packet(frame, |packet| match packet {
                Packet::Ack { args, .. } => read(args.first()?),
                _ => None,
            })?
        } else {
            read(match frame {
                Frame::Text(text) => Value::Json(text),
                Frame::Binary(bytes) => Value::Msgpack(bytes),
            })?
        };
        answer.err.map(Err).or_else(|| answer.ok.map(Ok))
    }

    /// The data of an event, from the frame that brings it. `None` when it is not understood.
    pub(super) fn data<T: DeserializeOwned>(self, frame: Frame<'_>) -> Option<T> {
        #[derive(Deserialize)]
        struct Event<T> {
            data: T,
        }
        if self.is_socketio() {
            return with_packet(frame, |packet| match packet {
                Packet::Event { args, .. } => read(args.first()?),
                Packet::ConnectError { error, .. } => read(error),
                _ => None,
            });
        }
        let event: Event<T> = read(match frame {
            Frame::Text(text) => Value::Json(text),
            Frame::Binary(bytes) => Value::Msgpack(bytes),
        })?;
        Some(event.data)
    }

    /// One argument in this carrier's format, kept in `item`.
    fn argument<'a>(self, data: &impl Serialize, item: &'a mut Vec<u8>) -> Args<'a> {
        if self == Self::SocketioMsgpack {
            write_msgpack(data, item);
            Args::Msgpack(MsgpackArgs { count: 1, items: item })
        } else {
            write_json(data, item);
            Args::Json(JsonArgs(str::from_utf8(item).expect("JSON is UTF-8")))
        }
    }

    fn packet(self, packet: &Packet<'_>, out: &mut Vec<u8>) {
        let written = if self == Self::SocketioMsgpack {
            msgpack::encode(packet, out)
        } else {
            out.push(b'4');
            json::encode(packet, 0, out)
        };
        written.expect("a packet of our own is in one format, and shallow");
    }
}

fn with_packet<T>(frame: Frame<'_>, read: impl FnOnce(Packet<'_>) -> Option<T>) -> Option<T> {
    let limits = Limits::default();
    match frame {
        Frame::Text(text) => read(json::decode(text.strip_prefix('4')?, &limits).ok()?.packet),
        Frame::Binary(bytes) => read(msgpack::decode(bytes, &limits).ok()?),
    }
}

fn read<T: DeserializeOwned>(value: Value<'_>) -> Option<T> {
    let payload = match value {
        Value::Json(text) => Payload::Json(text),
        Value::Msgpack(bytes) => Payload::Msgpack(bytes),
    };
    payload.read().ok()
}

fn write_json(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("commands can be written, and memory takes them");
}

fn write_msgpack(value: &impl Serialize, out: &mut Vec<u8>) {
    let mut serializer = rmp_serde::Serializer::new(out).with_struct_map().with_human_readable();
    value.serialize(&mut serializer).expect("commands can be written, and memory takes them");
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::entry::Content;
    use rialto_domain::{ChannelId, ClientId};
    use rialto_wire::command::{Command, MessageSend, Received};

    const ALL: [Carrier; 4] = [Carrier::Json, Carrier::Msgpack, Carrier::Socketio, Carrier::SocketioMsgpack];

    fn message() -> MessageSend {
        MessageSend {
            channel: ChannelId::from_bytes([1; 16]),
            client_id: ClientId::from_bytes([2; 16]),
            body: Content::Text("hi".into()),
            reply_to: None,
            mentions: Default::default(),
            wait: false,
        }
    }

    /// Reads a command as a server does.
    fn served(carrier: Carrier, frame: &[u8]) -> (u64, Command) {
        let text = || str::from_utf8(frame).unwrap();
        let decode = |id, name: &str, value: Value<'_>| {
            let payload = match value {
                Value::Json(text) => Payload::Json(text),
                Value::Msgpack(bytes) => Payload::Msgpack(bytes),
            };
            (id, Command::decode(name, payload).unwrap())
        };
        let of_packet = |packet: Packet<'_>| match packet {
            Packet::Event { name, args, ack, .. } => decode(ack.unwrap().get(), &name, args.first().unwrap()),
            other => panic!("{other:?}"),
        };
        match carrier {
            Carrier::Json => {
                let request = plain::open_json(text()).unwrap();
                (request.id, Command::decode(&request.name, request.data).unwrap())
            }
            Carrier::Msgpack => {
                let request = plain::open_msgpack(frame).unwrap();
                (request.id, Command::decode(&request.name, request.data).unwrap())
            }
            Carrier::Socketio => of_packet(json::decode(&text()[1..], &Limits::default()).unwrap().packet),
            Carrier::SocketioMsgpack => of_packet(msgpack::decode(frame, &Limits::default()).unwrap()),
        }
    }

    #[test]
    fn a_server_understands_a_command_on_every_carrier() {
        for carrier in ALL {
            let mut out = Vec::new();
            carrier.command(70_001, "message.send", &message(), &mut out);
            let (id, command) = served(carrier, &out);
            assert_eq!(id, 70_001);
            assert!(matches!(command, Command::MessageSend(sent) if sent == message()), "{carrier:?}");
        }
    }

    #[test]
    fn results_and_refusals_are_read_from_every_carrier() {
        let received = |carrier: Carrier, frame: Frame<'_>| carrier.result::<Received>(frame).unwrap();
        let refusal = |carrier: Carrier, frame: Frame<'_>| received(carrier, frame).unwrap_err().code.into_owned();
        assert!(received(Carrier::Json, Frame::Text(r#"{"re":1,"ok":{"received":true}}"#)).unwrap().received);
        assert!(received(Carrier::Socketio, Frame::Text(r#"431[{"ok":{"received":true}}]"#)).unwrap().received);
        assert!(received(Carrier::Msgpack, Frame::Binary(b"\x82\xa2re\x01\xa2ok\x81\xa8received\xc3")).unwrap().received);
        assert_eq!(refusal(Carrier::Json, Frame::Text(r#"{"re":1,"err":{"code":"limit.exceeded","text":"x"}}"#)), "limit.exceeded");
        assert_eq!(refusal(Carrier::Socketio, Frame::Text(r#"431[{"err":{"code":"limit.exceeded","text":"x"}}]"#)), "limit.exceeded");
    }
}
