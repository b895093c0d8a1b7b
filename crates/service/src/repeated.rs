//! What whoever sends a command again is told, when it was stored the first time.

use rialto_domain::ports::{ChannelLog, PortResult};
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::{ChannelId, Seq, UserId};
use std::sync::Arc;

/// A reader who has deleted nothing for themselves.
pub(crate) const NOBODY: UserId = UserId::from_bytes([0; 16]);

/// The entry, once more, to its sender alone. When they have deleted it for themselves meanwhile, on another device, they are
/// told that after it: without the entry they would never know that it was stored, and send it for ever.
pub(crate) async fn told_again(log: &dyn ChannelLog, sender: UserId, channel: ChannelId, seq: Seq) -> PortResult<Vec<(Topic, Publication)>> {
    let mut entries = log.entries(channel, sender, seq, seq, 1).await?;
    let is_hidden = entries.is_empty();
    if is_hidden {
        entries = log.entries(channel, NOBODY, seq, seq, 1).await?;
    }
    let mut told: Vec<_> = entries.into_iter().map(|entry| Publication::Entry(Arc::new(entry))).collect();
    if is_hidden && !told.is_empty() {
        told.push(Publication::Hidden { user: sender, channel, seq });
    }
    Ok(told.into_iter().map(|publication| (Topic::User(sender), publication)).collect())
}
