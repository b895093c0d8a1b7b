//! What was missed, for those who are in, who left, and who came back.

use super::*;

#[tokio::test]
async fn each_channel_is_answered_from_where_one_is() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let (one, other, hers) = (town.group(ana, &[bob]).await, town.group(ana, &[bob]).await, town.group(ana, &[]).await);
    fill(&town, ana, one, 3, 1).await;
    let nowhere = channel_id();
    let answer = catch_up(&town, bob, [(one, 3), (other, 2), (hers, 0), (nowhere, 0)]).await;
    assert!(!answer.more);
    let described: BTreeMap<_, _> = answer.channels.iter().map(|(channel, missed)| (*channel, describe(missed))).collect();
    let unknown = Refusal::ChannelUnknown.to_string();
    let expected = [(one, "2 entries".to_owned()), (other, "0 entries".to_owned()), (hers, unknown.clone()), (nowhere, unknown)];
    assert_eq!(described, expected.into());
    assert_eq!(missed(&town, bob, one, 0).await, (vec![2, 3, 4, 5], 5, false), "from his admission on");
    assert_eq!(missed(&town, ana, one, 0).await, (vec![1, 2, 3, 4, 5], 5, false));
}

#[tokio::test]
async fn a_long_absence_and_another_history_are_fetched_anew() {
    let town = Town::new().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    fill(&town, ana, group, 1_010, 1).await;
    let head = 1_011;
    assert!(is_refetch(&town, ana, group, head - REPLAYED - 1).await);
    assert_eq!(missed(&town, ana, group, head - REPLAYED).await.0.len() as u64, REPLAYED);
    assert!(is_refetch(&town, ana, group, head + 1).await, "a place that this log has not reached");
    assert!(is_refetch(&town, ana, group, u64::MAX).await);
    assert_eq!(missed(&town, ana, group, head).await, (vec![], head, false));
}

#[tokio::test]
async fn more_channels_than_one_can_be_in_are_too_many() {
    let limits = Limits { channels_per_user: 2, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let have: BTreeMap<_, _> = (0..3).map(|_| (channel_id(), Seq(1))).collect();
    assert_eq!(town.service.catch_up(ana, &have).await.err(), Some(Refusal::TooMany));
}

#[tokio::test]
async fn who_was_removed_gets_what_led_to_it_and_nothing_after() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    town.say(ana, group, "before").await;
    let removed = town.service.remove_member(ana, group, bob.user).await.unwrap().unwrap();
    fill(&town, ana, group, 3, 1).await;
    assert_eq!(missed(&town, bob, group, 2).await, (vec![3, 4], removed.0, false));
    assert_eq!(missed(&town, bob, group, removed.0).await, (vec![], removed.0, false));
    assert!(is_refetch(&town, bob, group, removed.0 + 1).await, "for him the log ends there");
    let answer = catch_up(&town, bob, [(group, 2)]).await;
    let Ok(MissedEntries::Entries { positions, .. }) = &answer.channels[&group] else { panic!("entries") };
    assert_eq!((positions.delivered, positions.read, positions.members.len()), (Seq::ZERO, Seq::ZERO, 0));
}

#[tokio::test]
async fn who_came_back_does_not_get_what_was_between() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[]).await;
    town.say(ana, group, "before").await;
    town.service.add_members(ana, group, vec![bob.user]).await.unwrap();
    town.service.leave(bob, group).await.unwrap();
    town.say(ana, group, "between").await;
    town.service.add_members(ana, group, vec![bob.user]).await.unwrap();
    town.say(ana, group, "after").await;
    assert_eq!(missed(&town, bob, group, 0).await, (vec![3, 4, 6, 7], 7, false));
    assert_eq!(missed(&town, bob, group, 5).await, (vec![6, 7], 7, false));
}

#[tokio::test]
async fn of_a_deleted_channel_one_learns_that_it_was_deleted() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    fill(&town, ana, group, 3, 1).await;
    town.service.delete_channel(ana, group).await.unwrap();
    let answer = catch_up(&town, bob, [(group, 3)]).await;
    let Ok(MissedEntries::Entries { entries, .. }) = &answer.channels[&group] else { panic!("entries") };
    assert!(matches!(&entries[..], [Entry { event: Event::Channel(change), seq: Seq(6), .. }] if change.deleted));
}

#[tokio::test]
async fn what_was_missed_is_told_as_it_is_now() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let (edited, deleted, hidden) = (town.say(ana, group, "helo").await, town.say(ana, group, "secret").await, town.say(ana, group, "spam").await);
    town.service.edit(ana, group, edited, text("hello"), Mentions::default(), None).await.unwrap();
    town.service.delete(ana, group, deleted, None).await.unwrap();
    town.service.hide(bob, group, hidden).await.unwrap();
    let answer = catch_up(&town, bob, [(group, 2)]).await;
    let Ok(MissedEntries::Entries { entries, head, .. }) = &answer.channels[&group] else { panic!("entries") };
    let said: Vec<_> =
        entries.iter().map(|entry| (entry.seq.0, if let Event::Message(message) = &entry.event { message.body.clone() } else { None })).collect();
    assert_eq!((said, *head), (vec![(3, Some(text("hello"))), (4, None), (6, None), (7, None)], Seq(7)));
}

#[tokio::test]
async fn how_far_the_others_are_comes_with_it() {
    let town = Plan { rates: generous(), ..Plan::default() }.found().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    let said = town.say(ana, group, "hello").await;
    town.service.mark(bob, &[(group, said, Seq::ZERO)]).await.unwrap();
    town.settle().await;
    let positions = async || {
        let answer = catch_up(&town, ana, [(group, said.0)]).await;
        let Ok(MissedEntries::Entries { positions, .. }) = &answer.channels[&group] else { panic!("entries") };
        (positions.delivered, positions.read, positions.members.len())
    };
    assert_eq!(positions().await, (said, Seq(2), 2), "also for one who missed nothing");
    for n in 0..31 {
        let one = town.person(&format!("guest{n}")).await;
        town.service.add_members(ana, group, vec![one.user]).await.unwrap();
    }
    let (.., members) = positions().await;
    assert_eq!(members, 0, "of a large channel only the minima");
}
