//! One write's failure is its own; a commit's failure is everybody's, and leaves nothing behind.

use std::io::{BufRead, BufReader};

use rialto_adapters::embedded::store::{Options, Store};
use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Content, Entry, Event, Message};
use rialto_domain::log::{Head, Seq};
use rialto_domain::ports::{AccountStore, Append, ChannelLog, ChannelStore, PortError};
use rialto_domain::position::Position;
use rialto_domain::{ChannelId, Timestamp};
use rialto_testkit::{builders, truth};

use crate::process;

/// An append of messages of a certain size on a head.
fn messages(channel: ChannelId, head: &Head, count: u64, bytes: usize) -> Append {
    let sender = builders::user(1);
    let message = |number| Entry {
        channel,
        seq: Seq(head.seq.0 + number),
        at: Timestamp(head.at.0 + number),
        sender,
        client_id: Some(builders::client_id()),
        n: head.n + number,
        event: Event::Message(Message { body: Some(Content::Text("x".repeat(bytes))), ..Message::default() }),
    };
    let entries: Vec<_> = (1..=count).map(message).collect();
    let last = entries.last().unwrap();
    let positions = vec![(sender, Position::starting_at(last.seq, last.n, last.at))];
    Append { channel, expected: head.seq, entries, members: vec![], positions, minima: (Seq(1), Seq(1)), active: 1, about: None }
}

async fn found(store: &Store) -> ChannelId {
    let channel = builders::channel_id();
    ChannelStore::create(store, builders::founding(channel, ChannelKind::Group, builders::user(1), &[], Timestamp(1))).await.unwrap();
    channel
}

#[tokio::test]
async fn a_write_that_fails_spoils_none_of_those_committed_with_it() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options::default()).unwrap();
    let channel = found(&store).await;
    AccountStore::create(&store, builders::account(builders::user(1), "taken")).await.unwrap();
    let head = ChannelLog::load(&store, channel).await.unwrap().head;
    let before = store.stats().commits;
    let mut tasks = Vec::new();
    for number in 0..300_u64 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            match number % 3 {
                // Only the first of these fits on the head; the second account of a name is refused; the others are new.
                0 => ("append", number, store.append(vec![messages(channel, &head, 1, 10)]).await),
                1 => ("taken", number, AccountStore::create(&store, builders::account(builders::user(1_000 + number), "taken")).await),
                _ => ("new", number, AccountStore::create(&store, builders::account(builders::user(1_000 + number), &format!("name{number}"))).await),
            }
        }));
    }
    let mut appended = 0;
    for task in tasks {
        match task.await.unwrap() {
            ("append", _, Ok(())) => appended += 1,
            ("append" | "taken", _, Err(PortError::Conflict)) => {}
            ("new", number, Ok(())) => {
                let found = AccountStore::load(&store, builders::user(1_000 + number)).await.unwrap();
                assert_eq!(found.profile.display_name, format!("name{number}"));
            }
            (what, number, result) => panic!("{what} {number}: {result:?}"),
        }
    }
    assert_eq!(appended, 1);
    assert_eq!(ChannelLog::load(&store, channel).await.unwrap().head.seq, head.seq.next());
    assert!(store.stats().commits - before < 300, "they shared commits");
}

#[tokio::test]
async fn a_full_store_refuses_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let narrow = Options { most_bytes: Some(1 << 20), ..Options::default() };
    let store = Store::open(place.path(), narrow).unwrap();
    let channel = found(&store).await;
    let mut head = ChannelLog::load(&store, channel).await.unwrap().head;
    let refused = loop {
        match store.append(vec![messages(channel, &head, 20, 1_000)]).await {
            Ok(()) => head = ChannelLog::load(&store, channel).await.unwrap().head,
            Err(error) => break error,
        }
        assert!(head.seq < Seq(10_000), "a mebibyte is full at some time");
    };
    assert!(matches!(refused, PortError::Full { .. }), "{refused:?}");
    assert!(matches!(store.append(vec![messages(channel, &head, 20, 1_000)]).await, Err(PortError::Full { .. })), "and again");
    let entries = store.entries(channel, builders::user(1), Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
    assert_eq!(truth::head(&entries), head);
    assert_eq!(entries.len() as u64, head.seq.0);
    drop(store);
    let store = Store::open(place.path(), Options::default()).unwrap();
    assert_eq!(ChannelLog::load(&store, channel).await.unwrap().head, head);
    store.append(vec![messages(channel, &head, 20, 1_000)]).await.unwrap();
}

