//! The one writer: what a batch becomes, what is announced of it and in which order, and what happens when backends fail.

#![allow(clippy::unwrap_used, missing_docs)]

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

mod batches {
    use super::*;

    #[tokio::test]
    async fn a_batch_stands_in_the_log_in_its_order_without_gaps() {
        let mut desk = Desk::new();
        let (one, other) = (desk.group(3).await, desk.group(3).await);
        let said = [(one, 1, "a"), (other, 2, "b"), (one, 3, "c"), (one, 2, "d"), (other, 1, "e")];
        let announced = desk.carry_out(said.map(|(channel, who, words)| order(channel, user(who), send(words))).to_vec()).await;
        let entry = |(topic, publication): &(Topic, Publication)| match publication {
            Publication::Entry(entry) => {
                assert_eq!(*topic, Topic::Channel(entry.channel));
                Some((entry.channel, entry.seq))
            }
            _ => None,
        };
        let announced: Vec<_> = announced.iter().filter_map(entry).collect();
        assert_eq!(announced, [(one, Seq(3)), (other, Seq(3)), (one, Seq(4)), (one, Seq(5)), (other, Seq(4))]);
        let seqs: Vec<_> = desk.log(one).await.iter().map(|entry| entry.seq.0).collect();
        assert_eq!(seqs, [1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn the_same_client_id_twice_in_a_batch_is_one_entry() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let command = send("once");
        let answers = desk.ask([(group, user(1), command.clone()), (group, user(1), command.clone()), (group, user(2), command)]).await;
        assert_eq!(answers, [stored(3), stored(3), stored(4)], "the same name used by somebody else is another message");
    }

    #[tokio::test]
    async fn a_repetition_in_the_same_batch_is_not_told_twice() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let command = send("once");
        let announced = desk.carry_out(vec![order(group, user(1), command.clone()), order(group, user(1), command)]).await;
        assert_eq!(words(&announced), ["message"]);
    }

    #[tokio::test]
    async fn a_repetition_in_a_later_batch_is_told_to_its_sender_alone() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let command = send("once");
        desk.carry_out(vec![order(group, user(1), command.clone())]).await;
        desk.witness.heard(user(2));
        let announced = desk.carry_out(vec![order(group, user(1), command.clone())]).await;
        let [(Topic::User(told), Publication::Entry(entry))] = &announced[..] else { panic!("{announced:?}") };
        assert_eq!((*told, entry.seq, entry.client_id), (user(1), Seq(3), command.client_id()));
        assert!(desk.witness.heard(user(2)).is_empty());
        assert_eq!(desk.ask([(group, user(1), command)]).await, [stored(3)]);
        assert_eq!(desk.head(group).await, Seq(3));
    }

