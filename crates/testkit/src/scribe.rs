//! Writes channels' logs the way the sequencer does, one command at a time.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use rialto_domain::apply::{Command, Decision, Facts, decide};
use rialto_domain::channel::{About, Channel, ChannelKind, Member};
use rialto_domain::entry::Entry;
use rialto_domain::limit::Limits;
use rialto_domain::log::Seq;
use rialto_domain::ports::{Append, Clock, Lookup, Opened, PortError};
use rialto_domain::publication::Outcome;
use rialto_domain::{ChannelId, Refusal, Timestamp, UserId};

use crate::memory::HandClock;
use crate::{Backend, builders, truth};

/// Facts → decision → commit, as the sequencer does it, but without a memory of its own: it loads the channel anew each time. It remembers what it wrote, so that a test can hold the store's answers against it.
pub struct Scribe {
    backend: Backend,
    limits: Limits,
    clock: HandClock,
    written: Mutex<BTreeMap<ChannelId, BTreeMap<Seq, Entry>>>,
}

/// What a command comes to, before it is committed.
pub struct Prepared {
    /// What to append, if anything.
    pub append: Option<Append>,
    /// What to tell who asked.
    pub outcome: Outcome,
}

impl Scribe {
    /// A scribe who writes into this backend, from the year 2025 on.
    pub fn new(backend: &Backend) -> Self {
        Self { backend: backend.clone(), limits: Limits::default(), clock: HandClock::at(Timestamp(1_735_689_600_000)), written: Mutex::default() }
    }

    /// The time of the last command. Each command comes a second after the one before.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Founds a channel with its first members.
    pub async fn open(&self, kind: ChannelKind, founder: UserId, others: &[UserId]) -> ChannelId {
        let channel = builders::founding(builders::channel_id(), kind, founder, others, self.clock.advance_ms(1_000));
        let (id, entries) = (channel.id, channel.entries.clone());
        let opened = self.backend.channels.create(channel).await.expect("the store takes a new channel");
        assert_eq!(opened, Opened::Created, "the scribe founds channels that are not there yet");
        self.remember(&entries);
        id
    }

    /// Has a command decided and carried out. Loads and decides again for as long as other writers are faster.
    pub async fn command(&self, channel: ChannelId, actor: UserId, command: Command) -> Result<Outcome, Refusal> {
        loop {
            let Prepared { append, outcome } = self.prepare(channel, actor, &command).await?;
            let Some(append) = append else { return Ok(outcome) };
            let entries = append.entries.clone();
            match self.backend.log.append(vec![append]).await {
                Ok(()) => {
                    self.remember(&entries);
                    return Ok(outcome);
                }
                Err(PortError::Conflict) => tokio::task::yield_now().await,
                Err(error) => panic!("the log takes what was decided, but: {error}"),
            }
        }
    }

    /// Carries out a command that stands in the log afterwards, and says where.
    pub async fn write(&self, channel: ChannelId, actor: UserId, command: Command) -> Seq {
        match self.command(channel, actor, command.clone()).await {
            Ok(Outcome::Stored(seq)) => seq,
            other => panic!("{command:?} should be stored, but: {other:?}"),
        }
    }

    /// Carries out a command that leaves no entry.
    pub async fn settle(&self, channel: ChannelId, actor: UserId, command: Command) {
        assert_eq!(self.command(channel, actor, command.clone()).await, Ok(Outcome::Done), "{command:?}");
    }

    /// Says something.
    pub async fn say(&self, channel: ChannelId, actor: UserId, words: &str) -> Seq {
        self.write(channel, actor, builders::send(words)).await
    }

    /// Has several commands decided one after the other, and what comes of them appended at once.
    /// Nobody else may write into the channel meanwhile.
    pub async fn together(&self, channel: ChannelId, commands: &[(UserId, Command)]) -> Vec<Result<Outcome, Refusal>> {
        let Ok(mut work) = self.begin(channel).await else { return vec![Err(Refusal::ChannelUnknown); commands.len()] };
        let mut log = self.written(channel);
        let mut outcomes = Vec::new();
        for (actor, command) in commands {
            let facts = truth::facts(&log, &lookup(channel, *actor, command));
            let known = work.entries.len();
            outcomes.push(work.carry_out(*actor, command, &facts, &self.limits, self.clock.advance_ms(1_000)));
            log.extend_from_slice(&work.entries[known..]);
        }
        if let Some(append) = work.into_append() {
            let entries = append.entries.clone();
            self.backend.log.append(vec![append]).await.expect("the log takes what was decided");
            self.remember(&entries);
        }
        outcomes
    }

