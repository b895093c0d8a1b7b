//! What each user must see, and what each may: worked out once, asked by most questions.

use rialto_domain::{ChannelId, Seq, UserId};
use std::collections::HashMap;

use crate::Evidence;
use crate::log::Rights;

/// Who may read what, and what users deleted for themselves.
pub(crate) struct Sight {
    rights: HashMap<ChannelId, Rights>,
    hidden: HashMap<(UserId, ChannelId, Seq), u64>,
}

impl Sight {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        Self { rights: evidence.logs().map(|(channel, log)| (channel, log.rights())).collect(), hidden: evidence.hidden() }
    }

    /// The rights in a channel of which anything was seen.
    pub(crate) fn rights(&self, channel: ChannelId) -> Option<&Rights> {
        self.rights.get(&channel)
    }

    /// May a user read this place? In a channel of which nothing was seen, nobody may.
    pub(crate) fn permits(&self, user: UserId, channel: ChannelId, seq: Seq) -> bool {
        self.rights(channel).is_some_and(|rights| rights.permit(user, seq))
    }

    /// Must a user find this place? Not what they deleted for themselves, or may have.
    pub(crate) fn is_due(&self, user: UserId, channel: ChannelId, seq: Seq) -> bool {
        self.permits(user, channel, seq) && self.hidden_at(user, channel, seq).is_none()
    }

    /// When a user asked to delete this place for themselves.
    pub(crate) fn hidden_at(&self, user: UserId, channel: ChannelId, seq: Seq) -> Option<u64> {
        self.hidden.get(&(user, channel, seq)).copied()
    }
}
