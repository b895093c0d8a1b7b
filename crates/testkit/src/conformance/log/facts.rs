//! What is known of the past when a command is decided.

use rialto_domain::apply::{Command, Facts, Target};
use rialto_domain::channel::ChannelKind;
use rialto_domain::log::Seq;
use rialto_domain::ports::Lookup;
use rialto_domain::{ChannelId, ClientId, UserId};

use crate::builders::{add, channel_id, client_id, delete, edit, pin, react, send, user, users};
use crate::{Backend, Scribe};

/// Under its channel, its sender and its client id, and no others.
pub async fn a_command_is_found_again_under_its_client_id(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let elsewhere = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let sending = send("once");
    let seq = scribe.write(channel, user(1), sending.clone()).await;
    for command in [edit(seq, "twice"), react(seq, "👍", true), react(seq, "👍", false), delete(seq)] {
        let id = command.client_id().expect("has one");
        assert_eq!(sent(&backend, channel, user(1), id).await, None);
        let stored = scribe.write(channel, user(1), command.clone()).await;
        assert_eq!(sent(&backend, channel, user(1), id).await, Some(stored), "{command:?}");
        assert_eq!(scribe.write(channel, user(1), command).await, stored, "a retry is told the same place");
    }
    let id = sending.client_id().expect("has one");
    assert_eq!(sent(&backend, channel, user(1), id).await, Some(seq), "also after its message was deleted");
    assert_eq!(sent(&backend, channel, user(2), id).await, None, "another sender");
    assert_eq!(sent(&backend, elsewhere, user(1), id).await, None, "another channel");
    assert_eq!(sent(&backend, channel, user(1), client_id()).await, None, "another client id");

    let there = scribe.write(elsewhere, user(1), sending.clone()).await;
    assert_eq!(sent(&backend, elsewhere, user(1), id).await, Some(there), "the same client id in two channels");
    let other = scribe.write(channel, user(2), sending).await;
    assert_eq!(sent(&backend, channel, user(2), id).await, Some(other), "the same client id of two senders");
    assert_eq!(sent(&backend, channel, user(1), id).await, Some(seq));
}

/// For as long as the channel exists.
pub async fn a_client_id_is_found_again_after_its_sender_left(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let sending = send("and goodbye");
    let seq = scribe.write(channel, user(2), sending.clone()).await;
    scribe.write(channel, user(2), Command::Leave).await;
    for _ in 0..30 {
        scribe.say(channel, user(1), "life goes on").await;
    }
    assert_eq!(scribe.write(channel, user(2), sending).await, seq);
}

/// Who wrote it, how many messages stand up to it, whether its text is gone.
pub async fn a_target_is_told_as_it_is_now(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    scribe.say(channel, user(1), "first").await;
    let seq = scribe.say(channel, user(2), "second").await;
    let fresh = Target { sender: user(2), is_message: true, deleted: false, n: 2, pinned: false, own_reactions: Vec::new(), reactions: Vec::new() };
    assert_eq!(target(&backend, channel, user(1), seq).await.as_ref(), Some(&fresh));
    scribe.write(channel, user(2), edit(seq, "second thoughts")).await;
    assert_eq!(target(&backend, channel, user(1), seq).await.as_ref(), Some(&fresh), "an edit changes none of it");
    scribe.write(channel, user(1), react(seq, "🎉", true)).await;
    scribe.write(channel, user(1), pin(seq, true)).await;
    let liked = Target { pinned: true, reactions: vec!["🎉".into()], own_reactions: vec!["🎉".into()], ..fresh.clone() };
    assert_eq!(target(&backend, channel, user(1), seq).await, Some(liked));
    scribe.write(channel, user(2), delete(seq)).await;
    assert_eq!(target(&backend, channel, user(1), seq).await, Some(Target { deleted: true, ..fresh }));
}

/// A place that holds another kind of entry is there, and is no message; marks ask for its count.
pub async fn a_target_that_is_no_message_is_told_as_such(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let said = scribe.say(channel, user(1), "first").await;
    let edited = scribe.write(channel, user(1), edit(said, "anew")).await;
    scribe.say(channel, user(1), "second").await;
    let added = scribe.write(channel, user(1), add(&[user(3)])).await;
    for (place, n) in [(Seq(1), 0), (Seq(2), 0), (edited, 1), (added, 2)] {
        let target = target(&backend, channel, user(2), place).await.expect("there is an entry");
        assert_eq!((target.sender, target.is_message, target.n), (user(1), false, n), "entry {place}");
        assert!(target.reactions.is_empty() && !target.pinned);
    }
}

