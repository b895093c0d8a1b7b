//! Channels: opening, finding, coming in, going, and what their owners may do.

#![allow(clippy::unwrap_used, missing_docs)]

mod changing;
mod invites;
mod listing;
mod members;
mod opening;

use std::collections::BTreeSet;
use std::sync::Arc;

use rialto_domain::auth::Identity;
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::Event;
use rialto_domain::limit::{Limits, Rate};
use rialto_domain::ports::{FlagChange, Flags};
use rialto_domain::publication::{Membership, Publication};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use rialto_service::{ListedChannel, MessageDraft, RatePolicy, Wish};
use rialto_testkit::Town;
use rialto_testkit::builders::{text, user};
use rialto_testkit::town::{Plan, draft};

use ChannelKind::{Broadcast, Direct, Group};

fn wish(kind: ChannelKind, members: &[UserId]) -> Wish {
    Wish { kind, members: members.to_vec(), title: (kind != Direct).then(|| "Venice".to_owned()), description: None }
}

async fn open(town: &Town, who: Identity, wish: Wish) -> Result<ChannelId, Refusal> {
    town.service.open_channel(who, wish).await.map(|opened| opened.listing.channel)
}

async fn channels_of(town: &Town, who: Identity) -> Vec<ChannelId> {
    town.service.list_channels(who, None, 100).await.unwrap().channels.into_iter().map(|channel| channel.listing.channel).collect()
}

async fn roles(town: &Town, who: Identity, channel: ChannelId) -> Vec<(UserId, Role)> {
    let (members, _) = town.service.members(who, channel, None, 100).await.unwrap();
    members.into_iter().map(|(_, row)| (row.user, row.role)).collect()
}

/// How somebody's own membership changed, as they heard it.
fn told(town: &Town, who: Identity) -> Vec<(ChannelId, Membership)> {
    let change = |publication| if let Publication::Membership { channel, change, .. } = publication { Some((channel, change)) } else { None };
    town.witness.heard(who.user).into_iter().filter_map(change).collect()
}