    /// Decides a command and says what would be appended, without appending it.
    pub async fn prepare(&self, channel: ChannelId, actor: UserId, command: &Command) -> Result<Prepared, Refusal> {
        let mut work = self.begin(channel).await?;
        let facts = self.backend.log.facts(&[lookup(channel, actor, command)]).await.expect("the log answers");
        let outcome = work.carry_out(actor, command, &facts[0], &self.limits, self.clock.advance_ms(1_000))?;
        Ok(Prepared { append: work.into_append(), outcome })
    }

    async fn begin(&self, channel: ChannelId) -> Result<Work, Refusal> {
        match self.backend.log.load(channel).await {
            Err(PortError::NotFound) => Err(Refusal::ChannelUnknown),
            loaded => Ok(Work::on(loaded.expect("the log answers"))),
        }
    }

    /// Everything written into a channel, as it was written.
    pub fn written(&self, channel: ChannelId) -> Vec<Entry> {
        self.written.lock().get(&channel).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    fn remember(&self, entries: &[Entry]) {
        let mut written = self.written.lock();
        for entry in entries {
            let doubled = written.entry(entry.channel).or_default().insert(entry.seq, entry.clone());
            assert_eq!(doubled, None, "a place in a log is given out once");
        }
    }
}

fn lookup(channel: ChannelId, actor: UserId, command: &Command) -> Lookup {
    let pins = matches!(command, Command::Pin { on: true, .. });
    Lookup { channel, actor, client_id: command.client_id(), target: command.target(), pins }
}

/// A channel in memory that runs ahead of its log, until it is appended.
struct Work {
    channel: Channel,
    expected: Seq,
    about: About,
    entries: Vec<Entry>,
    rows: BTreeSet<UserId>,
    moved: BTreeSet<UserId>,
}

impl Work {
    fn on(channel: Channel) -> Self {
        let (expected, about) = (channel.head.seq, channel.about.clone());
        Self { channel, expected, about, entries: Vec::new(), rows: BTreeSet::new(), moved: BTreeSet::new() }
    }

    fn carry_out(&mut self, actor: UserId, command: &Command, facts: &Facts, limits: &Limits, now: Timestamp) -> Result<Outcome, Refusal> {
        match decide(&self.channel, actor, command, facts, limits)? {
            Decision::Already(seq) => return Ok(Outcome::Stored(seq)),
            Decision::Nothing => {}
            Decision::Append(draft) => {
                let (entry, changed) = self.channel.append(draft, now);
                self.rows.extend(changed);
                self.moved.extend(entry.event.counts().then_some(entry.sender));
                let seq = entry.seq;
                self.entries.push(entry);
                return Ok(Outcome::Stored(seq));
            }
            Decision::Advance { delivered, read, n_at_read } => {
                let moved = self.channel.advance(actor, delivered, read, n_at_read, now);
                self.moved.extend(moved.map(|_| actor));
            }
            Decision::SetBlocking(blocking) => {
                let member = self.channel.member(actor).expect("who blocks is a member").clone();
                self.channel.put(actor, Member { blocking, ..member });
                self.rows.insert(actor);
            }
        }
        Ok(Outcome::Done)
    }

    /// What all of it comes to; `None` when nothing changed.
    fn into_append(self) -> Option<Append> {
        let Self { channel, expected, about, entries, rows, moved } = self;
        let row = |user: &UserId| channel.member(*user).cloned().map(|member| (*user, member));
        let position = |user: &UserId| channel.member(*user).map(|member| (*user, member.position));
        let changed = !(entries.is_empty() && rows.is_empty() && moved.is_empty());
        changed.then(|| Append {
            channel: channel.id,
            expected,
            entries,
            members: rows.iter().filter_map(row).collect(),
            positions: moved.difference(&rows).filter_map(position).collect(),
            minima: (channel.minima().delivered(), channel.minima().read()),
            active: channel.active_count(),
            about: Some(channel.about.clone()).filter(|now| *now != about),
        })
    }
}
