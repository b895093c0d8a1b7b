//! Socket.IO: its packets turned into commands, for the messenger.

use rialto_wire::code::ErrorBody;
use rialto_wire::command::{Hello, Payload};
use rialto_wire::engineio::Packet as EnginePacket;
use rialto_wire::socketio::packet::MAIN;
use rialto_wire::socketio::value::Value;
use rialto_wire::socketio::{Packet, json, msgpack};
use rialto_wire::websocket::CloseCode;
use rialto_wire::websocket::frame::Opcode;

use super::connection::{Asked, Carrier, EngineIo, NEVER, Order, Speech};
use super::encode::{self, Format, ReplyTo};
use super::reading::Flow;
use super::rooms::Index;
use super::shard::Shard;
use crate::settings::Profile;

impl Shard {
    /// A text message of Engine.IO.
    pub(super) fn hear_socketio_text(&mut self, index: Index, format: Option<Format>, text: &str) -> Flow {
        let limits = self.shared.settings.socketio_limits();
        let Some(engineio) = self.engineio(index) else { return Flow::End };
        if format == Some(Format::SocketIoMsgpack) {
            return self.abuse(index, "MessagePack comes as bytes");
        }
        engineio.speech = Speech::SocketIo(Some(Format::SocketIoJson));
        match engineio.assembly.text(text, &limits) {
            Ok(Some(packet)) => self.hear_socketio(index, &packet, &[], text.len()),
            Ok(None) => {
                let until = self.now.after_ms(self.shared.settings.timing.upgrade_ms);
                let connection = &mut self.connections[index as usize];
                connection.deadline = connection.deadline.min(until);
                self.arm(index);
                Flow::To(index)
            }
            Err(error) => self.abuse(index, &error.to_string()),
        }
    }

    /// A binary message of Engine.IO: an attachment, or a whole packet of the MessagePack parser.
    pub(super) fn hear_socketio_binary(&mut self, index: Index, format: Option<Format>, bytes: &[u8]) -> Flow {
        let limits = self.shared.settings.socketio_limits();
        let is_draining = self.is_draining();
        let Some(engineio) = self.engineio(index) else { return Flow::End };
        if format == Some(Format::SocketIoMsgpack) || format.is_none() && msgpack::is_first_packet(bytes) {
            engineio.speech = Speech::SocketIo(Some(Format::SocketIoMsgpack));
            return match msgpack::decode(bytes, &limits) {
                Ok(packet) => self.hear_socketio(index, &packet, &[], bytes.len()),
                Err(error) => self.abuse(index, &error.to_string()),
            };
        }
        match engineio.assembly.binary(bytes) {
            Ok(None) => Flow::To(index),
            Ok(Some(whole)) => {
                if !is_draining {
                    self.connections[index as usize].deadline = NEVER;
                }
                self.hear_socketio(index, &whole.packet(), &whole.attachments, bytes.len())
            }
            Err(error) => self.abuse(index, &error.to_string()),
        }
    }

    fn hear_socketio(&mut self, index: Index, packet: &Packet<'_>, attachments: &[bytes::Bytes], bytes: usize) -> Flow {
        if self.shared.settings.profile == Profile::Conformance {
            return self.hear_conformance(index, packet, attachments);
        }
        let has_joined = self.engineio(index).is_some_and(|engineio| engineio.joined != 0);
        match packet {
            Packet::Connect { namespace, .. } if *namespace != MAIN => {
                self.refuse_namespace(index, namespace);
                Flow::To(index)
            }
            Packet::Connect { .. } if has_joined => self.abuse(index, "connected already"),
            Packet::Connect { data, .. } => self.hear_connect(index, *data, bytes),
            _ if !has_joined || packet.namespace() != MAIN => self.abuse(index, "not connected to this namespace"),
            Packet::Event { name, args, ack, .. } => {
                let reply_to = ack.map_or(ReplyTo::Nothing, ReplyTo::Ack);
                self.ask(index, reply_to, name, args.first().map_or(Payload::Absent, payload), bytes)
            }
            Packet::Ack { .. } => Flow::To(index),
            Packet::Disconnect { .. } => {
                self.close(index, CloseCode::NORMAL, "");
                Flow::End
            }
            Packet::ConnectError { .. } => self.abuse(index, "a client does not send this packet"),
        }
    }

