//! Messages: received and stored, sent again, changed, forwarded, hidden, and seen by whom.

#![allow(clippy::unwrap_used, missing_docs)]

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Contact, Content, Event, Location, Mentions};
use rialto_domain::limit::Limits;
use rialto_domain::log::Window;
use rialto_domain::publication::{Outcome, Publication, Topic};
use rialto_domain::{ChannelId, Refusal, Seq, UserId};
use rialto_service::{MessageDraft, PageRequest};
use rialto_testkit::Town;
use rialto_testkit::builders::{client_id, text, user};
use rialto_testkit::faults::unavailable;
use rialto_testkit::town::{Plan, draft};

fn calling(words: &str, users: &[UserId]) -> MessageDraft {
    MessageDraft { mentions: Mentions { users: users.to_vec(), all: false }, ..draft(words) }
}

fn calling_all(words: &str) -> MessageDraft {
    MessageDraft { mentions: Mentions { users: Vec::new(), all: true }, ..draft(words) }
}

fn reply(words: &str, to: Seq) -> MessageDraft {
    MessageDraft { reply_to: Some(to), ..draft(words) }
}

async fn page(town: &Town, who: Identity, channel: ChannelId, window: Window, limit: usize) -> Vec<u64> {
    let page = town.service.history(who, channel, PageRequest { window, limit }).await.unwrap();
    page.into_iter().map(|message| message.seq.0).collect()
}

/// How many messages wait to be read, and how many of them call the reader.
async fn waiting(town: &Town, who: Identity, channel: ChannelId) -> (u64, u64) {
    let listing = town.service.channel(who, channel).await.unwrap().listing;
    (listing.unread, listing.mentions)
}

mod sending {
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
        let expected =
            [(blocked.client_id, Refusal::Blocked), (to_nothing.client_id, Refusal::MessageUnknown), (to_stranger.client_id, Refusal::MentionsInvalid)];
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
}

mod changing {
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
}

mod forwarding {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_on_keeps_its_first_author_and_calls_nobody() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let (here, there, beyond) = (town.group(ana, &[bob]).await, town.group(bob, &[cleo]).await, town.group(cleo, &[]).await);
        let said = town.service.send(ana, here, calling("news", &[bob.user]), true).await.unwrap().unwrap();
        let second = town.service.forward(bob, here, said, there, client_id(), true).await.unwrap().unwrap();
        town.service.forward(cleo, there, second, beyond, client_id(), true).await.unwrap();
        let [message] = &town.read(cleo, beyond).await[..] else { panic!("one message") };
        assert_eq!((message.sender, message.message.forwarded_from), (cleo.user, Some(ana.user)));
        assert_eq!((&message.message.body, message.message.mentions.is_empty(), message.message.reply_to), (&Some(text("news")), true, None));
    }

    #[tokio::test]
    async fn what_one_may_not_read_or_is_gone_is_not_sent_on() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let here = town.group(ana, &[]).await;
        let (before, gone) = (town.say(ana, here, "before bob came").await, town.say(ana, here, "gone").await);
        town.service.add_members(ana, here, vec![bob.user]).await.unwrap();
        let after = town.say(ana, here, "after").await;
        town.service.delete(ana, here, gone, None).await.unwrap();
        let there = town.group(bob, &[]).await;
        let forward = async |who, seq, to| town.service.forward(who, here, seq, to, client_id(), true).await;
        assert_eq!(forward(bob, before, there).await, Err(Refusal::MessageUnknown));
        assert_eq!(forward(bob, Seq(1), there).await, Err(Refusal::MessageUnknown));
        assert_eq!(forward(bob, Seq(99), there).await, Err(Refusal::MessageUnknown));
        assert_eq!(forward(ana, gone, here).await, Err(Refusal::MessageDeleted));
        assert_eq!(forward(ana, after, there).await, Err(Refusal::ChannelUnknown));
        assert_eq!(forward(cleo, after, there).await, Err(Refusal::ChannelUnknown));
        assert!(forward(bob, after, there).await.is_ok());
        town.service.hide(bob, here, after).await.unwrap();
        assert_eq!(forward(bob, after, there).await, Err(Refusal::MessageUnknown), "what one deleted for oneself is gone for oneself");
    }

    #[tokio::test]
    async fn sent_on_again_it_is_the_same_message_even_if_the_first_is_gone() {
        let town = Town::new().await;
        let ana = town.person("ana").await;
        let (here, there) = (town.group(ana, &[]).await, town.group(ana, &[]).await);
        let (said, name) = (town.say(ana, here, "news").await, client_id());
        let place = town.service.forward(ana, here, said, there, name, true).await;
        town.service.delete(ana, here, said, None).await.unwrap();
        assert_eq!(town.service.forward(ana, here, said, there, name, true).await, place);
        assert_eq!(town.words(ana, there).await, ["news"]);
    }
}

