//! Editing, deleting, reacting, pinning.

use super::*;

#[tokio::test]
async fn senders_edit_what_they_said() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let said = town.say(bob, group, "helo").await;
    let edit = async |who, words: &str| town.service.edit(who, group, said, text(words), Mentions::default(), None).await;
    town.clock.advance_ms(5);
    assert_eq!(edit(bob, "hello").await, Ok(Some(Seq(4))));
    assert_eq!(edit(ana, "I was here").await, Err(Refusal::NotTheSender), "whoever owns the channel");
    assert_eq!(edit(bob, " ").await, Err(Refusal::MessageEmpty));
    let [message] = &town.read(ana, group).await[..] else { panic!("one message") };
    assert_eq!((message.message.body.as_ref(), message.seq, message.edited_at), (Some(&text("hello")), said, Some(town.now())));
}

#[tokio::test]
async fn a_named_change_sent_again_is_the_same_change() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    let said = town.say(ana, group, "one").await;
    let names = [client_id(), client_id(), client_id()];
    for _ in 0..2 {
        assert_eq!(town.service.edit(ana, group, said, text("uno"), Mentions::default(), Some(names[0])).await, Ok(Some(Seq(3))));
        assert_eq!(town.service.react(ana, group, said, "👍".to_owned(), true, Some(names[1])).await, Ok(Some(Seq(4))));
        assert_eq!(town.service.delete(ana, group, said, Some(names[2])).await, Ok(Some(Seq(5))));
    }
}

#[tokio::test]
async fn senders_and_those_who_lead_delete_for_everyone() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let (group, direct) = (town.group(ana, &[bob, cleo]).await, town.direct(ana, bob).await);
    let (one, two, three) = (town.say(bob, group, "one").await, town.say(bob, group, "two").await, town.say(bob, direct, "three").await);
    let delete = async |who, channel, seq| town.service.delete(who, channel, seq, None).await;
    assert_eq!(delete(cleo, group, one).await, Err(Refusal::RoleTooLow));
    assert_eq!(delete(ana, direct, three).await, Err(Refusal::NotTheSender));
    assert!(delete(bob, group, one).await.unwrap().is_some());
    assert!(delete(ana, group, two).await.unwrap().is_some());
    assert_eq!(delete(ana, group, two).await, Ok(None), "it is deleted");
    assert!(town.read(cleo, group).await.iter().all(|message| message.deleted && message.message.body.is_none()));
    assert_eq!(waiting(&town, cleo, group).await, (0, 0));
    assert_eq!(town.service.edit(bob, group, one, text("un-said"), Mentions::default(), None).await, Err(Refusal::MessageDeleted));
    assert_eq!(town.service.react(bob, group, one, "👍".to_owned(), true, None).await, Err(Refusal::MessageDeleted));
    assert_eq!(town.service.pin(ana, group, one, true).await, Err(Refusal::MessageDeleted));
}

#[tokio::test]
async fn reactions_are_counted_by_emoji_and_person() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let said = town.say(ana, group, "hello").await;
    let react = async |who, emoji: &str, on| town.service.react(who, group, said, emoji.to_owned(), on, None).await;
    assert_eq!(react(ana, "👍", true).await, Ok(Some(Seq(4))));
    assert_eq!(react(bob, "👍", true).await, Ok(Some(Seq(5))));
    assert_eq!(react(bob, "👍", true).await, Ok(None));
    assert_eq!(react(bob, "🎉", true).await, Ok(Some(Seq(6))));
    assert_eq!(react(bob, "🎉", false).await, Ok(Some(Seq(7))));
    assert_eq!(react(bob, "not one", true).await, Err(Refusal::ReactionInvalid));
    let [message] = &town.read(bob, group).await[..] else { panic!("one message") };
    let [reaction] = &message.reactions[..] else { panic!("one emoji is left: {:?}", message.reactions) };
    assert_eq!((reaction.emoji.as_str(), reaction.count, reaction.mine), ("👍", 2, true));
}

#[tokio::test]
async fn pins_are_shown_oldest_first_and_set_by_those_who_may() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let (group, direct) = (town.group(ana, &[bob]).await, town.direct(ana, bob).await);
    let (one, two) = (town.say(ana, group, "one").await, town.say(ana, group, "two").await);
    assert_eq!(town.service.pin(bob, group, one, true).await, Err(Refusal::RoleTooLow));
    for seq in [two, one] {
        assert!(town.service.pin(ana, group, seq, true).await.unwrap().is_some());
    }
    assert_eq!(town.service.pin(ana, group, one, true).await, Ok(None));
    assert_eq!(town.service.pin(ana, group, Seq(1), true).await, Err(Refusal::MessageUnknown), "only messages are pinned");
    let pinned: Vec<_> = town.service.pinned(bob, group).await.unwrap().into_iter().map(|message| message.seq).collect();
    assert_eq!(pinned, [one, two]);
    let said = town.say(ana, direct, "between us").await;
    assert!(town.service.pin(bob, direct, said, true).await.unwrap().is_some());
}

#[tokio::test]
async fn what_one_deletes_for_oneself_disappears_on_ones_other_devices() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let seq = town.say(bob, group, "not for me").await;
    for who in [ana, bob] {
        town.witness.heard(who.user);
    }
    town.service.hide(ana, group, seq).await.unwrap();
    let heard = town.witness.heard(ana.user);
    assert!(matches!(heard[..], [Publication::Hidden { channel, seq: hidden, .. }] if (channel, hidden) == (group, seq)), "{heard:?}");
    assert!(town.witness.heard(bob.user).is_empty());
}
