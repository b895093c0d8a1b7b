//! Received, stored, sent again, refused, rejected.

use super::*;

#[tokio::test]
async fn received_is_not_yet_stored_and_stored_is_ones_own_entry() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    town.witness.heard(ana.user);
    let hello = draft("hello");
    assert_eq!(town.service.send(ana, group, hello.clone(), false).await, Ok(None));
    assert!(town.read(ana, group).await.is_empty() && town.witness.heard(ana.user).is_empty());
    town.settle().await;
    let [entry] = &town.witness.entries(ana.user)[..] else { panic!("one entry") };
    assert_eq!((entry.seq, entry.client_id, entry.sender), (Seq(3), Some(hello.client_id), ana.user));
    assert_eq!(town.words(bob, group).await, ["hello"]);
}

#[tokio::test]
async fn with_waiting_the_answer_is_the_place() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    assert_eq!(town.service.send(ana, group, draft("one"), true).await, Ok(Some(Seq(2))));
    assert_eq!(town.service.send(ana, group, draft("two"), true).await, Ok(Some(Seq(3))));
    assert_eq!(town.words(ana, group).await, ["one", "two"]);
}

#[tokio::test]
async fn what_one_says_stands_in_the_order_in_which_it_was_said() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    let words: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    for words in &words {
        town.service.send(ana, group, draft(words), false).await.unwrap();
    }
    town.settle().await;
    assert_eq!(town.words(ana, group).await, words);
}

#[tokio::test]
async fn sent_again_it_is_the_same_message_at_the_same_place() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let hello = draft("hello");
    let place = town.service.send(ana, group, hello.clone(), true).await.unwrap();
    for who in [ana, bob] {
        town.witness.heard(who.user);
    }
    assert_eq!(town.service.send(ana, group, hello.clone(), true).await, Ok(place));
    assert!(town.witness.heard(ana.user).is_empty(), "who waits has the answer");
    town.service.send(ana, group, hello.clone(), false).await.unwrap();
    town.settle().await;
    assert_eq!(town.witness.entries(ana.user)[0].seq, place.unwrap());
    assert!(town.witness.heard(bob.user).is_empty(), "nobody else hears it twice");
    let town = town.restarted().await;
    assert_eq!(town.service.send(ana, group, hello, true).await, Ok(place), "for ever");
    assert_eq!(town.words(bob, group).await, ["hello"]);
}

/// A phone sends and loses the signal; the tablet shows the message, and it is deleted there for oneself.
#[tokio::test]
async fn a_retry_of_what_was_hidden_meanwhile_is_told_that_it_was_stored_and_is_hidden() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let hello = draft("hello");
    let place = town.service.send(bob, group, hello.clone(), true).await.unwrap().unwrap();
    town.service.hide(bob, group, place).await.unwrap();
    let is_told = |town: &Town| {
        let [Publication::Entry(entry), Publication::Hidden { seq, .. }] = &town.witness.heard(bob.user)[..] else { return false };
        (entry.seq, entry.client_id, *seq) == (place, Some(hello.client_id), place)
    };
    town.witness.heard(bob.user);
    town.service.send(bob, group, hello.clone(), false).await.unwrap();
    town.settle().await;
    assert!(is_told(&town));
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    town.witness.heard(bob.user);
    town.service.send(bob, group, hello.clone(), false).await.unwrap();
    assert!(is_told(&town), "also who may not send any more");
}

/// A phone sends, loses the signal before it hears *stored*, and is asked to leave meanwhile.
#[tokio::test]
async fn a_retry_of_what_was_stored_is_no_refusal_whatever_became_of_the_sender() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let (group, news) = (town.group(ana, &[bob]).await, town.open(ChannelKind::Broadcast, ana, &[bob]).await);
    town.service.set_role(ana, news, bob.user, Role::Admin).await.unwrap();
    let hello = draft("hello");
    let places = [town.service.send(bob, group, hello.clone(), true).await, town.service.send(bob, news, hello.clone(), true).await];
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    town.service.set_role(ana, news, bob.user, Role::Member).await.unwrap();
    for (channel, place) in [group, news].into_iter().zip(places) {
        assert_eq!(town.service.send(bob, channel, hello.clone(), true).await, place);
        town.witness.heard(bob.user);
        assert_eq!(town.service.send(bob, channel, hello.clone(), false).await, Ok(None));
        town.settle().await;
        assert_eq!(town.witness.entries(bob.user)[0].seq, place.unwrap().unwrap());
    }
    assert_eq!(town.service.send(bob, group, draft("and this?"), false).await, Err(Refusal::NotAMember));
    assert_eq!(town.service.send(bob, news, draft("and this?"), true).await, Err(Refusal::RoleTooLow));
}

