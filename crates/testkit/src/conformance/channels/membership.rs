//! Who is in, and what each member keeps.

use std::collections::BTreeSet;

use rialto_domain::apply::Command;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::log::{Interval, Seq};
use rialto_domain::ports::{FlagChange, Flags, PortError};
use rialto_domain::{Timestamp, UserId};

use crate::builders::{add, channel_id, mark, user, users};
use crate::{Backend, Scribe};

/// Present members with their roles; nobody who left.
pub async fn a_roster_names_present_members_in_order(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(5), &[user(9), user(2), user(7)]).await;
    scribe.write(channel, user(5), Command::SetRole { user: user(7), role: Role::Admin }).await;
    scribe.write(channel, user(2), Command::Leave).await;
    scribe.write(channel, user(5), add(&[user(1)])).await;
    let roster = backend.channels.roster(channel).await.expect("is there");
    assert_eq!(roster.kind, ChannelKind::Group);
    assert_eq!(roster.members, [(user(1), Role::Member), (user(5), Role::Owner), (user(7), Role::Admin), (user(9), Role::Member)]);
    assert!(matches!(backend.channels.roster(channel_id()).await, Err(PortError::NotFound)));
}

/// Rows outlive a departure: they say what may still be read.
pub async fn a_former_member_is_found_and_a_stranger_is_not(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    scribe.say(channel, user(1), "before").await;
    let left = scribe.write(channel, user(2), Command::Leave).await;
    let find = |id, n| {
        let channels = backend.channels.clone();
        async move { channels.find_member(id, user(n)).await.expect("the store answers") }
    };
    let former = find(channel, 2).await.expect("is remembered");
    assert_eq!(former.visible.to_vec(), [Interval { from: Seq(2), to: Some(left) }]);
    assert!(!former.is_active());
    let present = find(channel, 1).await.expect("is in");
    assert_eq!((present.role, present.is_active()), (Role::Owner, true));
    assert_eq!(find(channel, 3).await, None, "a stranger");
    assert_eq!(find(channel_id(), 1).await, None, "a channel that is not there");
    assert_eq!(backend.channels.find_listing(user(2), channel).await.expect("the store answers"), None);
    assert_eq!(backend.channels.find_listing(user(3), channel).await.expect("the store answers"), None);
}

/// Every present member exactly once, with their role, their position, and since when they may read.
pub async fn members_are_paged_in_the_order_of_their_ids(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(20), &users(1, 19)).await;
    let other = scribe.open(ChannelKind::Group, user(30), &users(1, 4)).await;
    scribe.say(channel, user(20), "hello").await;
    scribe.settle(channel, user(7), mark(3, 3)).await;
    scribe.write(channel, user(8), Command::Leave).await;
    scribe.write(channel, user(6), Command::Leave).await;
    scribe.say(channel, user(20), "while away").await;
    let returned = scribe.write(channel, user(6), Command::Join).await;
    let expected: Vec<UserId> = (1..=20).filter(|n| *n != 8).map(user).collect();
    for limit in [1, 2, 7, 19, 20, 100] {
        let mut seen = Vec::new();
        loop {
            let after = seen.last().map(|row: &rialto_domain::ports::MemberRow| row.user);
            let page = backend.channels.members(channel, after, limit).await.expect("a page");
            assert!(page.len() <= limit);
            assert!(page.iter().all(|row| after.is_none_or(|after| row.user > after)), "a page begins after the one before");
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen.iter().map(|row| row.user).collect::<Vec<_>>(), expected, "pages of {limit}");
        let row = |n| seen.iter().find(|row| row.user == user(n)).expect("is in");
        assert_eq!((row(7).position.read, row(9).position.read), (Seq(3), Seq(2)));
        assert_eq!((row(20).role, row(1).role), (Role::Owner, Role::Member));
        assert_eq!((row(20).since, row(1).since, row(6).since), (Seq(1), Seq(2), returned));
    }
    let after_nobody = backend.channels.members(channel, Some(user(8)), 1).await.expect("a page");
    assert_eq!(after_nobody[0].user, user(9), "after somebody who is not in");
    assert_eq!(backend.channels.members(other, None, 100).await.expect("a page").len(), 5);
}

