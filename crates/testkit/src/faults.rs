//! Backends that fail when they are told to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use async_trait::async_trait;
use parking_lot::Mutex;
use rialto_domain::apply::Facts;
use rialto_domain::channel::Channel;
use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{Append, Bus, ChannelLog, Lookup, Newest, PortError, PortResult, Subscriber};
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::{ChannelId, UserId};

/// What goes wrong next, and for how long nobody hears anything. Without orders nothing goes wrong.
#[derive(Default)]
pub struct Faults {
    appends: Mutex<VecDeque<Fault>>,
    loads: Mutex<VecDeque<PortError>>,
    look_ups: Mutex<VecDeque<PortError>>,
    reads: Mutex<VecDeque<PortError>>,
    unreadable: Mutex<Option<ChannelId>>,
    silence: AtomicBool,
}

/// How an append fails.
#[derive(Debug)]
pub enum Fault {
    /// Nothing is appended.
    Before(PortError),
    /// Everything is appended, and then the answer is lost.
    After(PortError),
}

impl Faults {
    /// The next append (after those that were told before) fails like this.
    pub fn next_append(&self, fault: Fault) {
        self.appends.lock().push_back(fault);
    }

    /// The next load of a channel fails.
    pub fn next_load(&self, error: PortError) {
        self.loads.lock().push_back(error);
    }

    /// The next look-up of facts fails.
    pub fn next_look_up(&self, error: PortError) {
        self.look_ups.lock().push_back(error);
    }

    /// The next read of entries fails.
    pub fn next_read(&self, error: PortError) {
        self.reads.lock().push_back(error);
    }

    /// This channel (or none) can be neither loaded nor looked up, with nothing else in the same question.
    pub fn make_unreadable(&self, channel: Option<ChannelId>) {
        *self.unreadable.lock() = channel;
    }

    /// The bus takes nothing (or takes again).
    pub fn silence(&self, on: bool) {
        self.silence.store(on, SeqCst);
    }

    /// Forgets what was to go wrong and has not yet.
    pub fn mend(&self) {
        self.appends.lock().clear();
        self.loads.lock().clear();
        self.look_ups.lock().clear();
        self.reads.lock().clear();
        self.make_unreadable(None);
        self.silence(false);
    }

    /// A log that fails as told.
    pub fn log(self: &Arc<Self>, log: Arc<dyn ChannelLog>) -> Arc<dyn ChannelLog> {
        Arc::new(FaultyLog { log, faults: self.clone() })
    }

    /// A bus that fails as told.
    pub fn bus(self: &Arc<Self>, bus: Arc<dyn Bus>) -> Arc<dyn Bus> {
        Arc::new(FaultyBus { bus, faults: self.clone() })
    }

    fn readable(&self, mut channels: impl Iterator<Item = ChannelId>) -> PortResult<()> {
        let unreadable = *self.unreadable.lock();
        if channels.any(|channel| Some(channel) == unreadable) {
            return Err(corrupt());
        }
        Ok(())
    }
}

/// The store does not answer.
pub fn unavailable() -> PortError {
    PortError::Unavailable { backend: "store", source: "the test says so".into() }
}

/// The store has no room left.
pub const fn full() -> PortError {
    PortError::Full { backend: "store" }
}

/// The store holds something unreadable.
pub fn corrupt() -> PortError {
    PortError::Corrupt { backend: "store", source: "the test says so".into() }
}

struct FaultyLog {
    log: Arc<dyn ChannelLog>,
    faults: Arc<Faults>,
}

fn fail_if_told(errors: &Mutex<VecDeque<PortError>>) -> PortResult<()> {
    errors.lock().pop_front().map_or(Ok(()), Err)
}

#[async_trait]
impl ChannelLog for FaultyLog {
    async fn load(&self, channel: ChannelId) -> PortResult<Channel> {
        fail_if_told(&self.faults.loads)?;
        self.faults.readable([channel].into_iter())?;
        self.log.load(channel).await
    }

    async fn facts(&self, lookups: &[Lookup]) -> PortResult<Vec<Facts>> {
        fail_if_told(&self.faults.look_ups)?;
        self.faults.readable(lookups.iter().map(|lookup| lookup.channel))?;
        self.log.facts(lookups).await
    }

    async fn append(&self, batch: Vec<Append>) -> PortResult<()> {
        let fault = self.faults.appends.lock().pop_front();
        match fault {
            None => self.log.append(batch).await,
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::After(error)) => {
                self.log.append(batch).await?;
                Err(error)
            }
        }
    }

    async fn entries(&self, channel: ChannelId, reader: UserId, from: Seq, to: Seq, limit: usize) -> PortResult<Vec<Entry>> {
        fail_if_told(&self.faults.reads)?;
        self.log.entries(channel, reader, from, to, limit).await
    }

    async fn history(&self, channel: ChannelId, reader: UserId, visible: &[Interval], window: Window, limit: usize) -> PortResult<Vec<Folded>> {
        self.log.history(channel, reader, visible, window, limit).await
    }

    async fn newest(&self, reader: UserId, wishes: &[Newest]) -> PortResult<Vec<Vec<Folded>>> {
        self.log.newest(reader, wishes).await
    }

    async fn pinned(&self, channel: ChannelId, reader: UserId, visible: &[Interval]) -> PortResult<Vec<Folded>> {
        self.log.pinned(channel, reader, visible).await
    }

    async fn writable(&self) -> PortResult<()> {
        self.log.writable().await
    }
}

struct FaultyBus {
    bus: Arc<dyn Bus>,
    faults: Arc<Faults>,
}

#[async_trait]
impl Bus for FaultyBus {
    async fn publish(&self, batch: Vec<(Topic, Publication)>) -> PortResult<()> {
        if self.faults.silence.load(SeqCst) {
            return Err(PortError::Unavailable { backend: "bus", source: "the test says so".into() });
        }
        self.bus.publish(batch).await
    }

    async fn subscribe(&self, topic: Topic) -> PortResult<()> {
        self.bus.subscribe(topic).await
    }

    async fn unsubscribe(&self, topic: Topic) -> PortResult<()> {
        self.bus.unsubscribe(topic).await
    }

    fn is_wanted(&self, topic: Topic) -> bool {
        self.bus.is_wanted(topic)
    }

    fn attach(&self, subscriber: Arc<dyn Subscriber>) {
        self.bus.attach(subscriber);
    }
}
