//! Engine.IO sessions: their opening, their packets, and the way from polling to a WebSocket.

use rialto_domain::UserId;
use rialto_domain::session::Session;
use rialto_wire::engineio::packet::PROBE;
use rialto_wire::engineio::upgrade::Step;
use rialto_wire::engineio::{Open, Packet, RequestError, Sid};
use rialto_wire::socketio::Assembly;
use rialto_wire::websocket::{CloseCode, Message};
use std::borrow::Cow;

use super::connection::{Carrier, EngineIo, Key, Speech};
use super::head::sid_of;
use super::offence::Offence;
use super::opening::Opening;
use super::reading::Flow;
use super::rooms::Index;
use super::shard::Shard;
use crate::settings::Profile;

impl Shard {
    /// A session id of this shard. `None` when the system gives no random bytes.
    pub(super) fn new_sid(&self) -> Option<Sid> {
        let mut random = [0; Sid::RANDOM_BYTES];
        getrandom::fill(&mut random).inspect_err(|error| tracing::error!(%error, "there is no randomness")).ok()?;
        Some(sid_of(self.number, random))
    }

    /// Begins a session and sends its first packet. `polled` is the name of one that begins with polling.
    pub(super) fn open_session(&mut self, index: Index, opening: Opening, polled: Option<Sid>) {
        let Some(sid) = polled.or_else(|| self.new_sid()) else { return self.cut(index) };
        let settings = &self.shared.settings;
        let greet_by = self.now.after_ms(settings.timing.greeting_ms);
        let open = Open {
            sid: Cow::Borrowed(sid.as_str()),
            upgrades: polled.iter().map(|_| Cow::Borrowed("websocket")).collect(),
            ping_interval_ms: settings.timing.heartbeat.interval_ms,
            ping_timeout_ms: settings.timing.heartbeat.timeout_ms,
            max_payload_bytes: settings.limits.frame_bytes as u64,
        };
        let mut first = Vec::new();
        open.encode(&mut first);
        let connection = &mut self.connections[index as usize];
        let speech = match opening {
            Opening::SocketIo(format) => Speech::SocketIo(format),
            _ => Speech::Echo,
        };
        match (speech, settings.profile) {
            (Speech::SocketIo(_), Profile::Production) => connection.session = Session::opened(greet_by),
            (Speech::SocketIo(_), Profile::Conformance) => connection.deadline = greet_by,
            (Speech::Echo, _) => {}
        }
        connection.carrier = Carrier::EngineIo(EngineIo { assembly: Assembly::default(), speech, joined: 0 });
        self.push(index, super::encode::websocket(rialto_wire::websocket::Opcode::Text, &first));
    }

    /// A WebSocket message of a session.
    pub(super) fn hear_engineio(&mut self, index: Index, message: Message<'_>) -> Flow {
        let packet = match message {
            Message::Text(text) => Packet::decode(text),
            Message::Binary(bytes) => Ok(Packet::Binary(bytes.into())),
            _ => return Flow::To(index),
        };
        match packet {
            Ok(packet) => self.hear_packet(index, &packet),
            Err(error) => self.abuse(index, &error.to_string()),
        }
    }

    /// A packet of a session, from whichever transport.
    pub(super) fn hear_packet(&mut self, index: Index, packet: &Packet<'_>) -> Flow {
        let pace = self.shared.settings.timing.heartbeat;
        let now_ms = self.now.0;
        let connection = &mut self.connections[index as usize];
        let Carrier::EngineIo(EngineIo { speech, .. }) = connection.carrier else { return Flow::End };
        match packet {
            Packet::Pong(_) => connection.heartbeat.pong(pace, now_ms),
            _ => connection.heartbeat.heard(pace, now_ms),
        }
        match (packet, speech) {
            (Packet::Pong(_) | Packet::Noop, _) => Flow::To(index),
            (Packet::Text(_) | Packet::Binary(_), Speech::Echo) => {
                self.push(index, packet.frame());
                Flow::To(index)
            }
            (Packet::Text(text), Speech::SocketIo(format)) => self.hear_socketio_text(index, format, text),
            (Packet::Binary(bytes), Speech::SocketIo(format)) => self.hear_socketio_binary(index, format, bytes),
            (Packet::Close, _) => {
                self.release_poll(index);
                if self.connections[index as usize].polled.is_some() {
                    self.cut(index)
                } else {
                    self.close(index, CloseCode::NORMAL, "")
                }
                Flow::End
            }
            (Packet::Open(_) | Packet::Ping(_) | Packet::Upgrade, _) => self.abuse(index, "a client does not send this packet"),
        }
    }