    #[tokio::test]
    async fn what_is_said_in_a_batch_can_be_changed_in_the_same_batch() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let (ana, bob) = (user(1), user(2));
        let answers = desk
            .ask([
                (group, ana, send("one")),
                (group, ana, edit(Seq(3), "uno")),
                (group, bob, edit(Seq(3), "mine now")),
                (group, bob, react(Seq(3), "👍", true)),
                (group, bob, react(Seq(3), "👍", true)),
                (group, ana, react(Seq(3), "👍", true)),
                (group, bob, reply("two", Seq(3))),
                (group, ana, pin(Seq(3), true)),
                (group, ana, pin(Seq(3), true)),
                (group, ana, delete(Seq(3))),
                (group, ana, delete(Seq(3))),
                (group, ana, edit(Seq(3), "tre")),
                (group, bob, react(Seq(3), "👍", false)),
                (group, ana, pin(Seq(3), true)),
                (group, bob, react(Seq(4), "👍", true)),
            ])
            .await;
        let expected = [
            stored(3),
            stored(4),
            Err(Refusal::NotTheSender),
            stored(5),
            DONE,
            stored(6),
            stored(7),
            stored(8),
            DONE,
            stored(9),
            DONE,
            Err(Refusal::MessageDeleted),
            Err(Refusal::MessageDeleted),
            Err(Refusal::MessageDeleted),
            Err(Refusal::MessageUnknown),
        ];
        assert_eq!(answers, expected);
    }

    #[tokio::test]
    async fn a_pin_that_goes_makes_room_for_another_in_the_same_batch() {
        let mut desk = Desk::new();
        let group = desk.group(1).await;
        let pins = PINS_PER_CHANNEL as u64;
        desk.carry_out((0..pins + 2).map(|_| order(group, user(1), send("remember"))).collect()).await;
        desk.carry_out((0..pins).map(|n| order(group, user(1), pin(Seq(2 + n), true))).collect()).await;
        let (next, after) = (Seq(2 + pins), Seq(3 + pins));
        assert_eq!(desk.ask([(group, user(1), pin(next, true))]).await, [Err(Refusal::TooManyPins)]);
        let answers = desk.ask([(group, user(1), delete(Seq(2))), (group, user(1), pin(next, true)), (group, user(1), pin(after, true))]).await;
        assert!(matches!(answers, [Ok(_), Ok(_), Err(Refusal::TooManyPins)]), "{answers:?}");
        let answers = desk.ask([(group, user(1), pin(Seq(3), false)), (group, user(1), pin(after, true)), (group, user(1), pin(Seq(3), true))]).await;
        assert!(matches!(answers, [Ok(_), Ok(_), Err(Refusal::TooManyPins)]), "{answers:?}");
    }

    #[tokio::test]
    async fn who_is_removed_in_a_batch_writes_nothing_after_it() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let bob = user(2);
        let said = send("before");
        let answers = desk
            .ask([
                (group, bob, said.clone()),
                (group, user(1), Command::Remove { user: bob }),
                (group, bob, send("after")),
                (group, bob, said),
                (group, user(1), add(&[bob])),
                (group, bob, send("back again")),
            ])
            .await;
        assert_eq!(answers, [stored(3), stored(4), Err(Refusal::NotAMember), stored(3), stored(5), stored(6)], "a retry is no new message");
    }

    /// The definition of a batch: it is what its commands are one by one.
    #[tokio::test]
    async fn in_batches_or_one_by_one_the_same_commands_make_the_same_channel() {
        for seed in 1..=12 {
            let kind = [ChannelKind::Group, ChannelKind::Broadcast, ChannelKind::Direct][seed as usize % 3];
            let alone = Backend::of(MemoryStore::default());
            let story = Story::play(&alone, seed, kind, 400).await;
            let mut desk = Desk::new();
            let first = if kind == ChannelKind::Direct { 2 } else { 3 };
            let channel = desk.scribe.open(kind, user(1), &users(2, first)).await;
            let mut dice = Dice::new(seed);
            let mut left = &story.tried[..];
            while !left.is_empty() {
                let (batch, rest) = left.split_at(left.len().min(1 + dice.below(40) as usize));
                desk.carry_out(batch.iter().map(|(actor, command)| order(channel, *actor, command.clone())).collect()).await;
                left = rest;
            }
            let bare = |entry: Entry| (entry.seq, entry.sender, entry.client_id, entry.n, entry.event);
            let told: Vec<_> = desk.log(channel).await.into_iter().map(bare).collect();
            let expected = alone.log.entries(story.channel, user(999), Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
            let expected: Vec<_> = expected.into_iter().map(bare).collect();
            assert_eq!(told, expected, "seed {seed}");
            let members = |channel: Channel| -> Vec<_> {
                let place = |position: rialto_domain::position::Position| (position.delivered, position.read, position.read_n);
                channel.members().map(|(user, member)| (user, member.role, member.visible.clone(), place(member.position), member.blocking)).collect()
            };
            assert_eq!(members(desk.stored(channel).await), members(alone.log.load(story.channel).await.unwrap()), "seed {seed}");
        }
    }
}

mod announcing {
    use super::*;

