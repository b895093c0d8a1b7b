//! What happens when backends fail, before, while and after a batch is committed.

use super::*;

#[tokio::test]
async fn when_another_writer_was_faster_everything_is_decided_anew() {
    let mut desk = Desk::new();
    let group = desk.group(3).await;
    assert_eq!(desk.ask([(group, user(1), send("held in memory from here on"))]).await, [stored(3)]);
    desk.scribe.write(group, user(1), Command::Remove { user: user(2) }).await;
    let answers = desk.ask([(group, user(2), send("am I still in?")), (group, user(3), send("I am"))]).await;
    assert_eq!(answers, [Err(Refusal::NotAMember), stored(5)]);
    desk.scribe.say(group, user(1), "and once more").await;
    assert_eq!(desk.ask([(group, user(1), mark(6, 6))]).await, [DONE]);
    assert_eq!(desk.stored(group).await.member(user(1)).unwrap().position.read, Seq(6));
}

#[tokio::test]
async fn who_is_outrun_again_and_again_gives_up_and_says_so() {
    let mut desk = Desk::new();
    let group = desk.group(1).await;
    for _ in 0..2 {
        desk.faults.next_append(Fault::Before(PortError::Conflict));
    }
    assert_eq!(desk.ask([(group, user(1), send("third time lucky"))]).await, [stored(2)]);
    for _ in 0..3 {
        desk.faults.next_append(Fault::Before(PortError::Conflict));
    }
    assert_eq!(desk.ask([(group, user(1), send("never"))]).await, [Err(Refusal::Unavailable)]);
    assert_eq!(desk.ask([(group, user(1), send("now"))]).await, [stored(3)]);
}

#[tokio::test]
async fn what_was_not_appended_did_not_happen() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    desk.faults.next_append(Fault::Before(full()));
    let leaving = Command::Leave;
    assert_eq!(desk.ask([(group, user(1), send("a")), (group, user(2), leaving)]).await, [Err(Refusal::StorageFull); 2]);
    assert_eq!(desk.ask([(group, user(2), send("still here")), (group, user(1), send("b"))]).await, [stored(3), stored(4)]);

    desk.faults.next_append(Fault::Before(full()));
    let announced = desk.carry_out(vec![order(group, user(1), send("c")), order(group, user(2), mark(4, 4))]).await;
    assert_eq!(rejected(&announced), [(Topic::User(user(1)), Refusal::StorageFull)]);
    assert_eq!(words(&announced), ["rejected"]);
    assert!(desk.stored(group).await.member(user(2)).unwrap().position.read < Seq(4));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_an_outcome_unknown() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let (lost, done) = (send("not done"), send("done"));
    desk.faults.next_append(Fault::Before(unavailable()));
    assert_eq!(desk.ask([(group, user(1), lost.clone())]).await, [Err(Refusal::OutcomeUnknown)]);
    desk.faults.next_append(Fault::After(unavailable()));
    assert_eq!(desk.ask([(group, user(1), done.clone())]).await, [Err(Refusal::OutcomeUnknown)]);
    assert_eq!(desk.ask([(group, user(1), done.clone()), (group, user(1), lost)]).await, [stored(3), stored(4)], "and to repeat it is safe");
    desk.faults.next_append(Fault::After(unavailable()));
    let announced = desk.carry_out(vec![order(group, user(2), send("in doubt"))]).await;
    assert_eq!(rejected(&announced), [(Topic::User(user(2)), Refusal::OutcomeUnknown)]);
}

#[tokio::test]
async fn what_was_appended_although_it_seemed_to_fail_is_announced_before_what_follows_it() {
    let mut desk = Desk::new();
    let group = desk.group(3).await;
    desk.faults.next_append(Fault::After(unavailable()));
    let removal = order(group, user(1), Command::Remove { user: user(2) });
    assert_eq!(words(&desk.carry_out(vec![removal]).await), [""; 0]);
    let announced = desk.carry_out(vec![order(group, user(1), send("without them"))]).await;
    assert_eq!(entries(&announced), [Seq(3), Seq(4)]);
    assert_eq!(desk.witness.entries(user(2)).iter().map(|entry| entry.seq).collect::<Vec<_>>(), [Seq(3)], "who was removed hears the removal last");
    assert_eq!(entries(&desk.carry_out(vec![order(group, user(1), send("once"))]).await), [Seq(5)]);
}

