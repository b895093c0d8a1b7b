//! Answers are the same whether they come from the tail, from the tables, or while one becomes the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rialto_adapters::embedded::store::{Options, Store};
use rialto_domain::apply::Command;
use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::Content;
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{ChannelLog, ChannelStore, Lookup};
use rialto_testkit::{Backend, Scribe, builders, truth};

const ALL: [Interval; 1] = [Interval { from: Seq(1), to: None }];

/// Folding begins anew all the time, while readers look.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_saw_an_entry_never_misses_it_later_while_the_tail_is_folded() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options { fold_after: Duration::from_micros(300), readers: 3, ..Options::default() }).unwrap();
    let scribe = Scribe::new(&Backend::of(store.clone()));
    let (ana, ben) = (builders::user(1), builders::user(2));
    let channel = scribe.open(ChannelKind::Group, ana, &[ben]).await;
    let (written, done) = (Arc::new(AtomicU64::new(2)), Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (store, written, done) = (store.clone(), written.clone(), done.clone());
            tokio::spawn(async move {
                let (mut seen, mut read) = (Seq::ZERO, Seq::ZERO);
                while !done.load(Ordering::SeqCst) {
                    let known = Seq(written.load(Ordering::SeqCst));
                    let entries = store.entries(channel, ben, Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
                    let places: Vec<u64> = entries.iter().map(|entry| entry.seq.0).collect();
                    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>(), "no gap at any moment");
                    let last = Seq(places.len() as u64);
                    assert!(last >= known, "what was acknowledged is seen: {last} after {known}");
                    assert!(last >= seen, "what was seen stays: {last} after {seen}");
                    seen = last;
                    let listing = store.find_listing(ana, channel).await.unwrap().unwrap();
                    assert!(listing.head.seq >= seen && listing.position.read >= read, "heads and positions only rise");
                    read = listing.position.read;
                    assert_eq!(listing.unread, 0, "who writes has read what stands above");
                    let newest = store.history(channel, ben, &ALL, Window::Latest, 3).await.unwrap();
                    assert!(newest.last().is_none_or(|message| message.seq >= seen));
                }
            })
        })
        .collect();
    for number in 0..400 {
        let seq = scribe.say(channel, ana, &format!("message {number}")).await;
        written.store(seq.0, Ordering::SeqCst);
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn a_long_stretch_without_messages_is_leapt_over() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options { fold_after: Duration::from_millis(2), ..Options::default() }).unwrap();
    let scribe = Scribe::new(&Backend::of(store.clone()));
    let (ana, ben) = (builders::user(1), builders::user(2));
    let channel = scribe.open(ChannelKind::Group, ana, &[ben]).await;
    let first = scribe.say(channel, ana, "the first").await;
    let second = scribe.say(channel, ben, "the second").await;
    for on in [true, false].into_iter().cycle().take(300) {
        scribe.write(channel, ben, builders::react(first, "👍", on)).await;
    }
    let third = scribe.say(channel, ana, "the third").await;
    for on in [true, false].into_iter().cycle().take(150) {
        scribe.write(channel, ben, builders::react(third, "👍", on)).await;
    }
    let written = scribe.written(channel);
    for limit in [1, 2, 3, 10] {
        for window in [
            Window::Latest,
            Window::Before(third),
            Window::Before(Seq(200)),
            Window::After(second),
            Window::After(Seq(100)),
            Window::After(third),
            Window::Around(second),
        ] {
            let told = store.history(channel, ben, &ALL, window, limit).await.unwrap();
            assert_eq!(told, truth::history(&written, ben, &ALL, &BTreeSet::new(), window, limit), "{window:?} {limit}");
        }
    }
}

