//! Messages, and what is done to them.

use super::*;

#[test]
fn a_message_has_content_within_the_limits() {
    let mut ledger = club(GROUP);
    ledger.limits = Limits { body_bytes: 5, ..Limits::default() };
    let place = Content::Location(Location { latitude: 91.0, longitude: 0.0, label: None });
    let person = |name: &str| Content::Contact(Contact { name: name.to_owned(), user: None, addresses: Vec::new() });
    let cases = [
        (None, Err(Refusal::MessageEmpty)),
        (Some(text("")), Err(Refusal::MessageEmpty)),
        (Some(text(" \n\t ")), Err(Refusal::MessageEmpty)),
        (Some(text("héllo")), Err(Refusal::MessageTooLong)),
        (Some(text("hello")), Ok(())),
        (Some(place), Err(Refusal::ContentInvalid)),
        (Some(person("")), Err(Refusal::ContentInvalid)),
        (Some(person("Marco")), Ok(())),
    ];
    let seq = ledger.say(3, "first");
    for (body, expected) in cases {
        let send = ledger.sending(Message { body: body.clone(), ..Message::default() });
        assert_eq!(ledger.decide(3, &send).map(|_| ()), expected, "{body:?}");
        if let Some(body) = body {
            let edit = Command::Edit { client_id: None, target: seq, body, mentions: Mentions::default() };
            assert_eq!(ledger.decide(3, &edit).map(|_| ()), expected, "{edit:?}");
        }
    }
}

#[test]
fn what_was_sent_is_appended_as_it_was_sent() {
    let mut ledger = club(GROUP);
    let first = ledger.say(1, "question");
    let message = Message { body: Some(text("answer")), reply_to: Some(first), mentions: calling(&[1, 4]), forwarded_from: Some(user(2)) };
    let send = ledger.sending(message.clone());
    let seq = ledger.write(3, &send);
    let entry = ledger.entries.last().unwrap();
    assert_eq!((entry.seq, entry.sender, entry.client_id, entry.n), (seq, user(3), send.client_id(), 2));
    assert_eq!(entry.event, Event::Message(message));
    assert_eq!(ledger.channel.member(user(3)).unwrap().position.read, seq, "who writes has read what stands above");
}

#[test]
fn an_answer_points_at_a_message_that_its_sender_sees() {
    let mut ledger = club(GROUP);
    let early = ledger.say(1, "before you came");
    ledger.write(1, &add(&[6]));
    let late = ledger.say(1, "now");
    let not_a_message = ledger.write(1, &update("Title"));
    let mut reply = |to| ledger.sending(Message { body: Some(text("yes")), reply_to: Some(to), ..Message::default() });
    let cases = [(early, false), (late, true), (not_a_message, false), (Seq(0), false), (Seq(999), false)].map(|(to, good)| (reply(to), good));
    for (command, good) in cases {
        let expected = if good { Ok(()) } else { Err(Refusal::MessageUnknown) };
        assert_eq!(ledger.decide(6, &command).map(|_| ()), expected, "{command:?}");
    }
    ledger.write(1, &delete(late));
    let to_a_tombstone = ledger.sending(Message { body: Some(text("yes")), reply_to: Some(late), ..Message::default() });
    assert!(ledger.decide(6, &to_a_tombstone).is_ok(), "an answer may be late");
}

#[test]
fn only_members_are_mentioned_and_only_so_many() {
    let mut ledger = club(GROUP);
    ledger.limits.users_per_command = 2;
    let seq = ledger.say(3, "first");
    for (called, expected) in [
        (vec![], Ok(())),
        (vec![1, 3], Ok(())),
        (vec![1, 2, 4], Err(Refusal::MentionsInvalid)),
        (vec![6], Err(Refusal::MentionsInvalid)),
        (vec![1, 5], Err(Refusal::MentionsInvalid)),
    ] {
        let mentions = calling(&called);
        let send = ledger.sending(Message { body: Some(text("look")), mentions: mentions.clone(), ..Message::default() });
        assert_eq!(ledger.decide(3, &send).map(|_| ()), expected, "{called:?}");
        let edit = Command::Edit { client_id: None, target: seq, body: text("look"), mentions };
        assert_eq!(ledger.decide(3, &edit).map(|_| ()), expected, "{called:?}");
    }
}

#[test]
fn everyone_is_mentioned_by_those_who_may() {
    let mut ledger = club(GROUP);
    let seq = ledger.say(3, "first");
    let all = ledger.sending(Message { body: Some(text("all")), mentions: EVERYONE, ..Message::default() });
    assert!(ledger.decide(3, &all).is_ok(), "in a small group anyone");
    let crowd: Vec<u8> = (10..10 + SMALL_CHANNEL as u8).collect();
    ledger.write(1, &add(&crowd));
    let all_by_edit = Command::Edit { client_id: None, target: seq, body: text("all"), mentions: EVERYONE };
    assert_eq!(ledger.decide(3, &all), Err(Refusal::MentionAllDenied));
    assert_eq!(ledger.decide(3, &all_by_edit), Err(Refusal::MentionAllDenied), "nor by an edit");
    assert!(ledger.decide(2, &all).is_ok());
}

