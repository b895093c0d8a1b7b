//! What the server says, as frames ready to be written: payload and WebSocket header in one piece of shared memory.

use bytes::Bytes;
use rialto_wire::code::ErrorBody;
use rialto_wire::command::Reply;
use rialto_wire::engineio::Packet;
use rialto_wire::event::Event;
use rialto_wire::plain::{self, Outgoing};
use rialto_wire::socketio::packet::MAIN;
use rialto_wire::socketio::value::{JsonArgs, MsgpackArgs};
use rialto_wire::socketio::{self, AckId, Args, json, msgpack};
use rialto_wire::websocket::frame::{self, Opcode};
use rialto_wire::websocket::{Close, CloseCode};
use serde::Serialize;

/// How a connection wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON objects in WebSocket messages.
    PlainJson,
    /// MessagePack objects in WebSocket messages.
    PlainMsgpack,
    /// Socket.IO with its default parser.
    SocketIoJson,
    /// Socket.IO with its MessagePack parser.
    SocketIoMsgpack,
}

impl Format {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    /// The subprotocols of the plain carrier.
    pub const SUBPROTOCOLS: [&str; 2] = [plain::JSON, plain::MSGPACK];

    /// The plain format of a subprotocol.
    pub fn of_subprotocol(name: &str) -> Self {
        if name == plain::MSGPACK { Self::PlainMsgpack } else { Self::PlainJson }
    }
}

/// To what an answer belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReplyTo {
    /// The number of a plain command.
    Plain(u64),
    /// A Socket.IO event that wants to be acknowledged.
    Ack(AckId),
    /// A Socket.IO event that does not.
    Nothing,
    /// The CONNECT of Socket.IO.
    Connect,
}

/// The most likely length of a frame, in bytes.
const USUAL: usize = 512;

/// An event. `None`, after a line in the log, when it cannot be told in this format.
pub(super) fn event(format: Format, event: &Event<'_>) -> Option<Bytes> {
    let told = match format {
        Format::PlainJson => plain_json(&Outgoing::Event { ev: event.name(), data: event }),
        Format::PlainMsgpack => plain_msgpack(&Outgoing::Event { ev: event.name(), data: event }),
        Format::SocketIoJson => text(|out| {
            out.push(b'4');
            let mut written = Ok(());
            json::encode_event(MAIN, event.name(), |out| written = write_json(event, out), out).map_err(drop)?;
            written
        }),
        Format::SocketIoMsgpack => binary(|out| {
            let mut written = Ok(());
            msgpack::encode_event(MAIN, event.name(), |out| written = write_msgpack(event, out), out).map_err(drop)?;
            written
        }),
    };
    told.map_err(|()| tracing::error!(event = event.name(), "an event cannot be encoded")).ok()
}

/// The answer to a command: `{"ok": …}` or `{"err": …}`, in plain frames with the command's number. `None` when no answer
/// is wanted.
pub(super) fn reply(format: Format, to: ReplyTo, result: &Result<Reply, ErrorBody>) -> Option<Bytes> {
    let told = match (format, to) {
        (Format::PlainJson, ReplyTo::Plain(re)) => plain_json(&outgoing(re, result)),
        (Format::PlainMsgpack, ReplyTo::Plain(re)) => plain_msgpack(&outgoing(re, result)),
        (Format::SocketIoJson, ReplyTo::Ack(id)) => text(|out| {
            let mut arg = Vec::with_capacity(USUAL);
            write_json(&Acknowledged::of(result), &mut arg)?;
            let args = Args::Json(JsonArgs(str::from_utf8(&arg).map_err(drop)?));
            out.push(b'4');
            json::encode(&socketio::Packet::Ack { namespace: MAIN, id, args }, 0, out).map_err(drop)
        }),
        (Format::SocketIoMsgpack, ReplyTo::Ack(id)) => binary(|out| {
            let mut items = Vec::with_capacity(USUAL);
            write_msgpack(&Acknowledged::of(result), &mut items)?;
            let args = Args::Msgpack(MsgpackArgs { count: 1, items: &items });
            msgpack::encode(&socketio::Packet::Ack { namespace: MAIN, id, args }, out).map_err(drop)
        }),
        _ => return None,
    };
    told.map_err(|()| tracing::error!("an answer cannot be encoded")).ok()
}