#[tokio::test]
async fn what_can_be_known_at_once_is_refused_at_once() {
    let limits = Limits { body_bytes: 4, users_per_command: 1, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let nowhere = Content::Location(Location { latitude: 91.0, longitude: 0.0, label: None });
    let nobody = Content::Contact(Contact { name: String::new(), user: None, addresses: Vec::new() });
    let refused = [
        (draft(" \n"), Refusal::MessageEmpty),
        (draft("fives"), Refusal::MessageTooLong),
        (MessageDraft { body: nowhere, ..draft("") }, Refusal::ContentInvalid),
        (MessageDraft { body: nobody, ..draft("") }, Refusal::ContentInvalid),
        (calling("you", &[ana.user, bob.user]), Refusal::TooMany),
    ];
    town.close_intake().await;
    for (draft, refusal) in refused {
        for wait in [false, true] {
            assert_eq!(town.service.send(bob, group, draft.clone(), wait).await, Err(refusal));
        }
    }
    assert_eq!(town.service.edit(bob, group, Seq(2), text("fives"), Mentions::default(), None).await, Err(Refusal::MessageTooLong));
    assert_eq!(town.service.react(bob, group, Seq(2), "x".repeat(1_000_000), true, None).await, Err(Refusal::ReactionInvalid));
}

#[tokio::test]
async fn what_only_the_writer_knows_follows_as_a_rejection() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let (direct, group) = (town.direct(ana, bob).await, town.group(ana, &[bob]).await);
    town.service.block(bob, ana.user, true).await.unwrap();
    town.witness.heard(ana.user);
    let blocked = draft("are you there?");
    let to_nothing = reply("to what?", Seq(99));
    let to_stranger = calling("and you", &[cleo.user]);
    town.service.send(ana, direct, blocked.clone(), false).await.unwrap();
    town.service.send(ana, group, to_nothing.clone(), false).await.unwrap();
    town.service.send(ana, group, to_stranger.clone(), false).await.unwrap();
    town.settle().await;
    let expected = [(blocked.client_id, Refusal::Blocked), (to_nothing.client_id, Refusal::MessageUnknown), (to_stranger.client_id, Refusal::MentionsInvalid)];
    assert_eq!(town.witness.rejections(ana.user), expected);
    for draft in [blocked, to_nothing, to_stranger] {
        let channel = if draft.reply_to.is_none() && draft.mentions.is_empty() { direct } else { group };
        let refusal = expected.iter().find(|(id, _)| *id == draft.client_id).unwrap().1;
        assert_eq!(town.service.send(ana, channel, draft, true).await, Err(refusal));
    }
    assert!(town.read(bob, group).await.is_empty() && town.read(bob, direct).await.is_empty());
}

#[tokio::test]
async fn while_either_blocks_nobody_writes_and_afterwards_both_do() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let direct = town.direct(ana, bob).await;
    town.service.block(bob, ana.user, true).await.unwrap();
    for who in [ana, bob] {
        assert_eq!(town.service.send(who, direct, draft("hello"), true).await, Err(Refusal::Blocked));
    }
    town.service.block(ana, bob.user, true).await.unwrap();
    town.service.block(bob, ana.user, false).await.unwrap();
    assert_eq!(town.service.send(bob, direct, draft("hello"), true).await, Err(Refusal::Blocked));
    town.service.block(ana, bob.user, false).await.unwrap();
    for who in [ana, bob] {
        assert!(town.service.send(who, direct, draft("hello"), true).await.is_ok());
    }
}

#[tokio::test]
async fn beyond_the_bound_nothing_more_is_taken_in() {
    let town = Plan { intake: 3, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    for words in ["one", "two", "three"] {
        town.service.send(ana, group, draft(words), false).await.unwrap();
    }
    assert_eq!(town.service.send(ana, group, draft("four"), false).await, Err(Refusal::Unavailable));
    assert_eq!(town.service.send(ana, group, draft("five"), true).await, Err(Refusal::Unavailable));
    town.settle().await;
    assert_eq!(town.words(ana, group).await, ["one", "two", "three"]);
    assert!(town.service.send(ana, group, draft("four"), true).await.is_ok());
}

#[tokio::test]
async fn who_waits_when_the_writer_has_gone_hears_that_nobody_knows() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    town.kill_sequencer();
    let waiting = town.service.send(ana, group, draft("hello?"), true);
    let gone = async {
        tokio::task::yield_now().await;
        town.service.stop_waiting();
    };
    assert_eq!(tokio::join!(waiting, gone).0, Err(Refusal::OutcomeUnknown));
    assert_eq!(town.service.leave(ana, group).await, Err(Refusal::OutcomeUnknown));
}

/// Each gateway counts its tickets from one.
#[tokio::test]
async fn an_outcome_for_another_gateway_is_not_ones_own() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    town.kill_sequencer();
    let waiting = town.service.send(ana, group, draft("hello?"), true);
    let elsewhere = async {
        tokio::task::yield_now().await;
        let outcome = |ticket| (Topic::Gateway(1), Publication::Outcome { ticket, result: Ok(Outcome::Stored(Seq(99))) });
        town.service.inbox(town.witness.clone()).receive(&(0..10).map(outcome).collect::<Vec<_>>());
        town.service.stop_waiting();
    };
    assert_eq!(tokio::join!(waiting, elsewhere).0, Err(Refusal::OutcomeUnknown));
}

#[tokio::test]
async fn what_was_accepted_before_the_end_is_stored() {
    let mut town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    for words in ["one", "two"] {
        town.service.send(ana, group, draft(words), false).await.unwrap();
    }
    town.close().await;
    assert_eq!(town.words(ana, group).await, ["one", "two"]);
    assert!(town.service.send(ana, group, draft("three"), true).await.is_err());
}