#[test]
fn an_edit_is_its_senders_and_replaces_words_and_mentions() {
    let mut ledger = club(GROUP);
    let seq = ledger.say(3, "first");
    let not_a_message = ledger.write(1, &update("Title"));
    assert_eq!(ledger.decide(1, &edit(seq, "no")), Err(Refusal::NotTheSender), "an owner neither");
    assert_eq!(ledger.decide(3, &edit(not_a_message, "no")), Err(Refusal::MessageUnknown));
    assert_eq!(ledger.decide(3, &edit(Seq(999), "no")), Err(Refusal::MessageUnknown));
    let command = Command::Edit { client_id: None, target: seq, body: text("second"), mentions: calling(&[4]) };
    ledger.write(3, &command);
    let message = ledger.message(seq).unwrap();
    assert_eq!((message.message.body, message.message.mentions, message.n), (Some(text("second")), calling(&[4]), 1));
    assert_eq!(ledger.channel.head.n, 1, "an edit does not count");
    ledger.write(3, &delete(seq));
    assert_eq!(ledger.decide(3, &edit(seq, "no")), Err(Refusal::MessageDeleted));
}

#[test]
fn a_message_from_before_ones_time_is_out_of_reach() {
    let mut ledger = club(GROUP);
    let early = ledger.say(2, "before");
    ledger.write(1, &add(&[6]));
    ledger.write(1, &role(6, Role::Admin));
    for command in [delete(early), react(early, EMOJI, true), pin(early, true), edit(early, "no")] {
        assert_eq!(ledger.decide(6, &command), Err(Refusal::MessageUnknown), "{command:?}");
    }
    let mut broadcast = club(BROADCAST);
    let early = broadcast.say(2, "before");
    broadcast.write(6, &Command::Join);
    assert!(broadcast.decide(6, &react(early, EMOJI, true)).is_ok(), "in a broadcast everything is seen");
}

#[test]
fn what_others_wrote_is_deleted_by_administrators_only() {
    let mut ledger = club(GROUP);
    let (of_owner, of_member) = (ledger.say(1, "of the owner"), ledger.say(3, "of a member"));
    assert_eq!(ledger.decide(4, &delete(of_member)), Err(Refusal::RoleTooLow));
    assert!(ledger.decide(3, &delete(of_member)).is_ok());
    assert!(ledger.decide(2, &delete(of_owner)).is_ok());
    ledger.write(2, &delete(of_member));
    let gone = ledger.message(of_member).unwrap();
    assert!(gone.deleted && gone.message.body.is_none());
    assert_eq!(ledger.channel.head.n, 2, "what was counted stays counted");
}

#[test]
fn reactions_are_one_emoji_each_and_so_many_at_most() {
    let mut ledger = club(BROADCAST);
    let seq = ledger.say(1, "news");
    assert_eq!(ledger.decide(3, &react(seq, "ok", true)), Err(Refusal::ReactionInvalid));
    assert_eq!(ledger.decide(3, &react(seq, "👍👍", true)), Err(Refusal::ReactionInvalid));
    assert_eq!(ledger.decide(3, &react(Seq(1), EMOJI, true)), Err(Refusal::MessageUnknown), "not of what is no message");
    let emoji: Vec<String> = ('😀'..).take(REACTIONS_PER_MESSAGE + 1).map(String::from).collect();
    for emoji in &emoji[..REACTIONS_PER_MESSAGE] {
        ledger.write(3, &react(seq, emoji, true));
    }
    assert_eq!(ledger.decide(4, &react(seq, &emoji[REACTIONS_PER_MESSAGE], true)), Err(Refusal::TooManyReactions));
    assert!(ledger.decide(4, &react(seq, &emoji[0], true)).is_ok(), "one that is there already is no more");
    ledger.write(3, &react(seq, &emoji[0], false));
    assert!(ledger.decide(4, &react(seq, &emoji[REACTIONS_PER_MESSAGE], true)).is_ok());
    ledger.write(1, &delete(seq));
    assert_eq!(ledger.decide(3, &react(seq, EMOJI, true)), Err(Refusal::MessageDeleted));
}

#[test]
fn so_many_messages_are_pinned_at_most() {
    let mut ledger = club(GROUP);
    let pinned: Vec<Seq> = (0..=PINS_PER_CHANNEL).map(|_| ledger.say(3, "word")).collect();
    for seq in &pinned[1..] {
        ledger.write(2, &pin(*seq, true));
    }
    assert_eq!(ledger.decide(2, &pin(pinned[0], true)), Err(Refusal::TooManyPins));
    ledger.write(3, &delete(pinned[1]));
    assert_eq!(ledger.decide(2, &pin(pinned[1], true)), Err(Refusal::MessageDeleted));
    ledger.write(2, &pin(pinned[0], true));
    assert_eq!(ledger.decide(2, &pin(pinned[1], true)), Err(Refusal::MessageDeleted));
    ledger.write(2, &pin(pinned[2], false));
    assert_eq!(ledger.decide(2, &pin(Seq(1), true)), Err(Refusal::MessageUnknown));
}
