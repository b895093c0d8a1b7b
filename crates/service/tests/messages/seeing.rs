//! Who sees what, before, between and after.

use super::*;

#[tokio::test]
async fn history_is_read_from_both_ends_and_around_a_place() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    for n in 0..10 {
        town.say(ana, group, &n.to_string()).await;
    }
    assert_eq!(page(&town, ana, group, Window::Latest, 3).await, [9, 10, 11]);
    assert_eq!(page(&town, ana, group, Window::Before(Seq(5)), 2).await, [3, 4]);
    assert_eq!(page(&town, ana, group, Window::After(Seq(5)), 2).await, [6, 7]);
    assert_eq!(page(&town, ana, group, Window::Around(Seq(5)), 3).await, [4, 5, 6]);
    assert!(page(&town, ana, group, Window::Before(Seq(2)), 5).await.is_empty());
    assert_eq!(page(&town, ana, group, Window::Latest, 0).await, [11], "a page holds at least one");
}

#[tokio::test]
async fn a_page_is_never_larger_than_the_limit() {
    let limits = Limits { page: 4, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    for n in 0..6 {
        town.say(ana, group, &n.to_string()).await;
    }
    assert_eq!(page(&town, ana, group, Window::Latest, usize::MAX).await.len(), 4);
    assert_eq!(page(&town, ana, group, Window::After(Seq::ZERO), usize::MAX).await, [2, 3, 4, 5]);
}

#[tokio::test]
async fn after_a_removal_nothing_new_is_seen_and_nothing_old_is_lost() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let before = town.say(ana, group, "before").await;
    town.service.pin(ana, group, before, true).await.unwrap();
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    town.witness.heard(bob.user);
    let after = town.say(ana, group, "after").await;
    town.service.pin(ana, group, after, true).await.unwrap();

    assert!(town.witness.heard(bob.user).is_empty());
    assert_eq!(town.words(bob, group).await, ["before"]);
    assert_eq!(page(&town, bob, group, Window::Around(after), 10).await, [before.0]);
    assert_eq!(town.service.pinned(bob, group).await, Err(Refusal::NotAMember));
    let somewhere = town.group(bob, &[]).await;
    assert_eq!(town.service.forward(bob, group, after, somewhere, client_id(), true).await, Err(Refusal::MessageUnknown));
    for command in [town.service.delete(bob, group, before, None).await, town.service.pin(bob, group, before, false).await] {
        assert_eq!(command, Err(Refusal::NotAMember));
    }
}

#[tokio::test]
async fn what_one_may_not_see_one_cannot_answer_or_touch() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[]).await;
    let before = town.say(ana, group, "before bob came").await;
    town.service.add_members(ana, group, vec![bob.user]).await.unwrap();
    town.service.set_role(ana, group, bob.user, Role::Admin).await.unwrap();
    assert_eq!(town.service.send(bob, group, reply("what was that?", before), true).await, Err(Refusal::MessageUnknown));
    assert_eq!(town.service.react(bob, group, before, "👍".to_owned(), true, None).await, Err(Refusal::MessageUnknown));
    assert_eq!(town.service.delete(bob, group, before, None).await, Err(Refusal::MessageUnknown));
    assert_eq!(town.service.pin(bob, group, before, true).await, Err(Refusal::MessageUnknown));
    assert_eq!(town.service.hide(bob, group, before).await, Err(Refusal::MessageUnknown));
    let answered = town.service.send(ana, group, reply("I answer myself", before), true).await.unwrap().unwrap();
    let seen = town.read(bob, group).await;
    assert_eq!((seen.len(), seen[0].seq, seen[0].message.reply_to), (1, answered, Some(before)));
}