#[tokio::test]
async fn what_was_not_appended_after_all_is_not_announced() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    desk.faults.next_append(Fault::Before(unavailable()));
    desk.carry_out(vec![order(group, user(1), Command::Remove { user: user(2) })]).await;
    assert_eq!(entries(&desk.carry_out(vec![order(group, user(1), send("with them"))]).await), [Seq(3)]);
    assert_eq!(desk.witness.entries(user(2)).len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_before_anything_is_done() {
    let mut desk = Desk::new();
    let group = desk.group(1).await;
    desk.faults.next_load(unavailable());
    assert_eq!(desk.ask([(group, user(1), send("a"))]).await, [Err(Refusal::Unavailable)]);
    desk.faults.next_look_up(PortError::Overloaded { backend: "store" });
    assert_eq!(desk.ask([(group, user(1), send("b"))]).await, [Err(Refusal::Unavailable)]);
    assert_eq!(desk.ask([(group, user(1), send("c"))]).await, [stored(2)]);
}

#[tokio::test]
async fn the_neighbours_of_a_damaged_channel_do_not_suffer() {
    let mut desk = Desk::new();
    let (damaged, sound, other) = (desk.group(1).await, desk.group(1).await, desk.group(1).await);
    let me = user(1);
    desk.faults.make_unreadable(Some(damaged));
    let answers = desk.ask([(sound, me, send("a")), (damaged, me, send("b")), (other, me, send("c")), (sound, me, send("d"))]).await;
    assert_eq!(answers, [stored(2), Err(Refusal::Internal), stored(2), stored(3)]);
    desk.faults.make_unreadable(None);
    assert_eq!(desk.ask([(damaged, me, send("e"))]).await, [stored(2)]);

    desk.faults.next_append(Fault::Before(corrupt()));
    let answers = desk.ask([(sound, me, send("f")), (damaged, me, send("g"))]).await;
    assert_eq!(answers, [stored(4), stored(3)], "what failed together is tried apart");
    desk.faults.next_append(Fault::Before(corrupt()));
    assert_eq!(desk.ask([(damaged, me, send("h"))]).await, [Err(Refusal::Internal)]);
}

#[tokio::test]
async fn a_channel_that_does_not_exist_disturbs_nobody() {
    let mut desk = Desk::new();
    let group = desk.group(1).await;
    let nowhere = channel_id();
    let answers =
        desk.ask([(nowhere, user(1), send("a")), (group, user(1), send("b")), (nowhere, user(1), mark(1, 1)), (nowhere, user(1), Command::Join)]).await;
    assert_eq!(answers, [Err(Refusal::ChannelUnknown), stored(2), Err(Refusal::ChannelUnknown), Err(Refusal::ChannelUnknown)]);
}

#[tokio::test]
async fn nothing_stored_is_lost_when_nobody_hears_of_it() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    desk.faults.silence(true);
    let quiet = send("into the silence");
    assert!(desk.carry_out(vec![order(group, user(1), quiet.clone())]).await.is_empty());
    desk.faults.silence(false);
    assert_eq!(desk.ask([(group, user(2), send("hello?")), (group, user(1), quiet)]).await, [stored(4), stored(3)]);
}

/// What was committed is committed: to tell somebody again is not worth refusing everybody else.
#[tokio::test]
async fn a_failure_after_the_commit_refuses_nothing() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let first = send("first");
    desk.carry_out(vec![order(group, user(1), first.clone())]).await;
    for error in [unavailable(), PortError::Conflict, corrupt()] {
        desk.faults.next_read(error);
        let head = desk.head(group).await.0;
        let announced = desk.carry_out(vec![order(group, user(1), first.clone()), asked(1, group, user(2), send("second"))]).await;
        assert_eq!(words(&announced)[0], "message");
        assert_eq!(outcomes(&announced), BTreeMap::from([(1, stored(head + 1))]));
    }
    let announced = desk.carry_out(vec![order(group, user(1), first)]).await;
    assert_eq!(words(&announced), ["message"], "who asks again is told");
}

#[tokio::test]
async fn a_retry_finds_its_message_whatever_became_of_it() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let said = Command::Send { client_id: client_id(), message: Message { body: Some(text("regretted")), ..Message::default() } };
    assert_eq!(desk.ask([(group, user(2), said.clone()), (group, user(2), delete(Seq(3))), (group, user(2), Command::Leave)]).await[0], stored(3));
    let announced = desk.carry_out(vec![order(group, user(2), said)]).await;
    let [(Topic::User(_), Publication::Entry(again))] = &announced[..] else { panic!("{announced:?}") };
    assert_eq!((again.seq, &again.event), (Seq(3), &Event::Message(Message::default())), "the place, and no word of what was deleted");
}