/// The agreement to a Socket.IO CONNECT.
pub(super) fn connected(format: Format, namespace: &str, sid: &str) -> Bytes {
    if format == Format::SocketIoMsgpack {
        return frame::shared(Opcode::Binary, USUAL, |out| msgpack::encode_connected(namespace, sid, out));
    }
    frame::shared(Opcode::Text, USUAL, |out| {
        out.push(b'4');
        json::encode_connected(namespace, sid, out);
    })
}

/// The refusal of a Socket.IO CONNECT, with the error as its data where there is one.
pub(super) fn refused(format: Format, namespace: &str, message: &str, error: Option<&ErrorBody>) -> Option<Bytes> {
    let told = if format == Format::SocketIoMsgpack {
        binary(|out| {
            let mut data = Vec::new();
            error.map_or(Ok(()), |error| write_msgpack(error, &mut data))?;
            msgpack::encode_refused(namespace, message, error.map(|_| data.as_slice()), out).map_err(drop)
        })
    } else {
        text(|out| {
            let data = error.map(serde_json::to_string).transpose().map_err(drop)?;
            out.push(b'4');
            json::encode_refused(namespace, message, data.as_deref(), out).map_err(drop)
        })
    };
    told.ok()
}

/// The question whether a plain client is there.
pub(super) const PLAIN_PING: Bytes = Bytes::from_static(b"\x89\x00");

/// A WebSocket frame.
pub(super) fn websocket(opcode: Opcode, payload: &[u8]) -> Bytes {
    frame::shared(opcode, payload.len(), |out| out.extend_from_slice(payload))
}

/// The last frame of a WebSocket.
pub(super) fn close(code: CloseCode, reason: &str) -> Bytes {
    let mut out = Vec::new();
    Close { code, reason }.encode(None, &mut out);
    out.into()
}

/// The Engine.IO packet within a frame, as polling carries it.
pub(super) fn polled(frame: &Bytes, out: &mut Vec<u8>) {
    let header = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let payload = &frame[header..];
    if frame[0] & 0x0f == Opcode::Binary as u8 { Packet::Binary(payload.into()).encode(out) } else { out.extend_from_slice(payload) }
}

fn outgoing(re: u64, result: &Result<Reply, ErrorBody>) -> Outgoing<'_, Reply> {
    match result {
        Ok(ok) => Outgoing::Ok { re, ok },
        Err(err) => Outgoing::Err { re, err },
    }
}

