//! Making channels.

use rialto_domain::channel::ChannelKind;
use rialto_domain::log::Seq;
use rialto_domain::ports::{Opened, PortError};
use rialto_domain::{ChannelId, Timestamp};

use crate::builders::{channel_id, founding, user, users};
use crate::{Backend, truth};

const NOW: Timestamp = Timestamp(1_735_689_600_000);

/// All of it is there when `create` has returned, for every kind.
pub async fn a_channel_appears_with_its_members_and_entries(backend: Backend) {
    for (kind, others) in [(ChannelKind::Direct, users(2, 2)), (ChannelKind::Group, users(2, 40)), (ChannelKind::Broadcast, Vec::new())] {
        let new = founding(channel_id(), kind, user(1), &others, NOW);
        assert_eq!(backend.channels.create(new.clone()).await.expect("is new"), Opened::Created);
        let loaded = backend.log.load(new.id).await.expect("is there");
        assert_eq!((loaded.kind, &loaded.about, loaded.head, loaded.deleted), (kind, &new.about, truth::head(&new.entries), false));
        let rows: Vec<_> = loaded.members().map(|(user, member)| (user, member.clone())).collect();
        assert_eq!(rows, new.members);
        let entries = backend.log.entries(new.id, user(1), Seq(1), Seq(100), 100).await.expect("entries");
        assert_eq!(entries, new.entries);
        let listing = backend.channels.find_listing(user(1), new.id).await.expect("the store answers").expect("is in");
        assert_eq!((listing.kind, listing.members, listing.head), (kind, 1 + others.len() as u64, loaded.head));
    }
}

/// The second wish is answered with the first channel, whoever wishes, and leaves no trace.
pub async fn a_pair_has_one_direct_channel(backend: Backend) {
    assert_eq!(find(&backend, 1, 2).await, None);
    let first = founding(channel_id(), ChannelKind::Direct, user(1), &[user(2)], NOW);
    assert_eq!(backend.channels.create(first.clone()).await.expect("is new"), Opened::Created);
    for (founder, other) in [(1, 2), (2, 1)] {
        let second = founding(channel_id(), ChannelKind::Direct, user(founder), &[user(other)], NOW);
        let opened = backend.channels.create(second.clone()).await.expect("the store answers");
        assert_eq!(opened, Opened::Existing(first.id));
        assert!(matches!(backend.log.load(second.id).await, Err(PortError::NotFound)));
        assert_eq!(find(&backend, founder, other).await, Some(first.id));
        assert_eq!(backend.channels.memberships(user(founder)).await.expect("the store answers"), [first.id]);
    }
    let third = founding(channel_id(), ChannelKind::Direct, user(1), &[user(3)], NOW);
    assert_eq!(backend.channels.create(third.clone()).await.expect("is new"), Opened::Created, "another pair");
    assert_eq!((find(&backend, 3, 1).await, find(&backend, 3, 2).await), (Some(third.id), None));
}

/// One is made, and everybody is told the same.
pub async fn a_pair_that_opens_from_both_sides_at_once_gets_one_channel(backend: Backend) {
    for pair in 0..6 {
        let (one, other) = (user(10 + 2 * pair), user(11 + 2 * pair));
        let wishes: Vec<_> = (0..8)
            .map(|n| {
                let (founder, other) = if n % 2 == 0 { (one, other) } else { (other, one) };
                let (channels, wish) = (backend.channels.clone(), founding(channel_id(), ChannelKind::Direct, founder, &[other], NOW));
                tokio::spawn(async move { (wish.id, channels.create(wish).await.expect("the store answers")) })
            })
            .collect();
        let mut created = Vec::new();
        let mut told = Vec::new();
        for wish in wishes {
            match wish.await.expect("comes to its end") {
                (id, Opened::Created) => created.push(id),
                (_, Opened::Existing(id)) => told.push(id),
            }
        }
        let [the_one] = created[..] else { panic!("one channel, not {created:?}") };
        assert!(told.iter().all(|id| *id == the_one), "{told:?}");
        assert_eq!(backend.channels.find_direct(other, one).await.expect("the store answers"), Some(the_one));
        assert_eq!(backend.channels.memberships(one).await.expect("the store answers"), [the_one]);
    }
}

/// Two people may share as many groups as they like.
pub async fn a_group_of_two_is_no_direct_channel(backend: Backend) {
    for kind in [ChannelKind::Group, ChannelKind::Group, ChannelKind::Broadcast] {
        let new = founding(channel_id(), kind, user(1), &[user(2)], NOW);
        assert_eq!(backend.channels.create(new).await.expect("is new"), Opened::Created);
    }
    assert_eq!(find(&backend, 1, 2).await, None);
    assert_eq!(backend.channels.memberships(user(2)).await.expect("the store answers").len(), 3);
}

async fn find(backend: &Backend, one: u64, other: u64) -> Option<ChannelId> {
    backend.channels.find_direct(user(one), user(other)).await.expect("the store answers")
}