    #[tokio::test]
    async fn admissions_come_before_what_the_admitted_see_and_departures_after_it() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        desk.witness.connect(user(3), &[]);
        let announced = desk
            .carry_out(vec![
                asked(1, group, user(1), add(&[user(3)])),
                order(group, user(3), send("hello")),
                asked(2, group, user(1), Command::Remove { user: user(3) }),
                order(group, user(1), send("gone")),
            ])
            .await;
        assert_eq!(words(&announced), ["joined", "member", "message", "member", "left", "message", "outcome", "outcome"]);
        let heard: Vec<_> = desk.witness.entries(user(3)).iter().map(|entry| entry.seq.0).collect();
        assert_eq!(heard, [3, 4, 5]);
    }

    #[tokio::test]
    async fn of_a_deleted_channel_the_last_entry_is_the_last_thing_heard() {
        let mut desk = Desk::new();
        let (group, other) = (desk.group(2).await, desk.group(2).await);
        desk.witness.heard(user(2));
        let announced = desk
            .carry_out(vec![
                order(group, user(2), send("last words")),
                order(group, user(1), Command::DeleteChannel),
                order(group, user(2), send("too late")),
                order(other, user(2), mark(2, 2)),
            ])
            .await;
        assert_eq!(rejected(&announced), [(Topic::User(user(2)), Refusal::ChannelUnknown)]);
        assert_eq!(words(&announced)[..4], ["message", "channel", "deleted", "deleted"]);
        assert!(positions(&announced).iter().all(|(_, moved)| moved.channel == other), "nobody is left whose position could move");
    }

    #[tokio::test]
    async fn a_change_of_the_title_is_no_departure() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let announced = desk.carry_out(vec![order(group, user(1), Command::Update { title: Some("Murano".to_owned()), description: None })]).await;
        assert_eq!(words(&announced), ["channel"]);
    }

    #[tokio::test]
    async fn who_waits_hears_the_outcome_and_who_does_not_hears_of_a_refusal() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let nameless = Command::Delete { client_id: None, target: Seq(1) };
        let announced = desk
            .carry_out(vec![
                asked(1, group, user(9), send("let me in")),
                order(group, user(9), send("let me in")),
                order(group, user(2), nameless.clone()),
                asked(2, group, user(2), nameless),
            ])
            .await;
        let refusals = BTreeMap::from([(1, Err(Refusal::ChannelUnknown)), (2, Err(Refusal::MessageUnknown))]);
        assert_eq!(outcomes(&announced), refusals);
        assert_eq!(rejected(&announced), [(Topic::User(user(9)), Refusal::ChannelUnknown)], "what has no name cannot be told of");
    }

    #[tokio::test]
    async fn outcomes_come_after_what_they_are_about() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let announced = desk.carry_out(vec![asked(1, group, user(1), send("a")), asked(2, group, user(2), mark(3, 3))]).await;
        assert_eq!(words(&announced), ["message", "positions", "outcome", "outcome"]);
    }
}

mod positions_moved {
    use super::*;

    #[tokio::test]
    async fn in_a_small_channel_everybody_hears_who_moved() {
        let mut desk = Desk::new();
        let group = desk.group(32).await;
        desk.carry_out(vec![order(group, user(1), send("read me"))]).await;
        let announced = desk.carry_out(vec![order(group, user(2), mark(3, 0)), order(group, user(3), mark(3, 3)), order(group, user(2), mark(0, 3))]).await;
        let [(topic, moved)] = &positions(&announced)[..] else { panic!("one announcement for the batch: {announced:?}") };
        let members: Vec<_> = moved.members.iter().map(|member| (member.user, member.delivered, member.read)).collect();
        assert_eq!((*topic, &members[..]), (Topic::Channel(group), &[(user(2), Seq(3), Seq(3)), (user(3), Seq(3), Seq(3))][..]));
    }

