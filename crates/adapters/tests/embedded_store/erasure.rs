//! What was deleted is gone from the files, not only from the answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use rialto_adapters::embedded::store::{Options, Store};
use rialto_domain::ChannelId;
use rialto_domain::apply::Command;
use rialto_domain::channel::ChannelKind;
use rialto_domain::ports::ChannelStore;
use rialto_testkit::{Backend, Scribe, builders};

/// The files of a directory in which a text stands.
fn files_with(place: &Path, text: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let files = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| holds(&fs::read(path).unwrap())).map(|path| path.display().to_string()).collect()
}

struct Desk {
    place: tempfile::TempDir,
    store: Store,
    scribe: Scribe,
    channel: ChannelId,
}

impl Desk {
    async fn new(options: Options) -> Self {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(place.path(), options).unwrap();
        let scribe = Scribe::new(&Backend::of(store.clone()));
        let channel = scribe.open(ChannelKind::Group, builders::user(1), &[builders::user(2)]).await;
        Self { place, store, scribe, channel }
    }

    async fn say(&self, words: &str) -> rialto_domain::Seq {
        self.scribe.say(self.channel, builders::user(1), words).await
    }

    async fn write(&self, command: Command) {
        self.scribe.write(self.channel, builders::user(1), command).await;
    }
}

#[tokio::test]
async fn deleted_and_replaced_text_is_in_no_file_after_closing() {
    let desk = Desk::new(Options::default()).await;
    let deleted = desk.say("the password is hunter2").await;
    let replaced = desk.say("meet me at the fountain").await;
    let long = desk.say(&"a long confession ".repeat(800)).await;
    desk.say("this one stays as it is").await;
    desk.write(builders::delete(deleted)).await;
    desk.write(builders::edit(replaced, "meet me at the bridge")).await;
    desk.write(builders::edit(replaced, "stay at home")).await;
    desk.write(builders::delete(long)).await;
    desk.store.close().await;
    for gone in ["hunter2", "fountain", "bridge", "a long confession"] {
        assert_eq!(files_with(desk.place.path(), gone), [""; 0], "{gone}");
    }
    assert_eq!(files_with(desk.place.path(), "this one stays").len(), 1, "the search would find it");
}

#[tokio::test]
async fn deleted_text_leaves_the_files_of_a_store_at_work() {
    let desk = Desk::new(Options { erase_within: Duration::from_millis(20), ..Options::default() }).await;
    let deleted = desk.say("the password is hunter2").await;
    // It was written; a checkpoint may carry it from a file that is not read yet to one that was.
    while files_with(desk.place.path(), "hunter2").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    desk.write(builders::delete(deleted)).await;
    while !files_with(desk.place.path(), "hunter2").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let words = desk.scribe.written(desk.channel).len();
    assert_eq!(words, 4, "and nothing else is missing");
}

#[tokio::test]
async fn a_deleted_channel_leaves_the_files_too() {
    let desk = Desk::new(Options { fold_after: Duration::from_millis(5), erase_within: Duration::from_millis(20), ..Options::default() }).await;
    let kept = desk.scribe.open(ChannelKind::Group, builders::user(1), &[builders::user(2)]).await;
    for number in 0..700 {
        desk.say(&format!("gossip number {number}")).await;
        if number % 50 == 0 {
            desk.scribe.say(kept, builders::user(2), "something else").await;
        }
    }
    desk.write(Command::DeleteChannel).await;
    assert_eq!(desk.store.memberships(builders::user(2)).await.unwrap(), [kept]);
    while !files_with(desk.place.path(), "gossip").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let left = Backend::of(desk.store.clone()).log.entries(desk.channel, builders::user(1), 1.into_seq(), 10_000.into_seq(), 10_000).await.unwrap();
    assert_eq!(left.len(), 1, "that it was deleted is still told");
    let other = Backend::of(desk.store.clone()).log.entries(kept, builders::user(1), 1.into_seq(), 10_000.into_seq(), 10_000).await.unwrap();
    assert_eq!(other.len(), 2 + 14, "and the other channel is whole");
}

trait IntoSeq {
    fn into_seq(self) -> rialto_domain::Seq;
}

impl IntoSeq for u64 {
    fn into_seq(self) -> rialto_domain::Seq {
        rialto_domain::Seq(self)
    }
}

/// Eight bytes that occur in one text alone.
fn word(number: usize) -> String {
    format!("<{number:06}>")
}

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    Edit(usize, usize),
    Delete(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![1usize..40, 40usize..600, 3_000usize..6_000];
    prop_oneof![
        4 => size.clone().prop_map(Step::Say),
        3 => (any::<usize>(), size).prop_map(|(which, size)| Step::Edit(which, size)),
        2 => any::<usize>().prop_map(Step::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Growing and shrinking rows move others between pages; no copy may be left behind anywhere.
    #[test]
    fn no_history_of_edits_leaves_a_copy_behind(steps in prop::collection::vec(step(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new(Options::default()).await;
            let mut says: Vec<(rialto_domain::Seq, Option<usize>)> = Vec::new();
            let mut gone: Vec<usize> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                // Repeated until it is long enough, so that any piece of it is found.
                let words = |size: usize| word(number).repeat(1 + size / 8);
                match step {
                    Step::Say(size) => says.push((desk.say(&words(size)).await, Some(number))),
                    Step::Edit(which, size) if !says.is_empty() => {
                        let which = which % says.len();
                        let (seq, text) = &mut says[which];
                        if let Some(old) = text {
                            desk.write(builders::edit(*seq, &words(size))).await;
                            gone.push(std::mem::replace(old, number));
                        }
                    }
                    Step::Delete(which) if !says.is_empty() => {
                        let which = which % says.len();
                        let (seq, text) = &mut says[which];
                        if let Some(old) = text.take() {
                            desk.write(builders::delete(*seq)).await;
                            gone.push(old);
                        }
                    }
                    _ => {}
                }
            }
            desk.store.close().await;
            let bytes = fs::read(desk.place.path().join("store.db")).unwrap();
            let left: BTreeSet<&[u8]> = bytes.windows(8).filter(|window| window[0] == b'<' && window[7] == b'>').collect();
            for number in gone {
                assert!(!left.contains(word(number).as_bytes()), "a piece of text {number} was left behind");
            }
            for number in says.into_iter().filter_map(|(_, number)| number) {
                assert!(left.contains(word(number).as_bytes()), "text {number} is still said");
            }
        });
    }
}
