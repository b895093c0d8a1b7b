//! The plain carrier: each message is a command.

use rialto_wire::plain::{open_json, open_msgpack};
use rialto_wire::websocket::Message;

use super::encode::{Format, ReplyTo};
use super::offence::Offence;
use super::reading::Flow;
use super::rooms::Index;
use super::shard::Shard;

impl Shard {
    pub(super) fn hear_plain(&mut self, index: Index, format: Format, message: Message<'_>) -> Flow {
        let (opened, bytes) = match (format, message) {
            (Format::PlainMsgpack, Message::Binary(bytes)) => (open_msgpack(bytes), bytes.len()),
            (Format::PlainJson, Message::Text(text)) => (open_json(text), text.len()),
            _ => {
                self.show_out(index, Offence::Kind, "JSON comes as text, MessagePack as bytes");
                return Flow::End;
            }
        };
        match opened {
            Ok(request) => self.ask(index, ReplyTo::Plain(request.id), &request.name, request.data, bytes),
            Err(error) => {
                self.show_out(index, Offence::Envelope, &error.to_string());
                Flow::End
            }
        }
    }
}
