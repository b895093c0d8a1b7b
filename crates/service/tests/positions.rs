//! How far people are: marks, minima, receipts, and counts that follow from them.

#![allow(clippy::unwrap_used, missing_docs)]

use rialto_domain::auth::Identity;
use rialto_domain::channel::ChannelKind;
use rialto_domain::limit::Limits;
use rialto_domain::position::Position;
use rialto_domain::{ChannelId, Refusal, Seq, UserId};
use rialto_testkit::Town;
use rialto_testkit::builders::channel_id;
use rialto_testkit::town::{Plan, draft};

async fn mark(town: &Town, who: Identity, channel: ChannelId, delivered: u64, read: u64) {
    town.service.mark(who, &[(channel, Seq(delivered), Seq(read))]).await.unwrap();
    town.settle().await;
}

async fn position(town: &Town, who: Identity, channel: ChannelId) -> Position {
    town.service.channel(who, channel).await.unwrap().listing.position
}

async fn unread(town: &Town, who: Identity, channel: ChannelId) -> u64 {
    town.service.channel(who, channel).await.unwrap().listing.unread
}

/// Who received a message and who read it, of those who may.
async fn receipts(town: &Town, who: Identity, channel: ChannelId, seq: Seq) -> Vec<(UserId, bool, bool)> {
    let (rows, next) = town.service.receipts(who, channel, seq, None, 100).await.unwrap();
    assert_eq!(next, None);
    rows.into_iter().map(|row| (row.user, row.position.delivered >= seq, row.position.read >= seq)).collect()
}

#[tokio::test]
async fn one_command_marks_several_channels() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let (one, other) = (town.group(ana, &[bob]).await, town.direct(ana, bob).await);
    let (first, second) = (town.say(ana, one, "one").await, town.say(ana, other, "other").await);
    town.service.mark(bob, &[(one, first, first), (other, second, Seq::ZERO)]).await.unwrap();
    town.settle().await;
    assert_eq!((unread(&town, bob, one).await, unread(&town, bob, other).await), (0, 1));
    assert_eq!(position(&town, bob, other).await.delivered, second);
}

#[tokio::test]
async fn if_one_of_them_is_not_ones_own_none_is_marked() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let (ours, hers) = (town.group(ana, &[bob]).await, town.group(ana, &[]).await);
    let said = town.say(ana, ours, "hello").await;
    for foreign in [hers, channel_id()] {
        assert_eq!(town.service.mark(bob, &[(ours, said, said), (foreign, Seq(1), Seq(1))]).await, Err(Refusal::ChannelUnknown));
    }
    town.settle().await;
    assert_eq!(unread(&town, bob, ours).await, 1);
}

#[tokio::test]
async fn so_many_are_marked_in_one_command() {
    let limits = Limits { users_per_command: 2, ..Limits::default() };
    let town = Plan { limits, ..Plan::default() }.found().await;
    let ana = town.person("ana").await;
    let group = town.group(ana, &[]).await;
    assert_eq!(town.service.mark(ana, &[(group, Seq(1), Seq(1)); 3]).await, Err(Refusal::TooMany));
    assert_eq!(town.service.mark(ana, &[(group, Seq(1), Seq(1)); 2]).await, Ok(()));
}

#[tokio::test]
async fn positions_only_rise_and_never_beyond_the_end() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    for n in 0..5 {
        town.say(ana, group, &n.to_string()).await;
    }
    let at = async |town: &Town| {
        let position = position(town, bob, group).await;
        (position.delivered.0, position.read.0)
    };
    for (marked, expected) in [((4, 3), (4, 3)), ((2, 1), (4, 3)), ((0, 0), (4, 3)), ((0, 5), (5, 5)), ((u64::MAX, 0), (7, 5)), ((0, u64::MAX), (7, 7))] {
        mark(&town, bob, group, marked.0, marked.1).await;
        assert_eq!(at(&town).await, expected, "after {marked:?}");
    }
    assert_eq!(at(&town.restarted().await).await, (7, 7));
}

#[tokio::test]
async fn who_writes_has_read_what_stands_above() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    for n in 0..3 {
        town.say(ana, group, &n.to_string()).await;
    }
    assert_eq!((unread(&town, bob, group).await, unread(&town, ana, group).await), (3, 0));
    let said = town.say(bob, group, "I have read all this").await;
    assert_eq!((unread(&town, bob, group).await, unread(&town, ana, group).await), (0, 1));
    assert_eq!(position(&town, bob, group).await.read, said);
}

#[tokio::test]
async fn marks_that_come_together_are_told_together() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[bob, cleo]).await;
    for n in 0..3 {
        town.say(ana, group, &n.to_string()).await;
    }
    town.witness.heard(ana.user);
    for (who, seq) in [(bob, 3), (cleo, 3), (bob, 4), (bob, 5), (cleo, 4)] {
        town.service.mark(who, &[(group, Seq(seq), Seq(seq - 1))]).await.unwrap();
    }
    town.settle().await;
    let [moved] = &town.witness.positions(ana.user)[..] else { panic!("one announcement") };
    assert_eq!((moved.delivered, moved.read), (Seq(4), Seq(3)));
    let mut members: Vec<_> = moved.members.iter().map(|member| (member.user, member.delivered.0, member.read.0)).collect();
    members.sort_unstable();
    let mut expected = [(bob.user, 5, 4), (cleo.user, 4, 3)];
    expected.sort_unstable();
    assert_eq!(members, expected);
}