    /// The CONNECT of a client is its hello. Without a token it may make an account or log in first.
    fn hear_connect(&mut self, index: Index, data: Option<Value<'_>>, bytes: usize) -> Flow {
        match data.map_or(Payload::Absent, payload).read::<Hello>() {
            Ok(Hello { token: None, .. }) => self.agree_to_connect(index),
            Ok(hello) => self.take_order(index, Asked { reply_to: ReplyTo::Connect, order: Order::Hello(Box::new(hello)), bytes }),
            Err(invalid) => self.refuse_connect(index, &invalid.into()),
        }
        let goes_on = self.connections.get(index as usize).is_some_and(|connection| !connection.is_closing());
        if goes_on { Flow::To(index) } else { Flow::End }
    }

    pub(super) fn agree_to_connect(&mut self, index: Index) {
        let Some(sid) = self.new_sid() else { return self.cut(index) };
        let Some(engineio) = self.engineio(index) else { return };
        engineio.joined = 1;
        if let Speech::SocketIo(Some(format)) = engineio.speech {
            self.push(index, encode::connected(format, MAIN, sid.as_str()));
        }
    }

    pub(super) fn refuse_connect(&mut self, index: Index, error: &ErrorBody) {
        if let Some(frame) = self.socketio_format(index).and_then(|format| encode::refused(format, MAIN, &error.text, Some(error))) {
            self.push(index, frame);
        }
    }

    pub(super) fn refuse_namespace(&mut self, index: Index, namespace: &str) {
        if let Some(frame) = self.socketio_format(index).and_then(|format| encode::refused(format, namespace, "Invalid namespace", None)) {
            self.push(index, frame);
        }
    }

    /// Tells a Socket.IO client that the server ends this on purpose: it does not come back by itself.
    pub(super) fn say_disconnect(&mut self, index: Index) {
        if self.engineio(index).is_some_and(|engineio| engineio.joined != 0) {
            self.push_packet(index, &Packet::Disconnect { namespace: MAIN }, &[]);
        }
    }

    /// Sends a packet in the connection's own format.
    pub(super) fn push_packet(&mut self, index: Index, packet: &Packet<'_>, attachments: &[bytes::Bytes]) {
        let mut out = Vec::new();
        let (opcode, result) = match self.socketio_format(index) {
            Some(Format::SocketIoMsgpack) => (Opcode::Binary, msgpack::encode(packet, &mut out)),
            _ => {
                out.push(b'4');
                (Opcode::Text, json::encode(packet, attachments.len(), &mut out))
            }
        };
        if let Err(error) = result {
            tracing::warn!(%error, "a packet cannot be encoded");
            return;
        }
        self.push(index, encode::websocket(opcode, &out));
        for attachment in attachments {
            self.push(index, EnginePacket::Binary(attachment.as_ref().into()).frame());
        }
    }

    pub(super) fn engineio(&mut self, index: Index) -> Option<&mut EngineIo> {
        match &mut self.connections.get_mut(index as usize)?.carrier {
            Carrier::EngineIo(engineio) => Some(engineio),
            _ => None,
        }
    }

    fn socketio_format(&self, index: Index) -> Option<Format> {
        self.connections.get(index as usize)?.format()
    }
}

fn payload(value: Value<'_>) -> Payload<'_> {
    match value {
        Value::Json(text) => Payload::Json(text),
        Value::Msgpack(bytes) => Payload::Msgpack(bytes),
    }
}
