//! What is gone is gone.

use rialto_domain::apply::Command;
use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{ChannelChange, Event, Message};
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{Lookup, PortError};
use rialto_domain::publication::Outcome;
use rialto_domain::{ChannelId, Refusal};

use crate::builders::{delete, edit, mark, mention, pin, react, reply, send, user};
use crate::{Backend, Scribe};

const EVERYTHING: [Interval; 1] = [Interval { from: Seq(1), to: None }];

/// Neither the message nor its edits tell it any more, nor whom it called; its place and what it answered remain.
pub async fn deleted_text_is_in_none_of_the_answers(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let question = scribe.say(channel, user(1), "harmless").await;
    let secret = scribe.write(channel, user(2), reply("a SECRET", question)).await;
    let calling = scribe.write(channel, user(2), mention("another SECRET", &[user(1)])).await;
    let edited = scribe.write(channel, user(2), edit(secret, "a worse SECRET")).await;
    scribe.write(channel, user(2), edit(secret, "the last SECRET")).await;
    assert!(answers(&backend, channel).await.contains("SECRET"), "the test can see it");
    for target in [secret, calling] {
        scribe.write(channel, user(2), delete(target)).await;
    }
    assert!(!answers(&backend, channel).await.contains("SECRET"));

    let entries = backend.log.entries(channel, user(1), Seq(1), Seq(100), 100).await.expect("entries");
    let event = |seq: Seq| &entries[seq.0 as usize - 1].event;
    assert_eq!(event(secret), &Event::Message(Message { reply_to: Some(question), ..Message::default() }));
    assert_eq!(event(calling), &Event::Message(Message::default()));
    assert_eq!(event(edited), &Event::Edit { target: secret, body: None, mentions: Default::default() });
    let history = backend.log.history(channel, user(1), &EVERYTHING, Window::Latest, 2).await.expect("history");
    assert!(history.iter().all(|message| message.deleted && message.message.body.is_none()), "a tombstone stands in its place");
}

/// An edit takes the earlier text out of every answer.
pub async fn replaced_text_is_in_none_of_the_answers(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let seq = scribe.say(channel, user(1), "a MISTAKE").await;
    let first = scribe.write(channel, user(1), edit(seq, "another MISTAKE")).await;
    scribe.write(channel, user(1), edit(seq, "right at last")).await;
    assert!(!answers(&backend, channel).await.contains("MISTAKE"));
    let entries = backend.log.entries(channel, user(2), first, first, 1).await.expect("entries");
    assert!(format!("{entries:?}").contains("right at last"), "an edit carries the text that the message has now: {entries:?}");
}

/// Nothing that anybody attached to it remains.
pub async fn a_deleted_message_loses_its_reactions_and_its_pin(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let kept = scribe.say(channel, user(1), "kept").await;
    let seq = scribe.say(channel, user(1), "gone").await;
    for target in [kept, seq] {
        scribe.write(channel, user(2), react(target, "👍", true)).await;
        scribe.write(channel, user(1), pin(target, true)).await;
    }
    scribe.write(channel, user(1), delete(seq)).await;
    let history = backend.log.history(channel, user(2), &EVERYTHING, Window::Latest, 2).await.expect("history");
    let told: Vec<_> = history.iter().map(|message| (message.reactions.len(), message.pinned, message.deleted)).collect();
    assert_eq!(told, [(1, true, false), (0, false, true)]);
    let pinned = backend.log.pinned(channel, user(2), &EVERYTHING).await.expect("pinned");
    assert_eq!(pinned, history[..1]);
}

/// Everything earlier is purged; nobody is in; the entry that says so can still be fetched.
pub async fn a_deleted_channel_keeps_its_last_entry_only(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let sending = send("a SECRET");
    let seq = scribe.write(channel, user(1), sending.clone()).await;
    scribe.write(channel, user(1), pin(seq, true)).await;
    scribe.settle(channel, user(2), mark(3, 3)).await;
    let last = scribe.write(channel, user(1), Command::DeleteChannel).await;

    let entries = backend.log.entries(channel, user(2), Seq(1), Seq(100), 100).await.expect("entries");
    let [entry] = &entries[..] else { panic!("one entry, not {entries:?}") };
    assert_eq!(entry.seq, last);
    assert_eq!(entry.event, Event::Channel(ChannelChange { deleted: true, ..ChannelChange::default() }));
    assert!(!answers(&backend, channel).await.contains("SECRET"));
    assert_eq!(backend.log.history(channel, user(2), &EVERYTHING, Window::Latest, 10).await.expect("history"), Vec::new());
    assert_eq!(backend.log.pinned(channel, user(2), &EVERYTHING).await.expect("pinned"), Vec::new());

    let loaded = backend.log.load(channel).await.expect("its writer is told that it was deleted");
    assert!(loaded.deleted);
    assert_eq!((loaded.head.seq, loaded.active_count()), (last, 0));
    assert!(matches!(backend.channels.roster(channel).await, Err(PortError::NotFound)));
    for n in [1, 2] {
        assert_eq!(backend.channels.find_listing(user(n), channel).await.expect("the store answers"), None);
        assert_eq!(backend.channels.memberships(user(n)).await.expect("the store answers"), []);
        let member = backend.channels.find_member(channel, user(n)).await.expect("the store answers").expect("is remembered");
        assert_eq!(member.visible.last().and_then(|stretch| stretch.to), Some(last), "former members may fetch the last entry");
    }
    assert_eq!(scribe.command(channel, user(1), send("anybody?")).await, Err(Refusal::ChannelUnknown));
}

/// What was written in the same breath goes as well.
pub async fn a_channel_deleted_together_with_its_last_words_keeps_none_of_them(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    scribe.say(channel, user(2), "a SECRET").await;
    let commands = [(user(2), send("another SECRET")), (user(1), Command::DeleteChannel), (user(2), send("too late"))];
    let outcomes = scribe.together(channel, &commands).await;
    assert_eq!(outcomes, [Ok(Outcome::Stored(Seq(4))), Ok(Outcome::Stored(Seq(5))), Err(Refusal::ChannelUnknown)]);
    let entries = backend.log.entries(channel, user(2), Seq(1), Seq(100), 100).await.expect("entries");
    assert_eq!(entries, scribe.written(channel)[4..]);
    assert!(!answers(&backend, channel).await.contains("SECRET"));
}

/// Everything that a store says of a channel, as text.
async fn answers(backend: &Backend, channel: ChannelId) -> String {
    let mut text = format!("{:?}", backend.log.load(channel).await);
    for reader in [user(1), user(2)] {
        text += &format!("{:?}", backend.log.entries(channel, reader, Seq(1), Seq(1_000), 1_000).await);
        for window in [Window::Latest, Window::Before(Seq(1_000)), Window::After(Seq(0)), Window::Around(Seq(4))] {
            text += &format!("{:?}", backend.log.history(channel, reader, &EVERYTHING, window, 1_000).await);
        }
        text += &format!("{:?}", backend.log.pinned(channel, reader, &EVERYTHING).await);
        text += &format!("{:?}", backend.channels.list(reader, None, 100).await);
        for seq in 1..10 {
            let lookup = Lookup { channel, actor: reader, client_id: None, target: Some(Seq(seq)), pins: true };
            text += &format!("{:?}", backend.log.facts(&[lookup]).await);
        }
    }
    text
}