#[test]
fn a_commit_that_the_system_refuses_is_told_to_all_and_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    // Files may not grow beyond a mebibyte, and whoever tries is told instead of being killed.
    let mut child = process::playing_under("trap '' XFSZ; ulimit -f 1024", "failure::part_of_the_writer_in_a_corner", place.path()).spawn().unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success(), "{lines:?}");
    let told = lines.iter().find_map(|line| line.strip_prefix("head ")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(place.path(), Options::default()).unwrap();
        let channel = store.memberships(builders::user(1)).await.unwrap()[0];
        let head = ChannelLog::load(&store, channel).await.unwrap().head;
        assert_eq!(head.seq.to_string(), told);
        store.append(vec![messages(channel, &head, 20, 1_000)]).await.unwrap();
    });
}

#[tokio::test]
#[ignore = "a part played by another process"]
async fn part_of_the_writer_in_a_corner() {
    let Some(place) = process::stage() else { return };
    let store = Store::open(place, Options::default()).unwrap();
    let channel = found(&store).await;
    let mut head = ChannelLog::load(&store, channel).await.unwrap().head;
    let refused = loop {
        match store.append(vec![messages(channel, &head, 20, 1_000)]).await {
            Ok(()) => head = ChannelLog::load(&store, channel).await.unwrap().head,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, PortError::Unavailable { .. } | PortError::Full { .. }), "{refused:?}");
    assert_eq!(ChannelLog::load(&store, channel).await.unwrap().head, head, "the head is that of the last commit");
    let entries = store.entries(channel, builders::user(1), Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
    assert_eq!(truth::head(&entries), head);
    println!("head {}", head.seq);
}

#[tokio::test]
async fn beyond_its_bound_the_queue_refuses() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options { waiting_bytes: 1 << 20, ..Options::default() }).unwrap();
    let channel = found(&store).await;
    let head = ChannelLog::load(&store, channel).await.unwrap().head;
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let (store, append) = (store.clone(), messages(channel, &head, 1, 100_000));
            tokio::spawn(async move { store.append(vec![append]).await })
        })
        .collect();
    let mut overloaded = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) | Err(PortError::Conflict) => {}
            Err(PortError::Overloaded { .. }) => overloaded += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(overloaded > 0, "twenty megabytes do not fit into one");
    assert_eq!(ChannelLog::load(&store, channel).await.unwrap().head.seq, head.seq.next(), "one fitted on the head");
}

#[tokio::test]
async fn a_closed_store_refuses_and_opens_again_with_everything() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options::default()).unwrap();
    let channel = found(&store).await;
    let head = ChannelLog::load(&store, channel).await.unwrap().head;
    store.append(vec![messages(channel, &head, 3, 10)]).await.unwrap();
    store.close().await;
    assert_eq!(store.stats().wal_bytes, 0, "everything is in one file");
    assert!(matches!(ChannelLog::load(&store, channel).await, Err(PortError::Unavailable { .. })));
    assert!(matches!(store.append(vec![]).await, Err(PortError::Unavailable { .. })));
    drop(store);
    let store = Store::open(place.path(), Options::default()).unwrap();
    assert_eq!(ChannelLog::load(&store, channel).await.unwrap().head.seq, Seq(head.seq.0 + 3));
}
