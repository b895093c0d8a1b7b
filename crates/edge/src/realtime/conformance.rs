//! The conformance profile's Socket.IO: two namespaces that answer with what they were told, for public test suites.

use rialto_wire::socketio::packet::MAIN;
use rialto_wire::socketio::value::{JsonArgs, MsgpackArgs, Value};
use rialto_wire::socketio::{Args, Packet};
use std::borrow::Cow;

use super::connection::{NEVER, Speech};
use super::encode::{self, Format};
use super::reading::Flow;
use super::rooms::Index;
use super::shard::Shard;

/// The namespaces on offer. A connection notes as bits which of them it has joined.
const NAMESPACES: [&str; 2] = [MAIN, "/custom"];

/// An object without fields, in MessagePack.
const EMPTY_MAP: &[u8] = &[0x80];

impl Shard {
    pub(super) fn hear_conformance(&mut self, index: Index, packet: &Packet<'_>, attachments: &[bytes::Bytes]) -> Flow {
        let Some(engineio) = self.engineio(index) else { return Flow::End };
        let bit = NAMESPACES.iter().position(|namespace| *namespace == packet.namespace()).map_or(0, |place| 1 << place);
        let has_joined = engineio.joined & bit != 0;
        match packet {
            Packet::Connect { namespace, .. } if bit == 0 => self.refuse_namespace(index, namespace),
            Packet::Connect { .. } if has_joined => return self.abuse(index, "connected already"),
            Packet::Connect { namespace, data } => {
                engineio.joined |= bit;
                let Speech::SocketIo(Some(format)) = engineio.speech else { return Flow::To(index) };
                if !self.is_draining() {
                    self.connections[index as usize].deadline = NEVER;
                }
                let Some(sid) = self.new_sid() else { return self.abuse(index, "no session id") };
                self.push(index, encode::connected(format, namespace, sid.as_str()));
                let args = match (data, format) {
                    (Some(Value::Json(text)), _) => Args::Json(JsonArgs(text)),
                    (Some(Value::Msgpack(items)), _) => Args::Msgpack(MsgpackArgs { count: 1, items }),
                    (None, Format::SocketIoMsgpack) => Args::Msgpack(MsgpackArgs { count: 1, items: EMPTY_MAP }),
                    (None, _) => Args::Json(JsonArgs("{}")),
                };
                self.push_packet(index, &Packet::Event { namespace, name: Cow::Borrowed("auth"), args, ack: None }, &[]);
            }
            _ if !has_joined => return self.abuse(index, "not connected to this namespace"),
            Packet::Event { namespace, name, args, ack } => match (&**name, ack) {
                ("message", _) => {
                    let back = Packet::Event { namespace, name: Cow::Borrowed("message-back"), args: *args, ack: None };
                    self.push_packet(index, &back, attachments);
                }
                ("message-with-ack", Some(id)) => self.push_packet(index, &Packet::Ack { namespace, id: *id, args: *args }, attachments),
                _ => {}
            },
            Packet::Disconnect { .. } => engineio.joined &= !bit,
            Packet::Ack { .. } => {}
            Packet::ConnectError { .. } => return self.abuse(index, "a client does not send this packet"),
        }
        Flow::To(index)
    }
}
