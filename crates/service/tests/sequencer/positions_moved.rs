//! Who hears how far somebody is.

use super::*;

#[tokio::test]
async fn in_a_small_channel_everybody_hears_who_moved() {
    let mut desk = Desk::new();
    let group = desk.group(32).await;
    desk.carry_out(vec![order(group, user(1), send("read me"))]).await;
    let announced = desk.carry_out(vec![order(group, user(2), mark(3, 0)), order(group, user(3), mark(3, 3)), order(group, user(2), mark(0, 3))]).await;
    let [(topic, moved)] = &positions(&announced)[..] else { panic!("one announcement for the batch: {announced:?}") };
    let members: Vec<_> = moved.members.iter().map(|member| (member.user, member.delivered, member.read)).collect();
    assert_eq!((*topic, &members[..]), (Topic::Channel(group), &[(user(2), Seq(3), Seq(3)), (user(3), Seq(3), Seq(3))][..]));
}

#[tokio::test]
async fn in_a_large_channel_everybody_hears_of_the_minima_and_oneself_of_oneself() {
    let mut desk = Desk::new();
    let group = desk.group(33).await;
    desk.carry_out(vec![order(group, user(1), send("read me"))]).await;
    let announced = desk.carry_out(vec![order(group, user(2), mark(3, 3))]).await;
    let [(topic, moved)] = &positions(&announced)[..] else { panic!("to one alone: {announced:?}") };
    assert_eq!((*topic, moved.members.len(), moved.members[0].user), (Topic::User(user(2)), 1, user(2)));
    let rest = (3..=33).map(|n| order(group, user(n), mark(3, 3))).collect();
    let announced = positions(&desk.carry_out(rest).await);
    let to_all: Vec<_> = announced.iter().filter(|(topic, _)| *topic == Topic::Channel(group)).collect();
    let [(_, moved)] = to_all[..] else { panic!("one for all: {announced:?}") };
    assert_eq!((moved.delivered, moved.read, moved.members.len()), (Seq(3), Seq(3), 0));
    assert_eq!(announced.len(), 32, "and one for each who moved");
}

#[tokio::test]
async fn a_mark_that_moves_nothing_is_not_announced() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    desk.carry_out(vec![order(group, user(2), mark(2, 2))]).await;
    for (delivered, read) in [(2, 2), (1, 0), (0, 0)] {
        assert!(desk.carry_out(vec![order(group, user(2), mark(delivered, read))]).await.is_empty());
    }
}

#[tokio::test]
async fn that_a_sender_has_read_is_seen_from_the_message_alone() {
    let mut desk = Desk::new();
    let group = desk.group(3).await;
    let announced = desk.carry_out(vec![order(group, user(1), send("a")), order(group, user(2), send("b"))]).await;
    assert_eq!(words(&announced), ["message", "message"], "the third one has not moved, and so have the minima not");
    let announced = desk.carry_out(vec![order(group, user(3), send("c"))]).await;
    assert_eq!(words(&announced), ["message", "positions"]);
}

#[tokio::test]
async fn when_the_slowest_leaves_the_minima_rise() {
    let mut desk = Desk::new();
    let group = desk.group(3).await;
    desk.carry_out(vec![order(group, user(1), send("a")), order(group, user(2), mark(3, 3))]).await;
    let announced = positions(&desk.carry_out(vec![order(group, user(3), Command::Leave)]).await);
    let [(_, moved)] = &announced[..] else { panic!("{announced:?}") };
    assert_eq!((moved.delivered, moved.read), (Seq(3), Seq(3)));
}

#[tokio::test]
async fn when_the_last_one_leaves_nothing_goes_back() {
    let mut desk = Desk::new();
    let group = desk.group(1).await;
    let announced = desk.carry_out(vec![order(group, user(1), send("goodbye")), order(group, user(1), Command::Leave)]).await;
    assert_eq!(words(&announced), ["message", "member", "left"]);
}

#[tokio::test]
async fn who_left_is_not_among_those_who_moved() {
    let mut desk = Desk::new();
    let group = desk.group(3).await;
    let announced = desk.carry_out(vec![order(group, user(1), send("a")), order(group, user(2), mark(3, 3)), order(group, user(2), Command::Leave)]).await;
    assert!(positions(&announced).iter().all(|(_, moved)| moved.members.iter().all(|member| member.user != user(2))));
}

/// An entry that is no message has as many messages up to it as any other has.
#[tokio::test]
async fn what_was_read_up_to_is_counted_wherever_the_place_comes_from() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let bob = user(2);
    let read_n = async |desk: &Desk| desk.stored(group).await.member(bob).unwrap().position.read_n;
    desk.carry_out(vec![order(group, user(1), send("one")), order(group, user(1), send("two"))]).await;
    desk.carry_out(vec![order(group, user(1), send("three")), order(group, bob, mark(4, 4))]).await;
    assert_eq!(read_n(&desk).await, 2, "the head before the batch");
    let orders =
        vec![order(group, user(1), send("four")), order(group, user(1), add(&[user(3)])), order(group, user(1), send("five")), order(group, bob, mark(7, 7))];
    desk.carry_out(orders).await;
    assert_eq!(read_n(&desk).await, 4, "an admission within the batch");
    desk.carry_out(vec![order(group, bob, mark(99, 99))]).await;
    assert_eq!(read_n(&desk).await, 5, "beyond the end is the end");
    let position = desk.stored(group).await.member(bob).unwrap().position;
    assert_eq!((position.delivered, position.read), (Seq(8), Seq(8)));
}

#[tokio::test]
async fn to_mark_the_newest_entry_costs_no_look_up() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    desk.carry_out(vec![order(group, user(1), send("one")), order(group, user(1), send("two"))]).await;
    desk.faults.next_look_up(unavailable());
    assert_eq!(desk.ask([(group, user(2), mark(4, 4))]).await, [DONE]);
    assert_eq!(desk.ask([(group, user(2), mark(4, 3))]).await, [DONE]);
    assert_eq!(desk.ask([(group, user(1), send("three"))]).await, [Err(Refusal::Unavailable)], "the fault was still to come");
}