#[tokio::test]
async fn strangers_see_nothing() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[]).await;
    let said = town.say(ana, group, "among us").await;
    let latest = PageRequest { window: Window::Latest, limit: 10 };
    assert_eq!(town.service.history(bob, group, latest).await.err(), Some(Refusal::ChannelUnknown));
    assert_eq!(town.service.pinned(bob, group).await.err(), Some(Refusal::ChannelUnknown));
    assert_eq!(town.service.hide(bob, group, said).await, Err(Refusal::ChannelUnknown));
    assert_eq!(town.service.delete(bob, group, said, None).await, Err(Refusal::ChannelUnknown));
}

#[tokio::test]
async fn what_is_hidden_is_hidden_from_oneself_alone() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let said = town.service.send(ana, group, calling("bob!", &[bob.user]), true).await.unwrap().unwrap();
    assert_eq!(waiting(&town, bob, group).await, (1, 1));
    for _ in 0..2 {
        assert_eq!(town.service.hide(bob, group, said).await, Ok(()), "and to say it twice is no mistake");
    }
    assert!(town.read(bob, group).await.is_empty());
    assert_eq!(waiting(&town, bob, group).await, (0, 0));
    assert_eq!(town.words(ana, group).await, ["bob!"]);
    for nothing in [Seq(1), Seq(2), Seq(99)] {
        assert_eq!(town.service.hide(bob, group, nothing).await, Err(Refusal::MessageUnknown));
    }
}

#[tokio::test]
async fn an_entry_that_others_hear_says_what_the_message_says() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    town.witness.heard(bob.user);
    let said = town.say(ana, group, "helo").await;
    town.service.edit(ana, group, said, text("hello"), Mentions::default(), None).await.unwrap();
    town.service.delete(ana, group, said, None).await.unwrap();
    let heard = town.witness.entries(bob.user);
    assert!(matches!(&heard[0].event, Event::Message(message) if message.body == Some(text("helo"))));
    assert!(matches!(&heard[1].event, Event::Edit { target, body, .. } if (*target, body) == (said, &Some(text("hello")))));
    assert!(matches!(&heard[2].event, Event::Delete { target } if *target == said));
}

#[tokio::test]
async fn when_the_store_does_not_answer_nobody_is_told_that_there_is_nothing() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    let said = town.say(ana, group, "hello").await;
    town.faults.next_look_up(unavailable());
    assert_eq!(town.service.hide(ana, group, said).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn what_is_edited_pinned_or_reacted_to_after_a_removal_is_withheld() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let early = town.say(ana, group, "first words").await;
    let kept = town.say(ana, group, "kept").await;
    town.service.edit(ana, group, early, Content::Text("better words".into()), Mentions::default(), None).await.unwrap();
    town.clock.advance_ms(1);
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    assert_eq!(town.words(bob, group).await, ["better words", "kept"], "what was edited before is seen");

    town.clock.advance_ms(1);
    town.service.edit(ana, group, early, Content::Text("secret".into()), Mentions::default(), None).await.unwrap();
    town.service.react(ana, group, kept, "👍".into(), true, None).await.unwrap();
    town.service.pin(ana, group, kept, true).await.unwrap();
    let seen = town.service.history(bob, group, PageRequest { window: Window::Latest, limit: 10 }).await.unwrap();
    assert_eq!(seen.iter().map(|message| message.message.body.is_some()).collect::<Vec<_>>(), [false, true]);
    assert!(seen.iter().all(|message| message.reactions.is_empty() && !message.pinned));
    let missed = town.service.catch_up(bob, &[(group, Seq::ZERO)].into()).await.unwrap();
    let told = format!(
        "{:?}",
        missed.channels[&group].as_ref().map(|missed| match missed {
            MissedEntries::Entries { entries, .. } => entries.clone(),
            MissedEntries::Refetch { .. } => Vec::new(),
        })
    );
    assert!(told.contains("kept") && !told.contains("secret"), "{told}");
    let somewhere = town.group(bob, &[]).await;
    assert_eq!(town.service.forward(bob, group, early, somewhere, client_id(), true).await, Err(Refusal::MessageDeleted));
    assert_eq!(town.words(ana, group).await, ["secret", "kept"], "who is in sees what it says now");
}
