//! The one writer: what a batch becomes, what is announced of it and in which order, and what happens when backends fail.

#![allow(clippy::unwrap_used, missing_docs)]

mod announcing;
mod batches;
mod failing;
mod positions_moved;

use std::collections::BTreeMap;
use std::sync::Arc;

use rialto_domain::apply::{Command, PINS_PER_CHANNEL};
use rialto_domain::channel::{Channel, ChannelKind};
use rialto_domain::entry::{Entry, Event, Message};
use rialto_domain::limit::Limits;
use rialto_domain::ports::{Order, PortError, Ticket};
use rialto_domain::publication::{Membership, Outcome, PositionsMoved, Publication, Topic};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use rialto_service::sequencer::Sequencer;
use rialto_testkit::builders::{add, channel_id, client_id, delete, edit, mark, pin, react, reply, send, text, user, users};
use rialto_testkit::faults::{Fault, Faults, corrupt, full, unavailable};
use rialto_testkit::memory::{HandClock, MemoryStore, SynchronousBus};
use rialto_testkit::story::Story;
use rialto_testkit::{Backend, Dice, Scribe, Witness};

/// A sequencer that is handed its batches, over a store in which a scribe founds channels.
struct Desk {
    backend: Backend,
    scribe: Scribe,
    faults: Arc<Faults>,
    witness: Arc<Witness>,
    sequencer: Sequencer,
}

impl Desk {
    fn new() -> Self {
        let backend = Backend::of(MemoryStore::default());
        let (faults, witness) = (Arc::new(Faults::default()), Arc::new(Witness::default()));
        let bus = faults.bus(Arc::new(SynchronousBus::default()));
        bus.attach(witness.clone());
        let clock = Arc::new(HandClock::at(Timestamp(1_767_225_600_000)));
        let sequencer = Sequencer::new(faults.log(backend.log.clone()), bus, clock, Limits::default());
        Self { scribe: Scribe::new(&backend), backend, faults, witness, sequencer }
    }

    /// A group of the first `members` users, who are all connected and have read that it was founded.
    async fn group(&self, members: u64) -> ChannelId {
        let channel = self.scribe.open(ChannelKind::Group, user(1), &users(2, members)).await;
        for member in users(1, members) {
            self.witness.connect(member, &[channel]);
            self.scribe.settle(channel, member, mark(2, 2)).await;
        }
        channel
    }

    /// Hands over a batch, and returns what was announced.
    async fn carry_out(&mut self, orders: Vec<Order>) -> Vec<(Topic, Publication)> {
        self.sequencer.carry_out(orders).await;
        self.witness.announced()
    }

    /// Hands over a batch whose commands are waited for, and returns what became of them.
    async fn ask<const N: usize>(&mut self, commands: [(ChannelId, UserId, Command); N]) -> [Result<Outcome, Refusal>; N] {
        let orders = commands.into_iter().zip(1..).map(|((channel, actor, command), number)| asked(number, channel, actor, command)).collect();
        let outcomes = outcomes(&self.carry_out(orders).await);
        assert_eq!(outcomes.len(), N, "each one hears");
        outcomes.into_values().collect::<Vec<_>>().try_into().unwrap()
    }

    async fn log(&self, channel: ChannelId) -> Vec<Entry> {
        self.backend.log.entries(channel, user(999), Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap()
    }

    async fn head(&self, channel: ChannelId) -> Seq {
        self.stored(channel).await.head.seq
    }

    async fn stored(&self, channel: ChannelId) -> Channel {
        self.backend.log.load(channel).await.unwrap()
    }
}

fn order(channel: ChannelId, actor: UserId, command: Command) -> Order {
    Order { channel, actor, command, ticket: None }
}

fn asked(number: u64, channel: ChannelId, actor: UserId, command: Command) -> Order {
    Order { channel, actor, command, ticket: Some(Ticket { gateway: 7, number }) }
}

fn outcomes(announced: &[(Topic, Publication)]) -> BTreeMap<u64, Result<Outcome, Refusal>> {
    let outcome = |(topic, publication): &(Topic, Publication)| match (topic, publication) {
        (Topic::Gateway(7), Publication::Outcome { ticket, result }) => Some((*ticket, *result)),
        _ => None,
    };
    announced.iter().filter_map(outcome).collect()
}

fn rejected(announced: &[(Topic, Publication)]) -> Vec<(Topic, Refusal)> {
    let rejected =
        |(topic, publication): &(Topic, Publication)| if let Publication::Rejected { refusal, .. } = publication { Some((*topic, *refusal)) } else { None };
    announced.iter().filter_map(rejected).collect()
}

fn positions(announced: &[(Topic, Publication)]) -> Vec<(Topic, Arc<PositionsMoved>)> {
    let moved =
        |(topic, publication): &(Topic, Publication)| if let Publication::Positions(moved) = publication { Some((*topic, moved.clone())) } else { None };
    announced.iter().filter_map(moved).collect()
}

/// The places of the entries that were announced, in order.
fn entries(announced: &[(Topic, Publication)]) -> Vec<Seq> {
    let seq = |(_, publication): &(Topic, Publication)| if let Publication::Entry(entry) = publication { Some(entry.seq) } else { None };
    announced.iter().filter_map(seq).collect()
}

/// What was announced, one word each, in order.
fn words(announced: &[(Topic, Publication)]) -> Vec<&'static str> {
    let word = |(_, publication): &(Topic, Publication)| match publication {
        Publication::Entry(entry) => match &entry.event {
            Event::Message(_) => "message",
            Event::Member { .. } => "member",
            Event::Channel(_) => "channel",
            _ => "entry",
        },
        Publication::Membership { change: Membership::Joined, .. } => "joined",
        Publication::Membership { change: Membership::Left, .. } => "left",
        Publication::Membership { change: Membership::Deleted, .. } => "deleted",
        Publication::Positions(_) => "positions",
        Publication::Outcome { .. } => "outcome",
        Publication::Rejected { .. } => "rejected",
        _ => "other",
    };
    announced.iter().map(word).collect()
}

fn stored(seq: u64) -> Result<Outcome, Refusal> {
    Ok(Outcome::Stored(Seq(seq)))
}

const DONE: Result<Outcome, Refusal> = Ok(Outcome::Done);