/// Before the first, after the last, and in a channel that is not there.
pub async fn a_place_without_an_entry_is_no_target(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
    for nowhere in [Seq::ZERO, Seq(2), Seq(1_000_000)] {
        assert_eq!(target(&backend, channel, user(1), nowhere).await, None);
    }
    // Another channel has an entry at that place.
    let longer = scribe.open(ChannelKind::Group, user(1), &[]).await;
    scribe.say(longer, user(1), "here").await;
    assert_eq!(target(&backend, channel, user(1), Seq(2)).await, None);
}

/// The actor's own, and the different ones of all.
pub async fn reactions_are_told_apart_by_who_set_them(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &users(2, 4)).await;
    let other = scribe.say(channel, user(1), "something else").await;
    let seq = scribe.say(channel, user(1), "well?").await;
    scribe.write(channel, user(4), react(other, "🛶", true)).await;
    for (n, emoji, on) in [(2, "👍", true), (3, "👍", true), (2, "🎉", true), (3, "❤️", true), (3, "👍", false), (2, "🎉", false), (2, "🇵🇹", true)]
    {
        scribe.write(channel, user(n), react(seq, emoji, on)).await;
    }
    for (n, own) in [(1, &[][..]), (2, &["👍", "🇵🇹"]), (3, &["❤️"])] {
        let target = target(&backend, channel, user(n), seq).await.expect("is there");
        assert_eq!(sorted(target.own_reactions), sorted(own), "of {n}");
        assert_eq!(sorted(target.reactions), sorted(&["👍", "🇵🇹", "❤️"][..]));
    }
}

/// Pinned ones that were neither unpinned nor deleted, of this channel.
pub async fn pinned_messages_are_counted(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[]).await;
    let elsewhere = scribe.open(ChannelKind::Group, user(1), &[]).await;
    let unrelated = scribe.say(elsewhere, user(1), "elsewhere").await;
    scribe.write(elsewhere, user(1), pin(unrelated, true)).await;
    assert_eq!(pins(&backend, channel).await, 0);
    let mut said = Vec::new();
    for words in ["one", "two", "three"] {
        let seq = scribe.say(channel, user(1), words).await;
        scribe.write(channel, user(1), pin(seq, true)).await;
        said.push(seq);
    }
    assert_eq!(pins(&backend, channel).await, 3);
    scribe.write(channel, user(1), pin(said[0], false)).await;
    assert_eq!(pins(&backend, channel).await, 2);
    scribe.write(channel, user(1), delete(said[1])).await;
    assert_eq!(pins(&backend, channel).await, 1);
}

/// Many questions at once, of several channels and actors.
pub async fn facts_come_in_the_order_of_their_questions(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut lookups = Vec::new();
    let mut expected = Vec::new();
    for n in 1..=4 {
        let channel = scribe.open(ChannelKind::Group, user(n), &[]).await;
        for _ in 0..n {
            scribe.say(channel, user(n), "word").await;
        }
        let sending = send("the last");
        let seq = scribe.write(channel, user(n), sending.clone()).await;
        lookups.push(Lookup { channel, actor: user(n), client_id: sending.client_id(), target: Some(seq), pins: true });
        expected.push((Some(seq), Some(n + 1)));
        lookups.push(Lookup { channel, actor: user(9), client_id: sending.client_id(), target: None, pins: false });
        expected.push((None, None));
    }
    lookups.push(Lookup { channel: channel_id(), actor: user(1), client_id: Some(client_id()), target: Some(Seq(1)), pins: true });
    expected.push((None, None));
    let facts = backend.log.facts(&lookups).await.expect("facts");
    let told: Vec<_> = facts.into_iter().map(|facts| (facts.sent, facts.target.map(|target| target.n))).collect();
    assert_eq!(told, expected);
    assert_eq!(backend.log.facts(&[]).await.expect("no facts"), Vec::<Facts>::new());
}

async fn facts_of(backend: &Backend, lookup: Lookup) -> Facts {
    let mut facts = backend.log.facts(&[lookup]).await.expect("facts");
    assert_eq!(facts.len(), 1);
    facts.remove(0)
}

async fn sent(backend: &Backend, channel: ChannelId, actor: UserId, id: ClientId) -> Option<Seq> {
    facts_of(backend, Lookup { channel, actor, client_id: Some(id), target: None, pins: false }).await.sent
}

async fn target(backend: &Backend, channel: ChannelId, actor: UserId, seq: Seq) -> Option<Target> {
    facts_of(backend, Lookup { channel, actor, client_id: None, target: Some(seq), pins: false }).await.target
}

async fn pins(backend: &Backend, channel: ChannelId) -> usize {
    facts_of(backend, Lookup { channel, actor: user(1), client_id: None, target: None, pins: true }).await.pins
}

fn sorted<S: Into<String> + Clone>(emoji: impl AsRef<[S]>) -> Vec<String> {
    let mut emoji: Vec<String> = emoji.as_ref().iter().cloned().map(Into::into).collect();
    emoji.sort();
    emoji
}