/// The newest messages are kept in memory by who reads them: no change may be missed there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_saw_a_change_of_a_message_never_sees_it_undone() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options { fold_after: Duration::from_micros(300), readers: 3, ..Options::default() }).unwrap();
    let scribe = Scribe::new(&Backend::of(store.clone()));
    let (ana, ben) = (builders::user(1), builders::user(2));
    let channel = scribe.open(ChannelKind::Group, ana, &[ben]).await;
    scribe.say(channel, ana, "0").await;
    let (written, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (store, written, done) = (store.clone(), written.clone(), done.clone());
            tokio::spawn(async move {
                let mut seen = 0;
                while !done.load(Ordering::SeqCst) {
                    let known = written.load(Ordering::SeqCst);
                    let page = store.history(channel, ben, &ALL, Window::Latest, 10).await.unwrap();
                    let Some(Content::Text(text)) = &page.last().unwrap().message.body else { panic!("{page:?}") };
                    let version: u64 = text.parse().unwrap();
                    assert!(version >= known, "what was acknowledged is seen: {version} after {known}");
                    assert!(version >= seen, "what was seen stays: {version} after {seen}");
                    seen = version;
                }
            })
        })
        .collect();
    for message in 1..=50_u64 {
        let seq = scribe.say(channel, ana, &(10 * message).to_string()).await;
        for version in 10 * message + 1..10 * message + 8 {
            scribe.write(channel, ana, builders::edit(seq, &version.to_string())).await;
            written.store(version, Ordering::SeqCst);
        }
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn client_ids_that_look_alike_are_told_apart() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path(), Options { fold_after: Duration::ZERO, ..Options::default() }).unwrap();
    let scribe = Scribe::new(&Backend::of(store.clone()));
    let (ana, ben) = (builders::user(1), builders::user(2));
    let channel = scribe.open(ChannelKind::Group, ana, &[ben]).await;
    let other = scribe.open(ChannelKind::Group, ana, &[ben]).await;
    let alike = |last| rialto_domain::ClientId::from_bytes([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, last]);
    let say = |client_id, words: &str| match builders::send(words) {
        Command::Send { message, .. } => Command::Send { client_id, message },
        other => other,
    };
    let mut places = Vec::new();
    for last in 0..200 {
        places.push(scribe.write(channel, ana, say(alike(last), "hello")).await);
    }
    let elsewhere = scribe.write(other, ana, say(alike(3), "hello")).await;
    let by_ben = scribe.write(channel, ben, say(alike(3), "hello")).await;
    let sent = async |channel, actor, client_id| {
        let lookup = Lookup { channel, actor, client_id: Some(client_id), target: None, pins: false };
        store.facts(&[lookup]).await.unwrap().remove(0).sent
    };
    for last in 0..200 {
        assert_eq!(sent(channel, ana, alike(last)).await, Some(places[usize::from(last)]));
    }
    assert_eq!(sent(other, ana, alike(3)).await, Some(elsewhere));
    assert_eq!(sent(channel, ben, alike(3)).await, Some(by_ben));
    assert_eq!(sent(channel, ben, alike(4)).await, None);
}

#[tokio::test]
async fn positions_survive_closing_whether_folded_or_not() {
    for fold_after in [Duration::ZERO, Duration::from_secs(3600)] {
        let place = tempfile::tempdir().unwrap();
        let options = || Options { fold_after, ..Options::default() };
        let store = Store::open(place.path(), options()).unwrap();
        let scribe = Scribe::new(&Backend::of(store.clone()));
        let people = builders::users(1, 5);
        let channel = scribe.open(ChannelKind::Group, people[0], &people[1..]).await;
        for number in 0..20_u64 {
            scribe.say(channel, people[(number % 2) as usize], "hello").await;
            scribe.settle(channel, people[2 + (number % 3) as usize], builders::mark(3 + number, 2 + number)).await;
        }
        let before = store.load(channel).await.unwrap();
        let listings = async |store: &Store| {
            let mut listings = Vec::new();
            for user in &people {
                listings.push(store.find_listing(*user, channel).await.unwrap().unwrap());
            }
            listings
        };
        let listed = listings(&store).await;
        drop((scribe, store));
        let store = Store::open(place.path(), options()).unwrap();
        let after = store.load(channel).await.unwrap();
        assert!(before.members().eq(after.members()));
        assert_eq!(listed, listings(&store).await);
    }
}
