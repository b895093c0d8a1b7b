//! A thread that moves the bytes of its connections.
//!
//! One turn of the loop: take what happened on sockets, what other threads sent and what became due; then write, once
//! for each connection that has something to say. What a turn does is found beside this file: [`super::reading`] for
//! bytes that come, [`super::dialogue`] for commands, [`super::delivery`] for announcements, [`super::polling`] for
//! sessions without a socket, [`super::deadlines`] for time, [`super::writing`] for bytes that go, and [`super::ending`].

use mio::{Events, Interest, Poll, Token};
use rialto_domain::publication::Topic;
use rialto_domain::{Timestamp, UserId};
use rialto_wire::engineio::{Heartbeat, Sid};
use slab::Slab;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::admission::Permit;
use super::announcement::Announcement;
use super::connection::{Connection, Key};
use super::gateway::Gateway;
use super::listener::{Arrival, HandOver};
use super::mailbox::Mailbox;
use super::offence::Told;
use super::outbox::Spares;
use super::polling::PollingMail;
use super::relay::Relay;
use super::rooms::{Index, Rooms};
use super::stream::Stream;
use super::tally::Tally;
use super::timers::Wheel;
use crate::settings::Settings;

/// Names the mailbox among the sockets.
const MAILBOX: Token = Token(usize::MAX);
/// Sockets that are heard in one turn, at most.
const EVENTS: usize = 1024;
/// How often the outboxes are added up.
const WEIGH_EVERY_MS: u64 = 1_000;
/// How much mail there is room for all the time. Room for a burst is given back after it.
const MAILS_KEPT: usize = 256;
/// Large enough for most bursts; the reads of all connections share it.
const BUFFER_BYTES: usize = 64 * 1024;

/// What all shards know.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) gateway: Arc<dyn Gateway>,
    pub(super) relay: Arc<Relay>,
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
    pub(super) runtime: Handle,
    pub(super) http: mpsc::Sender<HandOver>,
}

/// What other threads tell a shard. Small, because there is one for every announcement: what is large stands elsewhere.
pub(super) enum Mail {
    /// Something was announced.
    Announcement(Arc<Announcement>),
    /// A socket came.
    Arrival(Box<Arrival>),
    /// Somebody worked on the answer that a connection waits for.
    Woken(Key),
    /// Something for this topic may have been missed.
    Resync(Topic),
    /// Of the users whose presence a connection watches, those whose it may not watch any more.
    Unwatchable(Key, Vec<UserId>),
    /// A request of a session that polls.
    Polling(Box<PollingMail>),
    /// Say goodbye to everybody within so many milliseconds, then stop.
    Drain(u64),
    /// Stop now.
    Stop,
}

pub(super) struct Shard {
    pub(super) number: usize,
    pub(super) shared: Arc<Shared>,
    poll: Poll,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) connections: Slab<Connection>,
    /// The sessions that poll.
    pub(super) sids: HashMap<Sid, Index>,
    pub(super) rooms: Rooms,
    pub(super) timers: Wheel<Key>,
    /// Connections with something to write.
    pub(super) dirty: Vec<Index>,
    /// Sockets with more to read than one turn takes.
    pub(super) unread: Vec<Key>,
    pub(super) spares: Spares,
    pub(super) buffer: Vec<u8>,
    generation: u32,
    started: Instant,
    /// When this turn began: milliseconds since the shard started, on a clock that never goes back.
    pub(super) now: Timestamp,
    /// When to add up the outboxes again.
    weigh_at: Timestamp,
    /// When the last connection is cut, once the shard drains.
    pub(super) drain_by: Option<Timestamp>,
    pub(super) tally: Tally,
    /// The offences that the log tells of.
    pub(super) told: Told,
}

/// What a turn takes in, kept for the room that it has.
#[derive(Default)]
pub(super) struct Turn {
    mail: Vec<Mail>,
    lost: Vec<Topic>,
    fired: Vec<Key>,
}

impl Shard {
    pub(super) fn new(number: usize, poll: Poll, shared: Arc<Shared>) -> Self {
        let mailbox = Arc::clone(&shared.mailboxes[number]);
        Self {
            number,
            shared,
            poll,
            mailbox,
            connections: Slab::new(),
            sids: HashMap::new(),
            rooms: Rooms::default(),
            timers: Wheel::new(Timestamp(0)),
            dirty: Vec::new(),
            unread: Vec::new(),
            spares: Spares::default(),
            buffer: vec![0; BUFFER_BYTES],
            generation: 0,
            started: Instant::now(),
            now: Timestamp(0),
            weigh_at: Timestamp(0),
            drain_by: None,
            tally: Tally::new(),
            told: Told::default(),
        }
    }