    #[tokio::test]
    async fn in_a_large_channel_everybody_hears_of_the_minima_and_oneself_of_oneself() {
        let mut desk = Desk::new();
        let group = desk.group(33).await;
        desk.carry_out(vec![order(group, user(1), send("read me"))]).await;
        let announced = desk.carry_out(vec![order(group, user(2), mark(3, 3))]).await;
        let [(topic, moved)] = &positions(&announced)[..] else { panic!("to one alone: {announced:?}") };
        assert_eq!((*topic, moved.members.len(), moved.members[0].user), (Topic::User(user(2)), 1, user(2)));
        let rest = (3..=33).map(|n| order(group, user(n), mark(3, 3))).collect();
        let announced = positions(&desk.carry_out(rest).await);
        let to_all: Vec<_> = announced.iter().filter(|(topic, _)| *topic == Topic::Channel(group)).collect();
        let [(_, moved)] = to_all[..] else { panic!("one for all: {announced:?}") };
        assert_eq!((moved.delivered, moved.read, moved.members.len()), (Seq(3), Seq(3), 0));
        assert_eq!(announced.len(), 32, "and one for each who moved");
    }

    #[tokio::test]
    async fn a_mark_that_moves_nothing_is_not_announced() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        desk.carry_out(vec![order(group, user(2), mark(2, 2))]).await;
        for (delivered, read) in [(2, 2), (1, 0), (0, 0)] {
            assert!(desk.carry_out(vec![order(group, user(2), mark(delivered, read))]).await.is_empty());
        }
    }

    #[tokio::test]
    async fn that_a_sender_has_read_is_seen_from_the_message_alone() {
        let mut desk = Desk::new();
        let group = desk.group(3).await;
        let announced = desk.carry_out(vec![order(group, user(1), send("a")), order(group, user(2), send("b"))]).await;
        assert_eq!(words(&announced), ["message", "message"], "the third one has not moved, and so have the minima not");
        let announced = desk.carry_out(vec![order(group, user(3), send("c"))]).await;
        assert_eq!(words(&announced), ["message", "positions"]);
    }

    #[tokio::test]
    async fn when_the_slowest_leaves_the_minima_rise() {
        let mut desk = Desk::new();
        let group = desk.group(3).await;
        desk.carry_out(vec![order(group, user(1), send("a")), order(group, user(2), mark(3, 3))]).await;
        let announced = positions(&desk.carry_out(vec![order(group, user(3), Command::Leave)]).await);
        let [(_, moved)] = &announced[..] else { panic!("{announced:?}") };
        assert_eq!((moved.delivered, moved.read), (Seq(3), Seq(3)));
    }

    #[tokio::test]
    async fn who_left_is_not_among_those_who_moved() {
        let mut desk = Desk::new();
        let group = desk.group(3).await;
        let announced = desk.carry_out(vec![order(group, user(1), send("a")), order(group, user(2), mark(3, 3)), order(group, user(2), Command::Leave)]).await;
        assert!(positions(&announced).iter().all(|(_, moved)| moved.members.iter().all(|member| member.user != user(2))));
    }

    /// An entry that is no message has as many messages up to it as any other has.
    #[tokio::test]
    async fn what_was_read_up_to_is_counted_wherever_the_place_comes_from() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let bob = user(2);
        let read_n = async |desk: &Desk| desk.stored(group).await.member(bob).unwrap().position.read_n;
        desk.carry_out(vec![order(group, user(1), send("one")), order(group, user(1), send("two"))]).await;
        desk.carry_out(vec![order(group, user(1), send("three")), order(group, bob, mark(4, 4))]).await;
        assert_eq!(read_n(&desk).await, 2, "the head before the batch");
        let orders = vec![
            order(group, user(1), send("four")),
            order(group, user(1), add(&[user(3)])),
            order(group, user(1), send("five")),
            order(group, bob, mark(7, 7)),
        ];
        desk.carry_out(orders).await;
        assert_eq!(read_n(&desk).await, 4, "an admission within the batch");
        desk.carry_out(vec![order(group, bob, mark(99, 99))]).await;
        assert_eq!(read_n(&desk).await, 5, "beyond the end is the end");
        let position = desk.stored(group).await.member(bob).unwrap().position;
        assert_eq!((position.delivered, position.read), (Seq(8), Seq(8)));
    }

    #[tokio::test]
    async fn to_mark_the_newest_entry_costs_no_look_up() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        desk.carry_out(vec![order(group, user(1), send("one")), order(group, user(1), send("two"))]).await;
        desk.faults.next_look_up(unavailable());
        assert_eq!(desk.ask([(group, user(2), mark(4, 4))]).await, [DONE]);
        assert_eq!(desk.ask([(group, user(2), mark(4, 3))]).await, [DONE]);
        assert_eq!(desk.ask([(group, user(1), send("three"))]).await, [Err(Refusal::Unavailable)], "the fault was still to come");
    }
}

