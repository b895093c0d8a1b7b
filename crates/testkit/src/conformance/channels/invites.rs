//! Links by which people come in.

use rialto_domain::channel::ChannelKind;
use rialto_domain::ports::Invite;
use rialto_domain::{ChannelId, Timestamp};

use crate::builders::user;
use crate::{Backend, Scribe};

/// The digest must be the one that was kept.
pub async fn an_unknown_invite_opens_nothing(backend: Backend) {
    assert_eq!(use_up(&backend, 1, 0).await, None);
    keep(&backend, 1, None, None).await;
    assert_eq!(use_up(&backend, 2, 0).await, None);
}

/// Each use takes one; without a limit there is no end.
pub async fn an_invite_is_good_for_its_uses(backend: Backend) {
    let thrice = keep(&backend, 1, None, Some(3)).await;
    let for_ever = keep(&backend, 2, None, None).await;
    assert_ne!(thrice, for_ever);
    for _ in 0..3 {
        assert_eq!(use_up(&backend, 1, 0).await, Some(thrice));
    }
    for _ in 0..3 {
        assert_eq!(use_up(&backend, 1, 0).await, None);
        assert_eq!(use_up(&backend, 2, u64::MAX >> 1).await, Some(for_ever));
    }
    keep(&backend, 3, None, Some(0)).await;
    assert_eq!(use_up(&backend, 3, 0).await, None);
}

/// Good before, not from then on; a use that came too late takes nothing.
pub async fn an_invite_ends_at_its_time(backend: Backend) {
    let channel = keep(&backend, 1, Some(Timestamp(100)), Some(2)).await;
    assert_eq!(use_up(&backend, 1, 99).await, Some(channel));
    assert_eq!(use_up(&backend, 1, 100).await, None);
    assert_eq!(use_up(&backend, 1, 1_000).await, None);
    assert_eq!(use_up(&backend, 1, 50).await, Some(channel), "one use is left");
    assert_eq!(use_up(&backend, 1, 50).await, None);
}

/// The uses are counted, not looked at.
pub async fn an_invite_for_one_lets_one_in_however_many_try(backend: Backend) {
    let channel = keep(&backend, 1, None, Some(1)).await;
    let guests: Vec<_> = (0..8)
        .map(|_| {
            let channels = backend.channels.clone();
            tokio::spawn(async move { channels.use_invite([1; 32], Timestamp(0)).await.expect("the store answers") })
        })
        .collect();
    let mut let_in = Vec::new();
    for guest in guests {
        let_in.extend(guest.await.expect("comes to its end"));
    }
    assert_eq!(let_in, [channel]);
}

/// A use is worth as much after it was given back; where uses are not counted there is nothing to give.
pub async fn a_use_that_let_nobody_in_is_given_back(backend: Backend) {
    let once = keep(&backend, 1, None, Some(1)).await;
    let for_ever = keep(&backend, 2, None, None).await;
    for _ in 0..2 {
        assert_eq!(use_up(&backend, 1, 0).await, Some(once));
        backend.channels.return_use([1; 32]).await.expect("the store answers");
    }
    assert_eq!(use_up(&backend, 1, 0).await, Some(once));
    assert_eq!(use_up(&backend, 1, 0).await, None);
    for digest in [2, 3] {
        backend.channels.return_use([digest; 32]).await.expect("the store answers");
    }
    assert_eq!(use_up(&backend, 2, 0).await, Some(for_ever));
    assert_eq!(use_up(&backend, 3, 0).await, None, "an invite that never was");
}

async fn keep(backend: &Backend, digest: u8, expires_at: Option<Timestamp>, uses_left: Option<u32>) -> ChannelId {
    let channel = Scribe::new(backend).open(ChannelKind::Group, user(1), &[]).await;
    let invite = Invite { digest: [digest; 32], channel, by: user(1), expires_at, uses_left };
    backend.channels.put_invite(invite).await.expect("keeps an invite");
    channel
}

async fn use_up(backend: &Backend, digest: u8, now: u64) -> Option<ChannelId> {
    backend.channels.use_invite([digest; 32], Timestamp(now)).await.expect("the store answers")
}
