//! What is announced of a batch, and in which order.

use super::*;

#[tokio::test]
async fn admissions_come_before_what_the_admitted_see_and_departures_after_it() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    desk.witness.connect(user(3), &[]);
    let announced = desk
        .carry_out(vec![
            asked(1, group, user(1), add(&[user(3)])),
            order(group, user(3), send("hello")),
            asked(2, group, user(1), Command::Remove { user: user(3) }),
            order(group, user(1), send("gone")),
        ])
        .await;
    assert_eq!(words(&announced), ["joined", "member", "message", "member", "left", "message", "outcome", "outcome"]);
    let heard: Vec<_> = desk.witness.entries(user(3)).iter().map(|entry| entry.seq.0).collect();
    assert_eq!(heard, [3, 4, 5]);
}

#[tokio::test]
async fn of_a_deleted_channel_the_last_entry_is_the_last_thing_heard() {
    let mut desk = Desk::new();
    let (group, other) = (desk.group(2).await, desk.group(2).await);
    desk.witness.heard(user(2));
    let announced = desk
        .carry_out(vec![
            order(group, user(2), send("last words")),
            order(group, user(1), Command::DeleteChannel),
            order(group, user(2), send("too late")),
            order(other, user(2), mark(2, 2)),
        ])
        .await;
    assert_eq!(rejected(&announced), [(Topic::User(user(2)), Refusal::ChannelUnknown)]);
    assert_eq!(words(&announced)[..4], ["message", "channel", "deleted", "deleted"]);
    assert!(positions(&announced).iter().all(|(_, moved)| moved.channel == other), "nobody is left whose position could move");
}

#[tokio::test]
async fn a_change_of_the_title_is_no_departure() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let announced = desk.carry_out(vec![order(group, user(1), Command::Update { title: Some("Murano".to_owned()), description: None })]).await;
    assert_eq!(words(&announced), ["channel"]);
}

#[tokio::test]
async fn who_waits_hears_the_outcome_and_who_does_not_hears_of_a_refusal() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let nameless = Command::Delete { client_id: None, target: Seq(1) };
    let announced = desk
        .carry_out(vec![
            asked(1, group, user(9), send("let me in")),
            order(group, user(9), send("let me in")),
            order(group, user(2), nameless.clone()),
            asked(2, group, user(2), nameless),
        ])
        .await;
    let refusals = BTreeMap::from([(1, Err(Refusal::ChannelUnknown)), (2, Err(Refusal::MessageUnknown))]);
    assert_eq!(outcomes(&announced), refusals);
    assert_eq!(rejected(&announced), [(Topic::User(user(9)), Refusal::ChannelUnknown)], "what has no name cannot be told of");
}

#[tokio::test]
async fn outcomes_come_after_what_they_are_about() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let announced = desk.carry_out(vec![asked(1, group, user(1), send("a")), asked(2, group, user(2), mark(3, 3))]).await;
    assert_eq!(words(&announced), ["message", "positions", "outcome", "outcome"]);
}