mod failing {
    use super::*;

    #[tokio::test]
    async fn when_another_writer_was_faster_everything_is_decided_anew() {
        let mut desk = Desk::new();
        let group = desk.group(3).await;
        assert_eq!(desk.ask([(group, user(1), send("held in memory from here on"))]).await, [stored(3)]);
        desk.scribe.write(group, user(1), Command::Remove { user: user(2) }).await;
        let answers = desk.ask([(group, user(2), send("am I still in?")), (group, user(3), send("I am"))]).await;
        assert_eq!(answers, [Err(Refusal::NotAMember), stored(5)]);
        desk.scribe.say(group, user(1), "and once more").await;
        assert_eq!(desk.ask([(group, user(1), mark(6, 6))]).await, [DONE]);
        assert_eq!(desk.stored(group).await.member(user(1)).unwrap().position.read, Seq(6));
    }

    #[tokio::test]
    async fn who_is_outrun_again_and_again_gives_up_and_says_so() {
        let mut desk = Desk::new();
        let group = desk.group(1).await;
        for _ in 0..2 {
            desk.faults.next_append(Fault::Before(PortError::Conflict));
        }
        assert_eq!(desk.ask([(group, user(1), send("third time lucky"))]).await, [stored(2)]);
        for _ in 0..3 {
            desk.faults.next_append(Fault::Before(PortError::Conflict));
        }
        assert_eq!(desk.ask([(group, user(1), send("never"))]).await, [Err(Refusal::Unavailable)]);
        assert_eq!(desk.ask([(group, user(1), send("now"))]).await, [stored(3)]);
    }

    #[tokio::test]
    async fn what_was_not_appended_did_not_happen() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        desk.faults.next_append(Fault::Before(full()));
        let leaving = Command::Leave;
        assert_eq!(desk.ask([(group, user(1), send("a")), (group, user(2), leaving)]).await, [Err(Refusal::StorageFull); 2]);
        assert_eq!(desk.ask([(group, user(2), send("still here")), (group, user(1), send("b"))]).await, [stored(3), stored(4)]);

