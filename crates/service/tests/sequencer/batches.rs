//! A batch is what its commands are one by one.

use super::*;

#[tokio::test]
async fn a_batch_stands_in_the_log_in_its_order_without_gaps() {
    let mut desk = Desk::new();
    let (one, other) = (desk.group(3).await, desk.group(3).await);
    let said = [(one, 1, "a"), (other, 2, "b"), (one, 3, "c"), (one, 2, "d"), (other, 1, "e")];
    let announced = desk.carry_out(said.map(|(channel, who, words)| order(channel, user(who), send(words))).to_vec()).await;
    let entry = |(topic, publication): &(Topic, Publication)| match publication {
        Publication::Entry(entry) => {
            assert_eq!(*topic, Topic::Channel(entry.channel));
            Some((entry.channel, entry.seq))
        }
        _ => None,
    };
    let announced: Vec<_> = announced.iter().filter_map(entry).collect();
    assert_eq!(announced, [(one, Seq(3)), (other, Seq(3)), (one, Seq(4)), (one, Seq(5)), (other, Seq(4))]);
    let seqs: Vec<_> = desk.log(one).await.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn the_same_client_id_twice_in_a_batch_is_one_entry() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let command = send("once");
    let answers = desk.ask([(group, user(1), command.clone()), (group, user(1), command.clone()), (group, user(2), command)]).await;
    assert_eq!(answers, [stored(3), stored(3), stored(4)], "the same name used by somebody else is another message");
}

#[tokio::test]
async fn a_repetition_in_the_same_batch_is_not_told_twice() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let command = send("once");
    let announced = desk.carry_out(vec![order(group, user(1), command.clone()), order(group, user(1), command)]).await;
    assert_eq!(words(&announced), ["message"]);
}

#[tokio::test]
async fn a_repetition_in_a_later_batch_is_told_to_its_sender_alone() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let command = send("once");
    desk.carry_out(vec![order(group, user(1), command.clone())]).await;
    desk.witness.heard(user(2));
    let announced = desk.carry_out(vec![order(group, user(1), command.clone())]).await;
    let [(Topic::User(told), Publication::Entry(entry))] = &announced[..] else { panic!("{announced:?}") };
    assert_eq!((*told, entry.seq, entry.client_id), (user(1), Seq(3), command.client_id()));
    assert!(desk.witness.heard(user(2)).is_empty());
    assert_eq!(desk.ask([(group, user(1), command)]).await, [stored(3)]);
    assert_eq!(desk.head(group).await, Seq(3));
}

#[tokio::test]
async fn what_is_said_in_a_batch_can_be_changed_in_the_same_batch() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let (ana, bob) = (user(1), user(2));
    let answers = desk
        .ask([
            (group, ana, send("one")),
            (group, ana, edit(Seq(3), "uno")),
            (group, bob, edit(Seq(3), "mine now")),
            (group, bob, react(Seq(3), "👍", true)),
            (group, bob, react(Seq(3), "👍", true)),
            (group, ana, react(Seq(3), "👍", true)),
            (group, bob, reply("two", Seq(3))),
            (group, ana, pin(Seq(3), true)),
            (group, ana, pin(Seq(3), true)),
            (group, ana, delete(Seq(3))),
            (group, ana, delete(Seq(3))),
            (group, ana, edit(Seq(3), "tre")),
            (group, bob, react(Seq(3), "👍", false)),
            (group, ana, pin(Seq(3), true)),
            (group, bob, react(Seq(4), "👍", true)),
        ])
        .await;
    let expected = [
        stored(3),
        stored(4),
        Err(Refusal::NotTheSender),
        stored(5),
        DONE,
        stored(6),
        stored(7),
        stored(8),
        DONE,
        stored(9),
        DONE,
        Err(Refusal::MessageDeleted),
        Err(Refusal::MessageDeleted),
        Err(Refusal::MessageDeleted),
        Err(Refusal::MessageUnknown),
    ];
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn a_pin_that_goes_makes_room_for_another_in_the_same_batch() {
    let mut desk = Desk::new();
    let group = desk.group(1).await;
    let pins = PINS_PER_CHANNEL as u64;
    desk.carry_out((0..pins + 2).map(|_| order(group, user(1), send("remember"))).collect()).await;
    desk.carry_out((0..pins).map(|n| order(group, user(1), pin(Seq(2 + n), true))).collect()).await;
    let (next, after) = (Seq(2 + pins), Seq(3 + pins));
    assert_eq!(desk.ask([(group, user(1), pin(next, true))]).await, [Err(Refusal::TooManyPins)]);
    let answers = desk.ask([(group, user(1), delete(Seq(2))), (group, user(1), pin(next, true)), (group, user(1), pin(after, true))]).await;
    assert!(matches!(answers, [Ok(_), Ok(_), Err(Refusal::TooManyPins)]), "{answers:?}");
    let answers = desk.ask([(group, user(1), pin(Seq(3), false)), (group, user(1), pin(after, true)), (group, user(1), pin(Seq(3), true))]).await;
    assert!(matches!(answers, [Ok(_), Ok(_), Err(Refusal::TooManyPins)]), "{answers:?}");
}

#[tokio::test]
async fn who_is_removed_in_a_batch_writes_nothing_after_it() {
    let mut desk = Desk::new();
    let group = desk.group(2).await;
    let bob = user(2);
    let said = send("before");
    let answers = desk
        .ask([
            (group, bob, said.clone()),
            (group, user(1), Command::Remove { user: bob }),
            (group, bob, send("after")),
            (group, bob, said),
            (group, user(1), add(&[bob])),
            (group, bob, send("back again")),
        ])
        .await;
    assert_eq!(answers, [stored(3), stored(4), Err(Refusal::NotAMember), stored(3), stored(5), stored(6)], "a retry is no new message");
}

/// The definition of a batch: it is what its commands are one by one.
#[tokio::test]
async fn in_batches_or_one_by_one_the_same_commands_make_the_same_channel() {
    for seed in 1..=12 {
        let kind = [ChannelKind::Group, ChannelKind::Broadcast, ChannelKind::Direct][seed as usize % 3];
        let alone = Backend::of(MemoryStore::default());
        let story = Story::play(&alone, seed, kind, 400).await;
        let mut desk = Desk::new();
        let first = if kind == ChannelKind::Direct { 2 } else { 3 };
        let channel = desk.scribe.open(kind, user(1), &users(2, first)).await;
        let mut dice = Dice::new(seed);
        let mut left = &story.tried[..];
        while !left.is_empty() {
            let (batch, rest) = left.split_at(left.len().min(1 + dice.below(40) as usize));
            desk.carry_out(batch.iter().map(|(actor, command)| order(channel, *actor, command.clone())).collect()).await;
            left = rest;
        }
        let bare = |entry: Entry| (entry.seq, entry.sender, entry.client_id, entry.n, entry.event);
        let told: Vec<_> = desk.log(channel).await.into_iter().map(bare).collect();
        let expected = alone.log.entries(story.channel, user(999), Seq(1), Seq(u64::MAX), usize::MAX).await.unwrap();
        let expected: Vec<_> = expected.into_iter().map(bare).collect();
        assert_eq!(told, expected, "seed {seed}");
        let members = |channel: Channel| -> Vec<_> {
            let place = |position: rialto_domain::position::Position| (position.delivered, position.read, position.read_n);
            channel.members().map(|(user, member)| (user, member.role, member.visible.clone(), place(member.position), member.blocking)).collect()
        };
        assert_eq!(members(desk.stored(channel).await), members(alone.log.load(story.channel).await.unwrap()), "seed {seed}");
    }
}
