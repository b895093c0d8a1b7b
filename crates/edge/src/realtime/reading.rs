//! Bytes that come: from the socket to whole messages, and to whoever understands them.

use rialto_wire::websocket::frame::{Opcode, Role};
use rialto_wire::websocket::{CloseCode, Message};
use std::io::{ErrorKind, Read};

use super::connection::{Carrier, Connection, NEVER};
use super::encode;
use super::head::{Route, route, shard_of};
use super::listener::{Arrival, HandOver};
use super::offence::Offence;
use super::opening::{Declined, Opening};
use super::rooms::Index;
use super::shard::{Mail, Shard};
use super::stream::Stream;
use crate::settings::Settings;
use rialto_domain::session::Session;

/// How often one socket is read in one turn, before the others have theirs.
const READS_IN_A_TURN: usize = 4;

/// Where the next message of the same socket belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// To this connection. It is another one than before when a candidate took over from polling.
    To(Index),
    /// Nowhere: the connection ends.
    End,
}

impl Shard {
    /// A socket came.
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        let Arrival { stream, mut prefix, permit, opening } = arrival;
        let Some(index) = self.insert(Some(stream), permit) else { return };
        match opening {
            Some(_) if self.is_draining() => return self.decline(index, &Declined::because(503, "the server goes down")),
            Some((opening, answer)) => self.open(index, opening, answer),
            None => {}
        }
        if !prefix.is_empty() {
            self.take(index, &mut prefix);
        }
    }

    /// The socket has something to read. `to_the_end` tells that an end may stand behind it.
    pub(super) fn readable(&mut self, mut index: Index, to_the_end: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for turn in 1.. {
            let Some(connection) = self.connections.get_mut(index as usize) else { break };
            let Some(stream) = connection.stream.as_mut().filter(|_| !connection.is_paused) else { break };
            match stream.read(&mut buffer) {
                Ok(0) => {
                    self.cut(index);
                    break;
                }
                Ok(count) => {
                    self.tally.read(count);
                    let Some(next) = self.take(index, &mut buffer[..count]) else { break };
                    index = next;
                    // A short read has emptied the socket: more of it comes with a new event (epoll(7)).
                    if count < buffer.len() && !to_the_end {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.cut(index);
                    break;
                }
            }
            if turn >= READS_IN_A_TURN {
                let key = self.key(index);
                self.unread.push(key);
                break;
            }
        }
        self.buffer = buffer;
    }

    /// Takes bytes. Tells whose the next ones are, unless the connection is gone.
    fn take(&mut self, index: Index, bytes: &mut [u8]) -> Option<Index> {
        let max_bytes = self.shared.settings.outbox_bytes;
        match self.connections[index as usize].carrier {
            Carrier::Closing => {}
            Carrier::Head(_) => self.take_head(index, bytes),
            _ => {
                let index = self.take_frames(index, bytes)?;
                let connection = self.connections.get_mut(index as usize)?;
                // Whoever asks and does not listen is not listened to.
                connection.is_paused = connection.outbox.bytes() > max_bytes;
                return Some(index);
            }
        }
        self.connections.contains(index as usize).then_some(index)
    }

    fn take_head(&mut self, index: Index, bytes: &[u8]) {
        let is_draining = self.is_draining();
        let connection = &mut self.connections[index as usize];
        let Carrier::Head(head) = &mut connection.carrier else { return };
        head.extend_from_slice(bytes);
        // A head ends with a line: without one there is nothing new to find out.
        if !bytes.contains(&b'\n') && head.len() < rialto_wire::websocket::head::MAX_HEAD_BYTES {
            return;
        }
        let mut head = std::mem::take(head);
        match route(&head, connection.permit.address(), &self.shared.settings) {
            Route::Incomplete => connection.carrier = Carrier::Head(head),
            Route::Http => self.hand_over(index, head),
            Route::Declined(declined) => self.decline(index, &declined),
            Route::WebSocket { .. } if is_draining => self.decline(index, &Declined::because(503, "the server goes down")),
            Route::WebSocket { opening: Opening::Upgrade { .. }, token: Some(_), .. } => self.hand_over(index, head),
            Route::WebSocket { opening, answer, len, client, token: _ } => {
                if let Opening::Upgrade { sid, .. } = opening
                    && shard_of(&sid) != self.number
                {
                    return self.send_on(index, shard_of(&sid), head);
                }
                if connection.permit.count_as(client).is_err() {
                    return self.decline(index, &Declined::because(429, "this address holds as many connections as it may"));
                }
                self.open(index, opening, answer);
                if len < head.len() && self.connections.contains(index as usize) {
                    self.take(index, &mut head[len..]);
                }
            }
        }
    }

    /// Makes the connection what it asked to be.
    fn open(&mut self, index: Index, opening: Opening, answer: Vec<u8>) {
        let Settings { timing, .. } = self.shared.settings;
        if let Opening::Upgrade { sid, caller } = opening {
            return self.open_candidate(index, &sid, caller, answer);
        }
        if !answer.is_empty() {
            self.push(index, answer.into());
        }
        let greet_by = self.now.after_ms(timing.greeting_ms);
        let connection = &mut self.connections[index as usize];
        connection.deadline = NEVER;
        match opening {
            Opening::Plain(format) => {
                connection.carrier = Carrier::Plain(format);
                connection.session = Session::opened(greet_by);
            }
            Opening::Echo => connection.carrier = Carrier::Echo,
            Opening::SocketIo(_) | Opening::EngineEcho => self.open_session(index, opening, None),
            Opening::Upgrade { .. } => {}
        }
        self.tally.opened(opening);
        self.arm(index);
    }

    /// Takes frames. Tells whose the next ones are, unless the connection is gone.
    fn take_frames(&mut self, mut index: Index, bytes: &mut [u8]) -> Option<Index> {
        let connection = &mut self.connections[index as usize];
        let max_bytes = if matches!(connection.carrier, Carrier::Echo) { Settings::ECHO_BYTES } else { self.shared.settings.limits.frame_bytes };
        let mut reader = std::mem::take(&mut connection.reader);
        let mut incoming = reader.feed(Role::Server, max_bytes, bytes);
        let mut is_another = false;
        loop {
            match incoming.next_message() {
                Ok(None) => break,
                Ok(Some(message)) => {
                    is_another |= matches!(message, Message::Text(_) | Message::Binary(_));
                    match self.hear(index, message) {
                        Flow::To(next) => index = next,
                        Flow::End => return self.connections.contains(index as usize).then_some(index),
                    }
                }
                Err(error) => {
                    self.show_out(index, Offence::of(error), &error.to_string());
                    return Some(index);
                }
            }
        }
        self.connections[index as usize].reader = reader;
        self.expect_the_rest(index, max_bytes, is_another);
        Some(index)
    }

    /// What is kept of a message that has begun is not kept for ever. `is_another` tells that it began in this read.
    fn expect_the_rest(&mut self, index: Index, max_bytes: usize, is_another: bool) {
        let by = self.now.after_ms(self.shared.settings.timing.transfer_ms(max_bytes as u64));
        let connection = &mut self.connections[index as usize];
        if !connection.reader.is_partial() {
            connection.message_by = NEVER;
        } else if is_another || connection.message_by == NEVER {
            connection.message_by = by;
            self.arm(index);
        }
    }

    fn hear(&mut self, index: Index, message: Message<'_>) -> Flow {
        let now = self.now;
        let settings = &self.shared.settings;
        let connection = &mut self.connections[index as usize];
        if !matches!(connection.carrier, Carrier::Echo) && connection.frames.take(&settings.frame_rate(), now).is_err() {
            self.show_out(index, Offence::Flood, "limit.exceeded");
            return Flow::End;
        }
        self.tally.heard();
        match message {
            Message::Ping(payload) => self.push(index, encode::websocket(Opcode::Pong, payload)),
            Message::Pong(_) if matches!(connection.carrier, Carrier::Plain(_)) => connection.heartbeat.pong(settings.timing.heartbeat, now.0),
            Message::Pong(_) => {}
            Message::Close(close) => {
                self.close(index, close.map_or(CloseCode::NORMAL, |close| close.code), "");
                return Flow::End;
            }
            Message::Text(_) | Message::Binary(_) => return self.hear_data(index, message),
        }
        Flow::To(index)
    }

    fn hear_data(&mut self, index: Index, message: Message<'_>) -> Flow {
        let pace = self.shared.settings.timing.heartbeat;
        let now_ms = self.now.0;
        let connection = &mut self.connections[index as usize];
        match &connection.carrier {
            Carrier::Plain(format) => {
                let format = *format;
                connection.heartbeat.heard(pace, now_ms);
                self.hear_plain(index, format, message)
            }
            Carrier::EngineIo(_) => self.hear_engineio(index, message),
            Carrier::Candidate(session) => {
                let session = *session;
                self.hear_candidate(index, session, message)
            }
            Carrier::Echo => {
                let frame = match message {
                    Message::Text(text) => encode::websocket(Opcode::Text, text.as_bytes()),
                    Message::Binary(bytes) => encode::websocket(Opcode::Binary, bytes),
                    _ => return Flow::To(index),
                };
                self.push(index, frame);
                Flow::To(index)
            }
            Carrier::Head(_) | Carrier::Closing => Flow::End,
        }
    }

    // Where a head leads, other than here

    /// Refuses the request.
    pub(super) fn decline(&mut self, index: Index, declined: &Declined) {
        if let Some(connection) = self.connections.get(index as usize) {
            declined.note(connection.permit.address());
        }
        self.end(index, Some(declined.encode().into()));
    }

    /// Gives the connection to the HTTP stack.
    fn hand_over(&mut self, index: Index, prefix: Vec<u8>) {
        let Ok(place) = self.shared.http.clone().try_reserve_owned() else {
            return self.decline(index, &Declined::because(503, "too many requests wait"));
        };
        let Some((stream, permit)) = self.release(index) else { return };
        if let Stream::Tcp(stream) = stream {
            place.send(HandOver { stream: stream.into(), prefix: prefix.into(), permit });
        }
    }

    /// Gives the connection to another shard, which reads the head anew.
    fn send_on(&mut self, index: Index, shard: usize, prefix: Vec<u8>) {
        let Some(mailbox) = self.shared.mailboxes.get(shard).cloned() else {
            return self.decline(index, &rialto_wire::engineio::RequestError::UnknownSid.into());
        };
        if let Some((stream, permit)) = self.release(index) {
            mailbox.send(Mail::Arrival(Box::new(Arrival { stream, prefix, permit, opening: None })));
        }
    }

    /// Lets go of a connection that has not begun.
    fn release(&mut self, index: Index) -> Option<(Stream, super::admission::Permit)> {
        let Connection { stream, permit, .. } = self.connections.remove(index as usize);
        let mut stream = stream?;
        if let Err(error) = self.unwatch(&mut stream) {
            tracing::warn!(%error, "a socket cannot be let go");
            return None;
        }
        Some((stream, permit))
    }
}