        desk.faults.next_append(Fault::Before(full()));
        let announced = desk.carry_out(vec![order(group, user(1), send("c")), order(group, user(2), mark(4, 4))]).await;
        assert_eq!(rejected(&announced), [(Topic::User(user(1)), Refusal::StorageFull)]);
        assert_eq!(words(&announced), ["rejected"]);
        assert!(desk.stored(group).await.member(user(2)).unwrap().position.read < Seq(4));
    }

    #[tokio::test]
    async fn an_answer_that_was_lost_is_an_outcome_unknown() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let (lost, done) = (send("not done"), send("done"));
        desk.faults.next_append(Fault::Before(unavailable()));
        assert_eq!(desk.ask([(group, user(1), lost.clone())]).await, [Err(Refusal::OutcomeUnknown)]);
        desk.faults.next_append(Fault::After(unavailable()));
        assert_eq!(desk.ask([(group, user(1), done.clone())]).await, [Err(Refusal::OutcomeUnknown)]);
        assert_eq!(desk.ask([(group, user(1), done.clone()), (group, user(1), lost)]).await, [stored(3), stored(4)], "and to repeat it is safe");
        desk.faults.next_append(Fault::After(unavailable()));
        let announced = desk.carry_out(vec![order(group, user(2), send("in doubt"))]).await;
        assert_eq!(rejected(&announced), [(Topic::User(user(2)), Refusal::OutcomeUnknown)]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused_before_anything_is_done() {
        let mut desk = Desk::new();
        let group = desk.group(1).await;
        desk.faults.next_load(unavailable());
        assert_eq!(desk.ask([(group, user(1), send("a"))]).await, [Err(Refusal::Unavailable)]);
        desk.faults.next_look_up(PortError::Overloaded { backend: "store" });
        assert_eq!(desk.ask([(group, user(1), send("b"))]).await, [Err(Refusal::Unavailable)]);
        assert_eq!(desk.ask([(group, user(1), send("c"))]).await, [stored(2)]);
    }

    #[tokio::test]
    async fn the_neighbours_of_a_damaged_channel_do_not_suffer() {
        let mut desk = Desk::new();
        let (damaged, sound, other) = (desk.group(1).await, desk.group(1).await, desk.group(1).await);
        let me = user(1);
        desk.faults.make_unreadable(Some(damaged));
        let answers = desk.ask([(sound, me, send("a")), (damaged, me, send("b")), (other, me, send("c")), (sound, me, send("d"))]).await;
        assert_eq!(answers, [stored(2), Err(Refusal::Internal), stored(2), stored(3)]);
        desk.faults.make_unreadable(None);
        assert_eq!(desk.ask([(damaged, me, send("e"))]).await, [stored(2)]);

        desk.faults.next_append(Fault::Before(corrupt()));
        let answers = desk.ask([(sound, me, send("f")), (damaged, me, send("g"))]).await;
        assert_eq!(answers, [stored(4), stored(3)], "what failed together is tried apart");
        desk.faults.next_append(Fault::Before(corrupt()));
        assert_eq!(desk.ask([(damaged, me, send("h"))]).await, [Err(Refusal::Internal)]);
    }

    #[tokio::test]
    async fn a_channel_that_does_not_exist_disturbs_nobody() {
        let mut desk = Desk::new();
        let group = desk.group(1).await;
        let nowhere = channel_id();
        let answers =
            desk.ask([(nowhere, user(1), send("a")), (group, user(1), send("b")), (nowhere, user(1), mark(1, 1)), (nowhere, user(1), Command::Join)]).await;
        assert_eq!(answers, [Err(Refusal::ChannelUnknown), stored(2), Err(Refusal::ChannelUnknown), Err(Refusal::ChannelUnknown)]);
    }

    #[tokio::test]
    async fn nothing_stored_is_lost_when_nobody_hears_of_it() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        desk.faults.silence(true);
        let quiet = send("into the silence");
        assert!(desk.carry_out(vec![order(group, user(1), quiet.clone())]).await.is_empty());
        desk.faults.silence(false);
        assert_eq!(desk.ask([(group, user(2), send("hello?")), (group, user(1), quiet)]).await, [stored(4), stored(3)]);
    }

    /// What was committed is committed: to tell somebody again is not worth refusing everybody else.
    #[tokio::test]
    async fn a_failure_after_the_commit_refuses_nothing() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let first = send("first");
        desk.carry_out(vec![order(group, user(1), first.clone())]).await;
        for error in [unavailable(), PortError::Conflict, corrupt()] {
            desk.faults.next_read(error);
            let head = desk.head(group).await.0;
            let announced = desk.carry_out(vec![order(group, user(1), first.clone()), asked(1, group, user(2), send("second"))]).await;
            assert_eq!(words(&announced)[0], "message");
            assert_eq!(outcomes(&announced), BTreeMap::from([(1, stored(head + 1))]));
        }
        let announced = desk.carry_out(vec![order(group, user(1), first)]).await;
        assert_eq!(words(&announced), ["message"], "who asks again is told");
    }

    #[tokio::test]
    async fn a_retry_finds_its_message_whatever_became_of_it() {
        let mut desk = Desk::new();
        let group = desk.group(2).await;
        let said = Command::Send { client_id: client_id(), message: Message { body: Some(text("regretted")), ..Message::default() } };
        assert_eq!(desk.ask([(group, user(2), said.clone()), (group, user(2), delete(Seq(3))), (group, user(2), Command::Leave)]).await[0], stored(3));
        let announced = desk.carry_out(vec![order(group, user(2), said)]).await;
        let [(Topic::User(_), Publication::Entry(again))] = &announced[..] else { panic!("{announced:?}") };
        assert_eq!((again.seq, &again.event), (Seq(3), &Event::Message(Message::default())), "the place, and no word of what was deleted");
    }
}
