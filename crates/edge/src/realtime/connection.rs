//! One client's connection, as its shard keeps it. Small when idle: what is seldom needed lives behind a pointer.

use bytes::Bytes;
use rialto_domain::auth::Identity;
use rialto_domain::limit::Bucket;
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::session::Session;
use rialto_domain::{ChannelId, Seq, Timestamp, UserId};
use rialto_wire::command::{Command, Hello};
use rialto_wire::engineio::Heartbeat;
use rialto_wire::socketio::Assembly;
use rialto_wire::websocket::Reader;
use std::collections::VecDeque;

use super::admission::Permit;
use super::announcement::Announcement;
use super::encode::{Format, ReplyTo};
use super::outbox::{Outbox, Spares};
use super::pending::Pending;
use super::polling::Polled;
use super::rooms::Index;
use super::stream::Stream;

/// The part of an outbox beyond which what is ephemeral is not queued.
const SHED: usize = 4;

/// No deadline.
pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

/// Names a connection for as long as the shard lives; its number alone is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) index: Index,
    pub(super) generation: u32,
}

pub(super) struct Connection {
    pub(super) generation: u32,
    pub(super) carrier: Carrier,
    /// Absent while the session polls.
    pub(super) stream: Option<Stream>,
    pub(super) reader: Reader,
    pub(super) outbox: Outbox,
    pub(super) session: Session,
    pub(super) heartbeat: Heartbeat,
    /// When something must have happened: the head, the last attachment, the peer's close. [`NEVER`] otherwise.
    pub(super) deadline: Timestamp,
    /// When a message that has begun must have ended. [`NEVER`] while none has.
    pub(super) message_by: Timestamp,
    /// For when the earliest timer of this connection is set.
    pub(super) timer_at: Timestamp,
    pub(super) commands: Bucket,
    pub(super) frames: Bucket,
    pub(super) permit: Permit,
    /// It is in the shard's list of connections to be flushed.
    pub(super) is_dirty: bool,
    /// The socket took less than it was offered.
    pub(super) is_blocked: bool,
    /// Too much waits for the peer to go on reading what it says.
    pub(super) is_paused: bool,
    /// Its log-in was ended while a command waited: the answer (maybe to that very log-out) is its last word.
    pub(super) is_revoked: bool,
    /// Announcements were dropped, and `resync` is on its way.
    pub(super) is_lagging: bool,
    /// The gateway knows of it.
    pub(super) is_announced: bool,
    /// The answer that the last command waits for.
    pub(super) pending: Option<Box<Pending>>,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) polled: Option<Box<Polled>>,
}

/// What the bytes of a connection mean.
pub(super) enum Carrier {
    /// A request head that is not complete.
    Head(Vec<u8>),
    /// Commands and events in WebSocket messages.
    Plain(Format),
    /// Engine.IO, over a WebSocket or polling.
    EngineIo(EngineIo),
    /// A WebSocket that wants to take over from polling.
    Candidate(Key),
    /// An echo.
    Echo,
    /// We said our last word; what the peer still says is ignored.
    Closing,
}

pub(super) struct EngineIo {
    pub(super) assembly: Assembly,
    pub(super) speech: Speech,
    /// The client's place in [`super::socketio::NAMESPACES`], as bits.
    pub(super) joined: u8,
}

/// What is spoken over Engine.IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// Messages come back.
    Echo,
    /// Socket.IO; in a format that the first packet shows, unless the client named it.
    SocketIo(Option<Format>),
}

/// What a client asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) reply_to: ReplyTo,
    pub(super) order: Order,
    /// Length of the message it came in.
    pub(super) bytes: usize,
}

#[derive(Debug)]
pub(super) enum Order {
    Hello(Box<Hello>),
    Command(Box<Command>),
}

/// What a connection only has at times.
#[derive(Default)]
pub(super) struct Rare {
    /// Commands that wait for an earlier one.
    pub(super) queue: VecDeque<Asked>,
    /// The length of the messages they came in.
    pub(super) queued_bytes: usize,
    /// Between hello and `ready`.
    pub(super) arriving: Option<Arriving>,
    /// Whose presence it wants to watch, and nobody has said yet that it may.
    pub(super) asks_for: Vec<UserId>,
}

/// A connection that is registered, but has not got its first payload.
#[derive(Default)]
pub(super) struct Arriving {
    /// Memberships that changed since it was registered, and how. They win over the list that was read meanwhile.
    pub(super) changes: Vec<(ChannelId, bool)>,
    /// What was announced meanwhile.
    held: Vec<Held>,
    held_bytes: usize,
    /// More was announced than may be held.
    has_overflown: bool,
}

/// An announcement that waits for `ready`.
struct Held {
    frame: Bytes,
    /// Where it stands in a log, if it does.
    place: Option<(ChannelId, Seq)>,
}

