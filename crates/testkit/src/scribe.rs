//! Writes channels' logs the way the sequencer does, one command at a time.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rialto_domain::apply::{Command, Decision, decide};
use rialto_domain::channel::{Channel, ChannelKind};
use rialto_domain::entry::{Draft, Entry};
use rialto_domain::limit::Limits;
use rialto_domain::log::Seq;
use rialto_domain::ports::{Append, Clock, Lookup, Opened, PortError};
use rialto_domain::publication::Outcome;
use rialto_domain::{ChannelId, Refusal, Timestamp, UserId};

use crate::memory::HandClock;
use crate::{Backend, builders};

/// Facts → decision → commit, as the sequencer does it, without batches and without a memory of its own:
/// each command loads the channel anew. It remembers what it wrote, so that a test can hold the store's answers against it.
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

    /// Decides a command and says what would be appended, without appending it.
    pub async fn prepare(&self, channel: ChannelId, actor: UserId, command: &Command) -> Result<Prepared, Refusal> {
        let now = self.clock.advance_ms(1_000);
        let loaded = match self.backend.log.load(channel).await {
            Err(PortError::NotFound) => return Err(Refusal::ChannelUnknown),
            loaded => loaded.expect("the log answers"),
        };
        let pins = matches!(command, Command::Pin { on: true, .. });
        let lookup = Lookup { channel, actor, client_id: command.client_id(), target: command.target(), pins };
        let facts = self.backend.log.facts(&[lookup]).await.expect("the log answers");
        let decision = decide(&loaded, actor, command, &facts[0], &self.limits)?;
        Ok(carry_out(loaded, actor, decision, now))
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

fn carry_out(mut channel: Channel, actor: UserId, decision: Decision, now: Timestamp) -> Prepared {
    match decision {
        Decision::Already(seq) => Prepared { append: None, outcome: Outcome::Stored(seq) },
        Decision::Nothing => Prepared { append: None, outcome: Outcome::Done },
        Decision::Append(draft) => append_draft(channel, draft, now),
        Decision::Advance { delivered, read, n_at_read } => {
            let moved = channel.advance(actor, delivered, read, n_at_read, now);
            let append = moved.map(|position| Append { positions: vec![(actor, position)], ..nothing_yet(&channel, channel.head.seq) });
            Prepared { append, outcome: Outcome::Done }
        }
        Decision::SetBlocking(blocking) => {
            let mut member = channel.member(actor).expect("who blocks is a member").clone();
            member.blocking = blocking;
            channel.put(actor, member.clone());
            Prepared { append: Some(Append { members: vec![(actor, member)], ..nothing_yet(&channel, channel.head.seq) }), outcome: Outcome::Done }
        }
    }
}

fn append_draft(mut channel: Channel, draft: Draft, now: Timestamp) -> Prepared {
    let (sender, expected, about) = (draft.sender, channel.head.seq, channel.about.clone());
    let position_of = |channel: &Channel| channel.member(sender).map(|member| member.position);
    let position = position_of(&channel);
    let (entry, changed) = channel.append(draft, now);
    let moved = position_of(&channel).filter(|moved| Some(*moved) != position && !changed.contains(&sender));
    let row = |user| channel.member(user).map(|member| (user, member.clone()));
    let append = Append {
        members: changed.into_iter().filter_map(row).collect(),
        positions: moved.map(|position| (sender, position)).into_iter().collect(),
        about: Some(channel.about.clone()).filter(|now| *now != about),
        ..nothing_yet(&channel, expected)
    };
    let outcome = Outcome::Stored(entry.seq);
    Prepared { append: Some(Append { entries: vec![entry], ..append }), outcome }
}

/// An append of nothing, with the minima and the count of members as they are.
fn nothing_yet(channel: &Channel, expected: Seq) -> Append {
    Append {
        channel: channel.id,
        expected,
        entries: Vec::new(),
        members: Vec::new(),
        positions: Vec::new(),
        minima: (channel.minima().delivered(), channel.minima().read()),
        active: channel.active_count(),
        about: None,
    }
}