    /// The poller of a new shard and its mailbox, which wakes the poller.
    pub(super) fn poller(settings: &Settings) -> io::Result<(Poll, Mailbox)> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), MAILBOX)?;
        let wake = move || {
            if let Err(error) = waker.wake() {
                tracing::error!(%error, "a shard cannot be woken");
            }
        };
        Ok((poll, Mailbox::new(settings.mailbox_bytes, wake)))
    }

    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        Mailbox::never_wait_on_this_thread();
        let _nobody_waits_for_it_afterwards = Mailbox::closed_at_the_end(&self.mailbox);
        let runtime = self.shared.runtime.clone();
        let _inside_the_runtime = runtime.enter();
        let mut events = Events::with_capacity(EVENTS);
        let mut turn = Turn::default();
        let (mut goes_on, mut timeless_turns) = (true, 0);
        while goes_on {
            let timeout = self.sleep();
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, shard = self.number, "a shard cannot wait for its sockets");
                    break;
                }
            }
            self.now = Timestamp(self.started.elapsed().as_millis() as u64);
            for event in events.iter().filter(|event| event.token() != MAILBOX) {
                let index = event.token().0 as Index;
                if event.is_writable() {
                    self.writable(index);
                }
                if event.is_readable() || event.is_read_closed() {
                    self.readable(index, event.is_read_closed());
                }
            }
            // After a standstill, every socket is heard before anybody is found to be silent.
            timeless_turns += 1;
            let is_heard = events.iter().count() < EVENTS || timeless_turns > self.connections.len() / EVENTS;
            if is_heard {
                timeless_turns = 0;
            }
            goes_on = self.turn(&mut turn, is_heard);
        }
        for index in self.connections.iter().map(|(index, _)| index as Index).collect::<Vec<_>>() {
            self.cut(index);
        }
    }

    /// The turn that follows what happened on sockets. Time is looked at when every socket `is_heard`. False when the shard is
    /// to stop.
    pub(super) fn turn(&mut self, turn: &mut Turn, is_heard: bool) -> bool {
        let Turn { mail, lost, fired } = turn;
        let mut goes_on = true;
        for key in std::mem::take(&mut self.unread) {
            if self.find(key).is_some() {
                self.readable(key.index, true);
            }
        }
        self.mailbox.take(mail, lost);
        for mail in mail.drain(..) {
            goes_on &= self.read_mail(mail);
        }
        mail.shrink_to(MAILS_KEPT);
        lost.drain(..).for_each(|topic| self.resync_room(topic));
        if is_heard {
            self.timers.advance(self.now, fired);
            fired.drain(..).for_each(|key| self.fire(key));
        }
        self.flush();
        self.tally.report(self.connections.len());
        self.weigh_outboxes();
        goes_on && !self.is_drained()
    }

    fn sleep(&self) -> Option<Duration> {
        if !self.unread.is_empty() || !self.mailbox.may_sleep() {
            return Some(Duration::ZERO);
        }
        let now = Timestamp(self.started.elapsed().as_millis() as u64);
        let drained = self.drain_by.map(|by| by.since(now));
        self.timers.sleep_ms(now).into_iter().chain(drained).min().map(Duration::from_millis)
    }

    /// Reports what waits in all outboxes. Counted now and then: adding up costs a look at every connection.
    fn weigh_outboxes(&mut self) {
        if self.now >= self.weigh_at || self.connections.is_empty() {
            self.weigh_at = self.now.after_ms(WEIGH_EVERY_MS);
            self.tally.report_queued(self.connections.iter().map(|(_, connection)| connection.outbox.bytes()).sum());
        }
    }

    /// False when the shard is to stop.
    fn read_mail(&mut self, mail: Mail) -> bool {
        match mail {
            Mail::Announcement(announcement) => self.deliver(&announcement),
            Mail::Arrival(arrival) => self.arrive(*arrival),
            Mail::Woken(key) => self.woken(key),
            Mail::Resync(topic) => self.resync_room(topic),
            Mail::Unwatchable(key, users) => self.unwatch_presence(key, &users),
            Mail::Polling(mail) => self.polling(*mail),
            Mail::Drain(within_ms) => self.drain(within_ms),
            Mail::Stop => return false,
        }
        true
    }

    // Connections

    /// A connection by its lasting name.
    pub(super) fn find(&mut self, key: Key) -> Option<&mut Connection> {
        self.connections.get_mut(key.index as usize).filter(|connection| connection.generation == key.generation)
    }

    pub(super) fn key(&self, index: Index) -> Key {
        Key { index, generation: self.connections[index as usize].generation }
    }

    /// Keeps a new connection. `None` when the poller does not take its socket.
    pub(super) fn insert(&mut self, mut stream: Option<Stream>, permit: Permit) -> Option<Index> {
        let entry = self.connections.vacant_entry();
        let index = entry.key();
        if let Some(stream) = &mut stream {
            let both = Interest::READABLE | Interest::WRITABLE;
            if let Err(error) = self.poll.registry().register(stream, Token(index), both) {
                tracing::warn!(%error, "a socket cannot be watched");
                return None;
            }
        }
        self.generation = self.generation.wrapping_add(1);
        let timing = &self.shared.settings.timing;
        let heartbeat = Heartbeat::started(timing.heartbeat, self.now.0);
        entry.insert(Connection::new(self.generation, stream, permit, heartbeat, self.now.after_ms(timing.head_ms)));
        self.arm(index as Index);
        Some(index as Index)
    }

    /// Lets another connection watch a socket from now on.
    pub(super) fn rewatch(&mut self, stream: &mut Stream, index: Index) -> io::Result<()> {
        self.poll.registry().reregister(stream, Token(index as usize), Interest::READABLE | Interest::WRITABLE)
    }

    /// Watches a socket no more, because it goes elsewhere.
    pub(super) fn unwatch(&mut self, stream: &mut Stream) -> io::Result<()> {
        self.poll.registry().deregister(stream)
    }
}