/// What became of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    /// It waits to be sent.
    Queued,
    /// It waits for `ready`, or the client will resync anyway, or it is not worth waiting.
    Withheld,
    /// It is too much.
    Full,
}

impl Connection {
    pub(super) fn new(generation: u32, stream: Option<Stream>, permit: Permit, heartbeat: Heartbeat, deadline: Timestamp) -> Self {
        Self {
            generation,
            carrier: Carrier::Head(Vec::new()),
            stream,
            reader: Reader::default(),
            outbox: Outbox::default(),
            session: Session::opened(NEVER),
            heartbeat,
            deadline,
            message_by: NEVER,
            timer_at: NEVER,
            commands: Bucket::default(),
            frames: Bucket::default(),
            permit,
            is_dirty: false,
            is_blocked: false,
            is_paused: false,
            is_revoked: false,
            is_lagging: false,
            is_announced: false,
            pending: None,
            rare: None,
            polled: None,
        }
    }

    /// For whom it speaks, once that is known.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.session.identity()
    }

    /// How it wants to be spoken to, when it has said so.
    pub(super) fn format(&self) -> Option<Format> {
        match &self.carrier {
            Carrier::Plain(format) => Some(*format),
            Carrier::EngineIo(EngineIo { speech: Speech::SocketIo(format), .. }) => *format,
            _ => None,
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        matches!(self.carrier, Carrier::Closing)
    }

    /// When to look at it again.
    pub(super) fn due(&self) -> Timestamp {
        let deadline = self.deadline.min(self.message_by);
        match self.carrier {
            Carrier::Plain(_) | Carrier::EngineIo(_) => {
                let greeting = self.session.deadline().unwrap_or(NEVER);
                deadline.min(Timestamp(self.heartbeat.due_ms())).min(greeting)
            }
            _ => deadline,
        }
    }

    /// Queues an announcement, or keeps it until after `ready`.
    pub(super) fn announce(&mut self, announcement: &Announcement, max_bytes: usize, spares: &mut Spares) -> Announced {
        let Some(frame) = self.format().and_then(|format| announcement.frame(format)) else { return Announced::Withheld };
        if announcement.is_ephemeral() && self.outbox.bytes() > max_bytes / SHED {
            return Announced::Withheld;
        }
        if let Some(arriving) = self.arriving() {
            arriving.hold(frame, place(announcement), max_bytes);
            return Announced::Withheld;
        }
        if self.is_lagging || self.only_asks_for(announcement.topic()) {
            return Announced::Withheld;
        }
        if self.outbox.bytes() + frame.len() > max_bytes {
            return Announced::Full;
        }
        self.outbox.announce(frame.clone(), spares);
        Announced::Queued
    }

    /// Forgets what was announced, until the client could be told to resync. False when it will be told anyway.
    pub(super) fn lag(&mut self) -> bool {
        if self.is_lagging || self.arriving().is_some() {
            return false;
        }
        self.outbox.drop_announcements();
        self.is_lagging = true;
        true
    }

    /// Is it in this room only until somebody says whether it may be?
    fn only_asks_for(&self, topic: Topic) -> bool {
        matches!((topic, &self.rare), (Topic::Presence(user), Some(rare)) if rare.asks_for.contains(&user))
    }

    pub(super) fn arriving(&mut self) -> Option<&mut Arriving> {
        self.rare.as_mut()?.arriving.as_mut()
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Takes the next command that waits.
    pub(super) fn next_asked(&mut self) -> Option<Asked> {
        let rare = self.rare.as_mut()?;
        let asked = rare.queue.pop_front();
        rare.queued_bytes -= asked.as_ref().map_or(0, |asked| asked.bytes);
        if rare.queue.is_empty() && rare.arriving.is_none() && rare.asks_for.is_empty() {
            self.rare = None;
        }
        asked
    }

    /// Ends the time between hello and `ready`. Gives what was announced meanwhile, or `None` when that was too much.
    ///
    /// Who was let into a channel and connects before that is announced is in its room already, and so hears what was stored
    /// before they came, if its announcement is as late: `may_see` tells what of a log they may hear.
    pub(super) fn arrived(&mut self, may_see: impl Fn(ChannelId, Seq) -> bool) -> Option<Vec<Bytes>> {
        let arriving = self.rare.as_mut().and_then(|rare| rare.arriving.take()).unwrap_or_default();
        let heard = arriving.held.into_iter().filter(|held| held.place.is_none_or(|(channel, seq)| may_see(channel, seq)));
        (!arriving.has_overflown).then(|| heard.map(|held| held.frame).collect())
    }
}

impl Arriving {
    fn hold(&mut self, frame: &Bytes, place: Option<(ChannelId, Seq)>, max_bytes: usize) {
        if self.has_overflown {
            return;
        }
        if self.held_bytes + frame.len() > max_bytes {
            *self = Self { changes: std::mem::take(&mut self.changes), has_overflown: true, ..Self::default() };
            return;
        }
        self.held_bytes += frame.len();
        self.held.push(Held { frame: frame.clone(), place });
    }
}

fn place(announcement: &Announcement) -> Option<(ChannelId, Seq)> {
    match announcement.publication() {
        Publication::Entry(entry) => Some((entry.channel, entry.seq)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::admission::Admission;
    use super::*;
    use rialto_domain::entry::{Entry, Event};
    use rialto_domain::publication::PositionsMoved;
    use rialto_wire::engineio::Pace;
    use std::sync::Arc;

    fn connection() -> Connection {
        let permit = Admission::new(1, 1).admit(std::net::IpAddr::from([127, 0, 0, 1])).unwrap();
        Connection::new(1, None, permit, Heartbeat::started(Pace { interval_ms: 10, timeout_ms: 5 }, 0), NEVER)
    }

    fn connection_ready() -> Connection {
        Connection { carrier: Carrier::Plain(Format::PlainJson), ..connection() }
    }

    fn typing() -> Announcement {
        let channel = ChannelId::from_bytes([1; 16]);
        Announcement::new(Topic::Channel(channel), Publication::Typing { channel, user: UserId::from_bytes([2; 16]) })
    }

    fn positions() -> Announcement {
        let channel = ChannelId::from_bytes([1; 16]);
        let moved = PositionsMoved { channel, delivered: Seq(1), read: Seq(1), members: Vec::new() };
        Announcement::new(Topic::Channel(channel), Publication::Positions(Arc::new(moved)))
    }

    /// Room for two announcements of positions and a bit.
    fn room() -> usize {
        positions().frame(Format::PlainJson).unwrap().len() * 5 / 2
    }

    fn announce(connection: &mut Connection, announcement: &Announcement) -> Announced {
        connection.announce(announcement, room(), &mut Spares::default())
    }

    #[test]
    fn an_idle_connection_is_small() {
        assert!(size_of::<Connection>() <= 360, "{}", size_of::<Connection>());
    }

    #[test]
    fn who_is_too_slow_loses_announcements_once_and_is_told_once() {
        let mut connection = connection_ready();
        assert_eq!([(); 3].map(|()| announce(&mut connection, &positions())), [Announced::Queued, Announced::Queued, Announced::Full]);
        assert!(connection.lag());
        assert!(connection.outbox.is_empty());
        assert_eq!(announce(&mut connection, &positions()), Announced::Withheld);
        assert!(!connection.lag());
    }

    #[test]
    fn typing_is_the_first_thing_that_is_not_told() {
        let mut connection = connection_ready();
        assert_eq!(announce(&mut connection, &typing()), Announced::Queued);
        assert_eq!(announce(&mut connection, &positions()), Announced::Queued);
        assert_eq!(announce(&mut connection, &typing()), Announced::Withheld);
    }

    #[test]
    fn what_comes_before_ready_is_held_until_it_is_too_much() {
        let mut connection = connection_ready();
        let frame = positions().frame(Format::PlainJson).unwrap().clone();
        connection.rare().arriving = Some(Arriving::default());
        for _ in 0..2 {
            assert_eq!(announce(&mut connection, &positions()), Announced::Withheld);
        }
        assert_eq!(connection.arrived(|_, _| true), Some(vec![frame.clone(), frame]));

        connection.rare().arriving = Some(Arriving::default());
        for _ in 0..3 {
            announce(&mut connection, &positions());
        }
        assert_eq!(connection.arrived(|_, _| true), None);
    }

    #[test]
    fn what_was_stored_before_one_was_let_in_is_not_told_after_ready() {
        let mut connection = connection_ready();
        connection.rare().arriving = Some(Arriving::default());
        let channel = ChannelId::from_bytes([1; 16]);
        let entry = |seq| {
            let event = Event::Delete { target: Seq(1) };
            let entry = Entry { channel, seq: Seq(seq), at: Timestamp(0), sender: UserId::from_bytes([2; 16]), client_id: None, n: 0, event };
            Announcement::new(Topic::Channel(channel), Publication::Entry(Arc::new(entry)))
        };
        let (before, after) = (entry(4), entry(5));
        for announcement in [&before, &after] {
            assert_eq!(connection.announce(announcement, 10_000, &mut Spares::default()), Announced::Withheld);
        }
        let frame = after.frame(Format::PlainJson).unwrap().clone();
        assert_eq!(connection.arrived(|its, seq| its != channel || seq >= Seq(5)), Some(vec![frame]));
    }
}