mod calling_people {
    use super::*;

    #[tokio::test]
    async fn those_who_are_called_are_counted_apart() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob, cleo]).await;
        town.service.send(ana, group, calling("bob", &[bob.user]), true).await.unwrap();
        let all = town.service.send(ana, group, calling_all("both"), true).await.unwrap().unwrap();
        town.say(ana, group, "nobody").await;
        assert_eq!((waiting(&town, bob, group).await, waiting(&town, cleo, group).await, waiting(&town, ana, group).await), ((3, 2), (3, 1), (0, 0)));
        let bobs = Mentions { users: vec![cleo.user], all: false };
        town.service.edit(ana, group, all, text("cleo"), bobs, None).await.unwrap();
        assert_eq!((waiting(&town, bob, group).await, waiting(&town, cleo, group).await), ((3, 1), (3, 1)));
    }

    #[tokio::test]
    async fn only_members_are_called() {
        let town = Town::new().await;
        let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
        let group = town.group(ana, &[bob]).await;
        let said = town.say(ana, group, "hello").await;
        for stranger in [cleo.user, user(1)] {
            assert_eq!(town.service.send(ana, group, calling("you", &[bob.user, stranger]), true).await, Err(Refusal::MentionsInvalid));
            let called = Mentions { users: vec![stranger], all: false };
            assert_eq!(town.service.edit(ana, group, said, text("you"), called, None).await, Err(Refusal::MentionsInvalid));
        }
        town.service.remove_member(ana, group, bob.user).await.unwrap();
        assert_eq!(town.service.send(ana, group, calling("you", &[bob.user]), true).await, Err(Refusal::MentionsInvalid));
    }

    #[tokio::test]
    async fn in_a_large_channel_only_those_who_lead_call_everyone() {
        let town = Plan { rates: generous(), ..Plan::default() }.found().await;
        let [ana, bob] = town.people(["ana", "bob"]).await;
        let group = town.group(ana, &[bob]).await;
        for n in 0..30 {
            let one = town.person(&format!("guest{n}")).await;
            town.service.add_members(ana, group, vec![one.user]).await.unwrap();
        }
        assert!(town.service.send(bob, group, calling_all("32 of us"), true).await.is_ok());
        let one_more = town.person("onemore").await;
        town.service.add_members(ana, group, vec![one_more.user]).await.unwrap();
        for wait in [false, true] {
            assert_eq!(town.service.send(bob, group, calling_all("33 of us"), wait).await, Err(Refusal::MentionAllDenied));
        }
        assert!(town.service.send(ana, group, calling_all("33 of us"), true).await.is_ok());
    }

    fn generous() -> rialto_service::RatePolicy {
        let rate = rialto_domain::limit::Rate::new(1_000, 1, 1_000);
        rialto_service::RatePolicy { registrations: rate, discoveries: rate, ..Default::default() }
    }
}

mod seeing {
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
        let pinned: Vec<_> = town.service.pinned(bob, group).await.unwrap().into_iter().map(|message| message.seq).collect();
        assert_eq!(pinned, [before]);
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
}
