//! Many people at once do whatever comes to their minds while the store fails now and then. Afterwards everything adds up.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Member, Role};
use rialto_domain::entry::{Entry, Event, Mentions};
use rialto_domain::history::Folded;
use rialto_domain::limit::Rate;
use rialto_domain::log::Window;
use rialto_domain::ports::PortError;
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::{ChannelId, ClientId, Refusal, Seq, UserId, unread};
use rialto_service::{MessageDraft, PageRequest, RatePolicy};
use rialto_testkit::builders::text;
use rialto_testkit::faults::{Fault, full, unavailable};
use rialto_testkit::town::{Plan, draft};
use rialto_testkit::{Dice, Town};

const PEOPLE: [&str; 6] = ["ana", "bob", "cleo", "dan", "eve", "finn"];
const STEPS: usize = 250;

/// What somebody was told, for ever.
#[derive(Default)]
struct Journal {
    /// In the order in which they were told: this message stands there.
    stored: Vec<(ChannelId, ClientId, Seq)>,
    /// What they deleted for themselves.
    hidden: BTreeSet<(ChannelId, Seq)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_many_people_do_at_once_everything_adds_up() {
    for seed in 1..=6 {
        let rate = Rate::new(1_000, 1, 100_000);
        let rates = RatePolicy { registrations: rate, discoveries: rate, ..RatePolicy::default() };
        let town = Arc::new(Plan { seed, rates, ..Plan::default() }.found().await);
        let people = town.people(PEOPLE).await;
        let channels = found_channels(&town, &people).await;
        town.witness.announced();

        let lives: Vec<_> =
            (0..people.len()).map(|n| tokio::spawn(live(town.clone(), people, n, channels.clone(), Dice::new(seed * 100 + n as u64)))).collect();
        let mut journals = Vec::new();
        for life in lives {
            journals.push(life.await.unwrap());
        }
        town.faults.mend();
        town.settle().await;

        announcements_went_forward(&town.witness.announced(), seed);
        for channel in &channels {
            let log = town.backend.log.entries(*channel, UserId::from_bytes([0; 16]), Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
            the_log_is_sound(&log, seed);
            for (who, journal) in people.iter().zip(&journals) {
                what_was_acknowledged_is_there(&log, *who, journal, seed);
                if let Some(member) = town.backend.channels.find_member(*channel, who.user).await.unwrap() {
                    what_is_read_is_the_log(&town, &log, *who, &member, journal, seed).await;
                }
            }
        }
        let told = journals.iter().map(|journal| journal.stored.len()).sum::<usize>();
        assert!(told > 100, "seed {seed}: enough happened: {told}");
    }
}

async fn found_channels(town: &Town, people: &[Identity; 6]) -> Vec<ChannelId> {
    let group = town.group(people[0], &people[1..]).await;
    let news = town.open(ChannelKind::Broadcast, people[1], &people[2..4]).await;
    for other in [people[1], people[2]] {
        town.service.set_role(people[0], group, other.user, Role::Owner).await.unwrap();
    }
    vec![group, news, town.direct(people[0], people[1]).await, town.group(people[2], &people[3..]).await]
}

/// Something goes wrong, once.
fn make_trouble(town: &Town, dice: &mut Dice) {
    match dice.below(7) {
        0 => town.faults.next_append(Fault::Before(PortError::Conflict)),
        1 => town.faults.next_append(Fault::Before(full())),
        2 => town.faults.next_append(Fault::Before(unavailable())),
        3 => town.faults.next_append(Fault::After(unavailable())),
        4 => town.faults.next_load(unavailable()),
        5 => town.faults.next_look_up(PortError::Overloaded { backend: "store" }),
        _ => town.faults.next_read(unavailable()),
    }
}

async fn live(town: Arc<Town>, people: [Identity; 6], n: usize, channels: Vec<ChannelId>, mut dice: Dice) -> Journal {
    let me = people[n];
    let mut journal = Journal::default();
    let mut said: Vec<(ChannelId, MessageDraft)> = Vec::new();
    for _ in 0..STEPS {
        town.clock.advance_ms(dice.below(50));
        if dice.one_in(15) {
            make_trouble(&town, &mut dice);
        }
        let (channel, other, seq) = (dice.pick(&channels), dice.pick(&people), Seq(1 + dice.below(200)));
        // A refusal changes nothing, and is as good a step as any.
        match dice.below(30) {
            0..10 => {
                let draft = any_draft(&mut dice, &people, seq);
                say(&town, me, channel, draft.clone(), &mut journal).await;
                said.push((channel, draft));
            }
            10..12 if !said.is_empty() => {
                let (channel, draft) = dice.pick(&said);
                say(&town, me, channel, draft, &mut journal).await;
            }
            12..15 => drop(town.service.send(me, channel, any_draft(&mut dice, &people, seq), false).await),
            15..17 => drop(town.service.edit(me, channel, seq, text("edited"), Mentions::default(), None).await),
            17 => drop(town.service.delete(me, channel, seq, None).await),
            18..20 => drop(town.service.react(me, channel, seq, "👍".to_owned(), dice.one_in(2), None).await),
            20 => {
                if town.service.hide(me, channel, seq).await.is_ok() {
                    journal.hidden.insert((channel, seq));
                }
            }
            21..25 => drop(town.service.mark(me, &[(channel, seq, Seq(dice.below(200)))]).await),
            25 if dice.one_in(2) => drop(town.service.leave(me, channel).await),
            25..28 => drop(town.service.add_members(me, channel, vec![other.user]).await),
            28 => drop(town.service.remove_member(me, channel, other.user).await),
            _ => drop(town.service.pin(me, channel, seq, dice.one_in(2)).await),
        }
    }
    journal
}

fn any_draft(dice: &mut Dice, people: &[Identity; 6], seq: Seq) -> MessageDraft {
    let users = if dice.one_in(6) { vec![dice.pick(people).user] } else { Vec::new() };
    MessageDraft { mentions: Mentions { users, all: dice.one_in(10) }, reply_to: dice.one_in(12).then_some(seq), ..draft("whatever") }
}

/// Says something, and says it again for as long as nobody knows whether it was heard.
async fn say(town: &Town, me: Identity, channel: ChannelId, draft: MessageDraft, journal: &mut Journal) {
    loop {
        match town.service.send(me, channel, draft.clone(), true).await {
            Ok(Some(seq)) => return journal.stored.push((channel, draft.client_id, seq)),
            Ok(None) => panic!("a message has a place"),
            Err(Refusal::OutcomeUnknown | Refusal::Unavailable | Refusal::StorageFull) => {}
            Err(_) => return,
        }
    }
}

/// Every entry was announced at most once, in order; and no position went back.
fn announcements_went_forward(announced: &[(Topic, Publication)], seed: u64) {
    let mut heads: BTreeMap<ChannelId, Seq> = BTreeMap::new();
    let mut members: BTreeMap<(ChannelId, UserId), (Seq, Seq)> = BTreeMap::new();
    let mut minima: BTreeMap<ChannelId, (Seq, Seq)> = BTreeMap::new();
    for (topic, publication) in announced {
        match (topic, publication) {
            (Topic::Channel(channel), Publication::Entry(entry)) => {
                let head = heads.entry(*channel).or_default();
                assert!(entry.seq > *head, "seed {seed}: {} after {head}", entry.seq);
                *head = entry.seq;
            }
            (Topic::Channel(channel), Publication::Positions(moved)) => {
                let before = minima.entry(*channel).or_default();
                assert!(moved.delivered >= before.0 && moved.read >= before.1, "seed {seed}: {moved:?} after {before:?}");
                *before = (moved.delivered, moved.read);
                for member in &moved.members {
                    let before = members.entry((*channel, member.user)).or_default();
                    assert!(
                        member.delivered >= before.0 && member.read >= before.1 && member.read <= member.delivered,
                        "seed {seed}: {member:?} after {before:?}"
                    );
                    *before = (member.delivered, member.read);
                }
            }
            _ => {}
        }
    }
}

/// Without gaps, counted rightly, and nothing twice.
fn the_log_is_sound(log: &[Entry], seed: u64) {
    let mut names = BTreeSet::new();
    let mut n = 0;
    for (entry, place) in log.iter().zip(1..) {
        n += u64::from(entry.event.counts());
        assert_eq!((entry.seq, entry.n), (Seq(place), n), "seed {seed}");
        if let Some(client_id) = entry.client_id {
            assert!(names.insert((entry.sender, client_id)), "seed {seed}: {} stands twice", entry.seq);
        }
    }
    assert!(log.is_sorted_by_key(|entry| entry.at), "seed {seed}");
}

/// Everything that somebody was told is stored stands where they were told, in the order in which they said it.
fn what_was_acknowledged_is_there(log: &[Entry], who: Identity, journal: &Journal, seed: u64) {
    let mut last = BTreeMap::new();
    for (channel, client_id, seq) in journal.stored.iter().filter(|(channel, ..)| *channel == log[0].channel) {
        let entry = &log[seq.0 as usize - 1];
        assert_eq!((entry.sender, entry.client_id), (who.user, Some(*client_id)), "seed {seed}: {channel} {seq}");
        let first_told = last.entry(*client_id).or_insert(*seq);
        assert_eq!(first_told, seq, "seed {seed}: told twice, the same place twice");
    }
    let firsts: Vec<Seq> = journal.stored.iter().filter(|(channel, ..)| *channel == log[0].channel).map(|(.., seq)| *seq).collect();
    let new: Vec<Seq> = firsts.iter().enumerate().filter(|(at, seq)| !firsts[..*at].contains(seq)).map(|(_, seq)| *seq).collect();
    assert!(new.is_sorted(), "seed {seed}: {new:?}");
}

/// History is the log within what one may read, and the counts are the truth.
async fn what_is_read_is_the_log(town: &Town, log: &[Entry], who: Identity, member: &Member, journal: &Journal, seed: u64) {
    let channel = log[0].channel;
    let sees = |seq: Seq| member.sees(seq) && !journal.hidden.contains(&(channel, seq));
    let messages: Vec<&Entry> = log.iter().filter(|entry| entry.event.counts()).collect();
    let readable: Vec<Seq> = messages.iter().map(|entry| entry.seq).filter(|seq| sees(*seq)).collect();
    let history = all_history(town, who, channel).await;
    assert_eq!(history.iter().map(|message| message.seq).collect::<Vec<_>>(), readable, "seed {seed}");

    let position = member.position;
    let up_to_read = messages.iter().filter(|entry| entry.seq <= position.read).count() as u64;
    assert_eq!(position.read_n, up_to_read, "seed {seed}: {position:?}");
    let Ok(listed) = town.service.channel(who, channel).await else { return };
    let is_waiting = |message: &&Folded| message.seq > position.read && message.sender != who.user && !message.deleted;
    let waiting: Vec<&Folded> = history.iter().filter(is_waiting).collect();
    let calls = |message: &&&Folded| message.message.mentions.all || message.message.mentions.users.contains(&who.user);
    let truth = (waiting.len() as u64, waiting.iter().filter(calls).count() as u64);
    assert_eq!((listed.listing.unread, listed.listing.mentions), truth, "seed {seed}");
    assert!(unread::at_most(&listed.listing.head, &position) >= truth.0, "seed {seed}");
    let deleted = log.iter().filter_map(|entry| if let Event::Delete { target } = entry.event { Some(target) } else { None });
    let deleted: BTreeSet<Seq> = deleted.collect();
    assert!(history.iter().all(|message| message.deleted == deleted.contains(&message.seq)), "seed {seed}");
}

async fn all_history(town: &Town, who: Identity, channel: ChannelId) -> Vec<Folded> {
    let mut all: Vec<Folded> = Vec::new();
    loop {
        let from = all.last().map_or(Seq::ZERO, |message| message.seq);
        let page = town.service.history(who, channel, PageRequest { window: Window::After(from), limit: 50 }).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}