/// The one argument of an acknowledgement.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Acknowledged<'a> {
    Ok(&'a Reply),
    Err(&'a ErrorBody),
}

impl<'a> Acknowledged<'a> {
    fn of(result: &'a Result<Reply, ErrorBody>) -> Self {
        match result {
            Ok(reply) => Self::Ok(reply),
            Err(error) => Self::Err(error),
        }
    }
}

fn plain_json(value: &impl Serialize) -> Result<Bytes, ()> {
    text(|out| write_json(value, out))
}

fn plain_msgpack(value: &impl Serialize) -> Result<Bytes, ()> {
    binary(|out| write_msgpack(value, out))
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> Result<(), ()>) -> Result<Bytes, ()> {
    fallible(Opcode::Text, write)
}

fn binary(write: impl FnOnce(&mut Vec<u8>) -> Result<(), ()>) -> Result<Bytes, ()> {
    fallible(Opcode::Binary, write)
}

fn fallible(opcode: Opcode, write: impl FnOnce(&mut Vec<u8>) -> Result<(), ()>) -> Result<Bytes, ()> {
    let mut written = Ok(());
    let frame = frame::shared(opcode, USUAL, |out| written = write(out));
    written.map(|()| frame)
}

fn write_json(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), ()> {
    serde_json::to_writer(out, value).map_err(drop)
}

fn write_msgpack(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), ()> {
    let mut serializer = rmp_serde::Serializer::new(out).with_struct_map().with_human_readable();
    value.serialize(&mut serializer).map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::{ChannelId, Refusal, UserId};
    use rialto_wire::command::Done;
    use rialto_wire::event::Typing;

    const TYPING: Event<'static> = Event::Typing(Typing { channel: ChannelId::from_bytes([1; 16]), user: UserId::from_bytes([2; 16]) });
    const DATA: &str = r#"{"channel":"01010101-0101-0101-0101-010101010101","user":"02020202-0202-0202-0202-020202020202"}"#;

    fn payload(frame: &Bytes) -> Vec<u8> {
        frame[if frame[1] == 126 { 4 } else { 2 }..].to_vec()
    }

    fn unpacked(bytes: &[u8]) -> serde_json::Value {
        rmp_serde::from_slice(bytes).unwrap()
    }

    #[test]
    fn an_event_says_the_same_in_every_format() {
        let told = |format| payload(&event(format, &TYPING).unwrap());
        let data: serde_json::Value = serde_json::from_str(DATA).unwrap();
        assert_eq!(told(Format::PlainJson), format!(r#"{{"ev":"typing","data":{DATA}}}"#).as_bytes());
        assert_eq!(told(Format::SocketIoJson), format!(r#"42["typing",{DATA}]"#).as_bytes());
        assert_eq!(unpacked(&told(Format::PlainMsgpack)), serde_json::json!({"ev": "typing", "data": data}));
        assert_eq!(unpacked(&told(Format::SocketIoMsgpack)), serde_json::json!({"type": 2, "nsp": "/", "data": ["typing", data]}));
    }

    #[test]
    fn an_answer_goes_where_it_was_asked_for() {
        let ok: Result<Reply, ErrorBody> = Ok(Reply::Done(Done {}));
        let err: Result<Reply, ErrorBody> = Err(Refusal::NotAMember.into());
        let ack = ReplyTo::Ack(AckId::new(5).unwrap());
        let plain = reply(Format::PlainJson, ReplyTo::Plain(7), &ok).unwrap();
        assert_eq!(payload(&plain), br#"{"re":7,"ok":{}}"#);
        let refused = reply(Format::PlainJson, ReplyTo::Plain(7), &err).unwrap();
        assert!(payload(&refused).starts_with(br#"{"re":7,"err":{"code":"channel.not_a_member","#));
        assert_eq!(payload(&reply(Format::SocketIoJson, ack, &ok).unwrap()), br#"435[{"ok":{}}]"#);
        let packed = unpacked(&payload(&reply(Format::SocketIoMsgpack, ack, &ok).unwrap()));
        assert_eq!(packed, serde_json::json!({"type": 3, "nsp": "/", "id": 5, "data": [{"ok": {}}]}));
        assert_eq!(reply(Format::SocketIoJson, ReplyTo::Nothing, &ok), None);
    }

    #[test]
    fn a_refused_connect_tells_the_code_as_data() {
        let error = ErrorBody::from(Refusal::NotAuthenticated);
        let frame = refused(Format::SocketIoJson, "/", &error.text, Some(&error)).unwrap();
        assert_eq!(payload(&frame), br#"44{"message":"log in first","data":{"code":"auth.required","text":"log in first"}}"#);
        assert_eq!(payload(&refused(Format::SocketIoJson, "/x", "Invalid namespace", None).unwrap()), br#"44/x,{"message":"Invalid namespace"}"#);
    }

    #[test]
    fn polling_carries_the_same_packets_without_the_frame() {
        for len in [1, 125, 126, 70_000] {
            let mut out = Vec::new();
            polled(&websocket(Opcode::Text, &vec![b'4'; len]), &mut out);
            assert_eq!(out, vec![b'4'; len]);
        }
        let mut out = Vec::new();
        polled(&websocket(Opcode::Binary, b"\x01\x02\x03"), &mut out);
        assert_eq!(out, b"bAQID");
    }
}
