//! The process is killed while it writes. What it had acknowledged is there afterwards, once, and without gaps.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use rialto_adapters::embedded::store::{Options, Store};
use rialto_domain::apply::Command;
use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Content, Entry, Event, Message};
use rialto_domain::log::Seq;
use rialto_domain::ports::{Append, ChannelLog, ChannelStore, Lookup};
use rialto_domain::position::Position;
use rialto_domain::{ChannelId, ClientId, Timestamp, UserId};
use rialto_testkit::{Backend, Scribe, builders, truth};

use crate::process;

const LANES: u8 = 6;
const ANA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);

fn channel(lane: u8) -> ChannelId {
    ChannelId::from_bytes([100 + lane; 16])
}

/// Every client id is made of the place it will have, so that a doubled or misplaced entry shows.
fn client_id(lane: u8, seq: u64) -> ClientId {
    ClientId::new(Timestamp(1_735_689_600_000 + seq), &[lane; 10])
}

fn text(lane: u8, seq: u64) -> String {
    format!("message {seq} of lane {lane}: {}", "x".repeat((seq % 300) as usize))
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there_once_and_without_gaps() {
    let place = tempfile::tempdir().unwrap();
    {
        let store = Store::open(place.path(), Options::default()).unwrap();
        for lane in 0..LANES {
            store.create(builders::founding(channel(lane), ChannelKind::Group, ANA, &[BEN], Timestamp(5))).await.unwrap();
        }
    }
    let mut acknowledged: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    let mut marked: BTreeMap<u8, u64> = BTreeMap::new();
    for round in 0..8 {
        let mut child = process::playing("crash::part_of_the_victim", place.path()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed after ever more acknowledgements, at no particular moment.
        for line in lines.map(Result::unwrap).filter(|line| line.starts_with("ack")).take(40 << round) {
            let words: Vec<&str> = line.split(' ').collect();
            let (lane, seq): (u8, u64) = (words[2].parse().unwrap(), words[3].parse().unwrap());
            match words[1] {
                "sent" => acknowledged.entry(lane).or_default().push(seq),
                _ => marked.entry(lane).and_modify(|at| *at = seq.max(*at)).or_insert(seq).clone_into(&mut 0),
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(place.path(), Options::default()).unwrap();
        for lane in 0..LANES {
            let seqs = acknowledged.get(&lane).cloned().unwrap_or_default();
            check(&store, lane, &seqs, marked.get(&lane).copied().unwrap_or_default()).await;
        }
    }
    assert!(acknowledged.values().map(Vec::len).sum::<usize>() > 1_000, "the victim lived long enough to say something");
}

async fn check(store: &Store, lane: u8, acknowledged: &[u64], marked: u64) {
    let loaded = store.load(channel(lane)).await.unwrap();
    let head = loaded.head;
    let entries = store.entries(channel(lane), BEN, Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
    let places: Vec<u64> = entries.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(places, (1..=head.seq.0).collect::<Vec<_>>(), "every place up to the head is taken once");
    assert_eq!(head, truth::head(&entries));
    for entry in &entries[2..] {
        let words = Content::Text(text(lane, entry.seq.0));
        assert_eq!(entry.event, Event::Message(Message { body: Some(words), ..Message::default() }));
        assert_eq!(entry.client_id, Some(client_id(lane, entry.seq.0)));
    }
    let there: BTreeSet<u64> = places.into_iter().collect();
    let lost: Vec<_> = acknowledged.iter().filter(|seq| !there.contains(seq)).collect();
    assert!(lost.is_empty(), "lost in lane {lane}: {lost:?}");
    let lookup = |seq: &u64| Lookup { channel: channel(lane), actor: ANA, client_id: Some(client_id(lane, *seq)), target: None, pins: false };
    let lookups: Vec<_> = acknowledged.iter().map(lookup).collect();
    let found: Vec<_> = store.facts(&lookups).await.unwrap().iter().map(|facts| facts.sent.unwrap().0).collect();
    assert_eq!(found, acknowledged, "each is found again under its client id");

    let (ana, ben) = (loaded.member(ANA).unwrap().position, loaded.member(BEN).unwrap());
    assert!(ana.read.0 >= acknowledged.iter().copied().max().unwrap_or_default(), "who writes has read what stands above");
    assert!(ben.position.read.0 >= marked, "an acknowledged position is kept");
    let listing = store.find_listing(BEN, channel(lane)).await.unwrap().unwrap();
    let (unread, _) = truth::unread(&entries, BEN, &ben.visible, &BTreeSet::new(), ben.position.read);
    assert_eq!((listing.head, listing.position, listing.unread), (head, ben.position, unread));
    assert!(listing.minima.0 <= loaded.minima().delivered() && listing.minima.1 <= loaded.minima().read());
}

/// Writes into all lanes at once and says what was acknowledged, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part played by another process"]
async fn part_of_the_victim() {
    let Some(place) = process::stage() else { return };
    // Short generations, so that the kill falls into every phase of folding, too.
    let store = Store::open(place, Options { fold_after: Duration::from_millis(3), ..Options::default() }).unwrap();
    let lanes: Vec<_> = (0..LANES).map(|lane| tokio::spawn(write_lane(store.clone(), lane))).collect();
    for lane in lanes {
        lane.await.unwrap();
    }
}

async fn write_lane(store: Store, lane: u8) {
    let loaded = store.load(channel(lane)).await.unwrap();
    let (mut head, mut at) = (loaded.head, loaded.head.at.0);
    for round in 0..20_000_u64 {
        let messages = 1 + (round * 7 + u64::from(lane)) % 9;
        at += 3;
        let entry = |number| Entry {
            channel: channel(lane),
            seq: Seq(head.seq.0 + number),
            at: Timestamp(at),
            sender: ANA,
            client_id: Some(client_id(lane, head.seq.0 + number)),
            n: head.n + number,
            event: Event::Message(Message { body: Some(Content::Text(text(lane, head.seq.0 + number))), ..Message::default() }),
        };
        let entries: Vec<_> = (1..=messages).map(entry).collect();
        let last = entries.last().unwrap();
        let ana = (ANA, Position::starting_at(last.seq, last.n, last.at));
        let ben = (BEN, Position { delivered: last.seq, ..Position::starting_at(head.seq, head.n, Timestamp(at)) });
        let minima = (last.seq, head.seq);
        let (expected, seqs) = (head.seq, entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>());
        let append = Append { channel: channel(lane), expected, entries, members: vec![], positions: vec![ana, ben], minima, active: 2, about: None };
        store.append(vec![append]).await.unwrap();
        let mut out = std::io::stdout().lock();
        for seq in &seqs {
            writeln!(out, "ack sent {lane} {seq}").unwrap();
        }
        writeln!(out, "ack read {lane} {}", expected.0).unwrap();
        out.flush().unwrap();
        head.seq = Seq(head.seq.0 + messages);
        head.n += messages;
    }
}

/// A killed process leaves its tail to be read back; so does one that never folds.
#[tokio::test]
async fn edits_reactions_and_positions_survive_a_kill() {
    let place = tempfile::tempdir().unwrap();
    let mut child = process::playing("crash::part_of_the_editor", place.path()).spawn().unwrap();
    let done = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).any(|line| line == "done");
    assert!(done);
    child.kill().unwrap();
    child.wait().unwrap();
    let store = Store::open(place.path(), Options::default()).unwrap();
    let channel = ChannelId::from_bytes([9; 16]);
    let entries = store.entries(channel, BEN, Seq(1), Seq(u64::MAX), 100).await.unwrap();
    let history =
        store.history(channel, BEN, &[rialto_domain::log::Interval { from: Seq(1), to: None }], rialto_domain::log::Window::Latest, 100).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].message.body, Some(builders::text("second thoughts")));
    assert_eq!(history[0].reactions.len(), 1);
    assert!(history[1].deleted);
    let loaded = store.load(channel).await.unwrap();
    assert_eq!(loaded.member(BEN).unwrap().position.read, Seq(3));
    assert_eq!(loaded.head, truth::head(&entries));
    assert_eq!(loaded.member(ANA).unwrap().position.read, Seq(4));
}

#[tokio::test]
#[ignore = "a part played by another process"]
async fn part_of_the_editor() {
    let Some(place) = process::stage() else { return };
    let store = Store::open(place, Options { fold_after: Duration::from_secs(3600), ..Options::default() }).unwrap();
    let backend = Backend::of(store);
    let scribe = Scribe::new(&backend);
    let channel = ChannelId::from_bytes([9; 16]);
    backend.channels.create(builders::founding(channel, ChannelKind::Group, ANA, &[BEN], Timestamp(5))).await.unwrap();
    let first = scribe.say(channel, ANA, "first thoughts").await;
    let second = scribe.say(channel, ANA, "regrettable").await;
    scribe.write(channel, ANA, builders::edit(first, "second thoughts")).await;
    scribe.write(channel, BEN, builders::react(first, "👍", true)).await;
    scribe.write(channel, ANA, builders::delete(second)).await;
    scribe.settle(channel, BEN, Command::Mark { delivered: Seq(4), read: Seq(3) }).await;
    println!("done");
    std::thread::sleep(Duration::from_secs(60));
}