/// Joining adds one, leaving takes it away, returning brings it back.
pub async fn memberships_are_those_of_the_present(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let mut expected = BTreeSet::new();
    for _ in 0..3 {
        expected.insert(scribe.open(ChannelKind::Group, user(1), &[user(2)]).await);
    }
    scribe.open(ChannelKind::Group, user(1), &[user(3)]).await;
    let memberships = || async { backend.channels.memberships(user(2)).await.expect("the store answers") };
    let told = memberships().await;
    assert_eq!((told.len(), told.into_iter().collect::<BTreeSet<_>>()), (3, expected.clone()));
    let left = expected.pop_first().expect("three");
    scribe.write(left, user(2), Command::Leave).await;
    assert_eq!(memberships().await.into_iter().collect::<BTreeSet<_>>(), expected);
    scribe.write(left, user(2), Command::Join).await;
    assert!(memberships().await.contains(&left));
    assert_eq!(backend.channels.memberships(user(99)).await.expect("the store answers"), []);
}

/// Not those who did once.
pub async fn acquainted_are_those_who_share_a_channel_now(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2), user(3)]).await;
    scribe.open(ChannelKind::Direct, user(3), &[user(4)]).await;
    let acquainted = |one, other| {
        let channels = backend.channels.clone();
        async move {
            let told = channels.acquainted(user(one), user(other)).await.expect("the store answers");
            assert_eq!(channels.acquainted(user(other), user(one)).await.expect("the store answers"), told, "both or neither");
            told
        }
    };
    assert!(acquainted(1, 2).await && acquainted(2, 3).await && acquainted(3, 4).await);
    assert!(!acquainted(1, 4).await && !acquainted(2, 4).await && !acquainted(1, 9).await);
    scribe.write(channel, user(3), Command::Leave).await;
    assert!(acquainted(1, 2).await && !acquainted(2, 3).await && acquainted(3, 4).await);
}

/// Set, read, replaced; in one channel, by one member.
pub async fn flags_are_each_members_own(backend: Backend) {
    let scribe = Scribe::new(&backend);
    let channel = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let other = scribe.open(ChannelKind::Group, user(1), &[user(2)]).await;
    let flags = |n, id| {
        let channels = backend.channels.clone();
        async move { channels.find_listing(user(n), id).await.expect("the store answers").expect("is in").flags }
    };
    let all = Flags { muted_until: Some(Timestamp(u64::MAX >> 1)), archived: true, pinned: true };
    for wish in [all, Flags { muted_until: Some(Timestamp(5)), ..Flags::default() }, Flags { archived: true, ..Flags::default() }, Flags::default(), all] {
        let mut told = Flags::default();
        for change in [FlagChange::Mute(wish.muted_until), FlagChange::Archive(wish.archived), FlagChange::Pin(wish.pinned)] {
            told = backend.channels.change_flags(user(2), channel, change).await.expect("changes a flag");
        }
        assert_eq!((told, flags(2, channel).await), (wish, wish));
        let page = backend.channels.list(user(2), None, 10).await.expect("a page");
        assert!(page.channels.iter().any(|listing| listing.channel == channel && listing.flags == wish));
        assert_eq!((flags(1, channel).await, flags(2, other).await), (Flags::default(), Flags::default()));
    }
    scribe.say(channel, user(1), "word").await;
    scribe.settle(channel, user(2), mark(3, 3)).await;
    assert_eq!(flags(2, channel).await, all, "an append leaves them alone");
}

/// Each device changes one flag and knows nothing of the other.
pub async fn flags_changed_at_the_same_moment_are_all_changed(backend: Backend) {
    let channel = Scribe::new(&backend).open(ChannelKind::Group, user(1), &[]).await;
    let changes = [FlagChange::Mute(Some(Timestamp(9))), FlagChange::Archive(true), FlagChange::Pin(true)];
    let devices: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let channels = backend.channels.clone();
            tokio::spawn(async move { channels.change_flags(user(1), channel, change).await.expect("changes a flag") })
        })
        .collect();
    for device in devices {
        device.await.expect("comes to its end");
    }
    let flags = backend.channels.find_listing(user(1), channel).await.expect("the store answers").expect("is in").flags;
    assert_eq!(flags, Flags { muted_until: Some(Timestamp(9)), archived: true, pinned: true });
}