#[tokio::test]
async fn delivered_to_all_and_read_by_all_is_what_the_slowest_has() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[bob, cleo]).await;
    let said = town.say(ana, group, "hello").await;
    let minima = async || town.service.channel(ana, group).await.unwrap().listing.minima;
    mark(&town, bob, group, said.0, said.0).await;
    assert_eq!(minima().await, (Seq(2), Seq(2)));
    mark(&town, cleo, group, said.0, 0).await;
    assert_eq!(minima().await, (said, Seq(2)));
    town.service.leave(cleo, group).await.unwrap();
    assert_eq!(minima().await, (said, said), "who has left holds nobody up");
}

#[tokio::test]
async fn receipts_tell_of_those_who_may_read_the_message_but_its_sender() {
    let town = Town::new().await;
    let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
    let group = town.group(ana, &[bob, cleo]).await;
    let said = town.say(ana, group, "hello").await;
    let expected = |mut rows: Vec<(UserId, bool, bool)>| {
        rows.sort_unstable();
        rows
    };
    assert_eq!(receipts(&town, ana, group, said).await, expected(vec![(bob.user, false, false), (cleo.user, false, false)]));
    mark(&town, bob, group, said.0, said.0).await;
    mark(&town, cleo, group, said.0, 0).await;
    town.service.add_members(ana, group, vec![dan.user]).await.unwrap();
    for who in [ana, bob] {
        assert_eq!(receipts(&town, who, group, said).await, expected(vec![(bob.user, true, true), (cleo.user, true, false)]), "dan came later");
    }
    assert_eq!(town.service.receipts(dan, group, said, None, 100).await.err(), Some(Refusal::MessageUnknown));
}

#[tokio::test]
async fn receipts_of_a_broadcast_tell_of_those_who_came_later_as_well() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let news = town.open(ChannelKind::Broadcast, ana, &[]).await;
    let said = town.say(ana, news, "hello").await;
    town.service.add_members(ana, news, vec![bob.user]).await.unwrap();
    assert_eq!(receipts(&town, ana, news, said).await, [(bob.user, true, true)], "what stands above one's coming counts as read");
}

#[tokio::test]
async fn receipts_come_in_pages() {
    let town = Town::new().await;
    let [ana, bob, cleo, dan] = town.people(["ana", "bob", "cleo", "dan"]).await;
    let group = town.group(ana, &[bob, cleo, dan]).await;
    let said = town.say(ana, group, "hello").await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = town.service.receipts(bob, group, said, after, 1).await.unwrap();
        assert!(page.len() <= 1);
        seen.extend(page.into_iter().map(|row| row.user));
        match next {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    let mut expected = [bob.user, cleo.user, dan.user];
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn there_are_no_receipts_of_what_is_no_message_nor_for_those_who_are_not_in() {
    let town = Town::new().await;
    let [ana, bob, cleo] = town.people(["ana", "bob", "cleo"]).await;
    let group = town.group(ana, &[bob]).await;
    let said = town.say(ana, group, "hello").await;
    let ask = async |who, seq| town.service.receipts(who, group, seq, None, 10).await.err();
    for nothing in [Seq::ZERO, Seq(1), Seq(2), Seq(99)] {
        assert_eq!(ask(ana, nothing).await, Some(Refusal::MessageUnknown));
    }
    assert_eq!(ask(cleo, said).await, Some(Refusal::ChannelUnknown));
    town.service.remove_member(ana, group, bob.user).await.unwrap();
    assert_eq!(ask(bob, said).await, Some(Refusal::NotAMember), "how far the others are now is nothing that he saw");
}

#[tokio::test]
async fn who_is_out_marks_nothing() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    town.service.leave(bob, group).await.unwrap();
    town.witness.heard(ana.user);
    assert_eq!(town.service.mark(bob, &[(group, Seq(3), Seq(3))]).await, Err(Refusal::NotAMember));
    town.settle().await;
    assert!(town.witness.heard(ana.user).is_empty());
}

#[tokio::test]
async fn who_comes_back_has_nothing_unread_of_the_time_between() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    town.say(ana, group, "unread, and then left behind").await;
    town.service.leave(bob, group).await.unwrap();
    town.say(ana, group, "between").await;
    town.service.add_members(ana, group, vec![bob.user]).await.unwrap();
    assert_eq!(unread(&town, bob, group).await, 0);
    town.say(ana, group, "after").await;
    assert_eq!(unread(&town, bob, group).await, 1);
}

#[tokio::test]
async fn beyond_what_is_shown_the_count_is_a_bound() {
    let town = Town::new().await;
    let [ana, bob] = town.people(["ana", "bob"]).await;
    let group = town.group(ana, &[bob]).await;
    for n in 0..1_200 {
        town.service.send(ana, group, draft(&n.to_string()), false).await.unwrap();
    }
    town.settle().await;
    let count = unread(&town, bob, group).await;
    assert!((1_000..=1_200).contains(&count), "{count}");
}