    /// The peer broke the protocol.
    pub(super) fn abuse(&mut self, index: Index, words: &str) -> Flow {
        self.show_out(index, Offence::Packet, words);
        Flow::End
    }

    // The way to a WebSocket

    /// A WebSocket came for a session that polls. `caller` is whom the request's own token names.
    pub(super) fn open_candidate(&mut self, index: Index, sid: &Sid, caller: Option<UserId>, answer: Vec<u8>) {
        let until = self.now.after_ms(self.shared.settings.timing.upgrade_ms);
        let candidate = self.key(index);
        let attached = self.polled(sid, caller).ok_or(RequestError::UnknownSid).and_then(|session| {
            let connection = &mut self.connections[session as usize];
            let polled = connection.polled.as_mut().ok_or(RequestError::BadRequest)?;
            polled.upgrade.attach(until.0).map_err(|_| RequestError::BadRequest)?;
            polled.candidate = Some(candidate);
            Ok(self.key(session))
        });
        let connection = &mut self.connections[index as usize];
        match attached {
            Ok(session) => {
                connection.carrier = Carrier::Candidate(session);
                connection.deadline = until;
                self.push(index, answer.into());
                self.arm(index);
            }
            Err(error) => self.decline(index, &error.into()),
        }
    }

    /// A message of a WebSocket that wants to take over.
    pub(super) fn hear_candidate(&mut self, index: Index, session: Key, message: Message<'_>) -> Flow {
        let packet = match message {
            Message::Text(text) => Packet::decode(text).ok(),
            _ => None,
        };
        let polled = self.find(session).and_then(|connection| connection.polled.as_mut());
        let step = match (polled, packet) {
            (Some(polled), Some(packet)) => polled.upgrade.on_packet(&packet),
            _ => Step::Drop,
        };
        match step {
            Step::Probe => {
                self.push(index, Packet::Pong(PROBE).frame());
                self.release_poll(session.index);
                Flow::To(index)
            }
            Step::Switch => self.switch(index, session.index),
            Step::Drop => self.abuse(index, "an upgrade goes another way"),
        }
    }

    /// The candidate is the session's transport from now on.
    fn switch(&mut self, candidate: Index, session: Index) -> Flow {
        // What was said to the candidate comes before what waits for the session.
        self.flush_one(candidate);
        let Some(connection) = self.connections.get_mut(candidate as usize) else { return Flow::End };
        let Some(mut stream) = connection.stream.take().filter(|_| connection.outbox.is_empty()) else {
            self.cut(candidate);
            return Flow::End;
        };
        self.release_poll(session);
        self.connections.remove(candidate as usize);
        if self.rewatch(&mut stream, session).is_err() {
            self.cut(session);
            return Flow::End;
        }
        let connection = &mut self.connections[session as usize];
        connection.stream = Some(stream);
        if let Some(polled) = connection.polled.take() {
            self.sids.remove(&polled.sid);
        }
        if connection.is_closing() {
            connection.outbox.push(super::encode::close(CloseCode::NORMAL, ""), &mut self.spares);
        }
        self.soil(session);
        Flow::To(session)
    }

    /// A session says goodbye. A client that is on its way to the WebSocket polls no more: it hears the last word there.
    pub(super) fn part_unless_moving(&mut self, index: Index) {
        let polled = self.connections[index as usize].polled.as_ref();
        if polled.is_none_or(|polled| polled.upgrade.may_poll_wait()) {
            self.part(index);
        }
    }

    /// A candidate or its session goes: the other one is on its own.
    pub(super) fn part(&mut self, index: Index) {
        let connection = &mut self.connections[index as usize];
        let candidate = connection.polled.as_mut().and_then(|polled| polled.candidate.take());
        if let Carrier::Candidate(session) = connection.carrier
            && let Some(polled) = self.find(session).and_then(|connection| connection.polled.as_mut())
        {
            polled.upgrade.detach();
            polled.candidate = None;
        }
        if let Some(candidate) = candidate
            && self.find(candidate).is_some()
        {
            self.cut(candidate.index);
        }
    }
}
