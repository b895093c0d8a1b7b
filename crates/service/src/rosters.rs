//! What a gateway knows of the channels that its connections write to: who is in, and as what.
//!
//! It admits commands early; the sequencer decides again in the channel's own order. Kept fresh by the member entries
//! that the bus brings.

use parking_lot::{Mutex, RwLock};
use rialto_domain::channel::{ChannelKind, Role};
use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::ports::{ChannelStore, PortResult};
use rialto_domain::{ChannelId, Refusal, UserId};
use std::collections::HashMap;
use std::sync::Arc;

/// Members of all channels remembered together; beyond it everything is forgotten and loaded again as needed.
const MOST_MEMBERS: usize = 4_000_000;

/// Who is in a channel.
pub(crate) struct Roster {
    pub(crate) kind: ChannelKind,
    members: RwLock<HashMap<UserId, Role>>,
}

impl Roster {
    /// A present member's role, or the refusal that outsiders get.
    pub(crate) fn role(&self, user: UserId) -> Result<Role, Refusal> {
        self.members.read().get(&user).copied().ok_or(Refusal::ChannelUnknown)
    }

    pub(crate) fn count(&self) -> usize {
        self.members.read().len()
    }

    /// The other member of a direct channel.
    pub(crate) fn peer_of(&self, user: UserId) -> Option<UserId> {
        (self.kind == ChannelKind::Direct).then(|| self.members.read().keys().copied().find(|member| *member != user)).flatten()
    }
}

#[derive(Default)]
pub(crate) struct Rosters {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    channels: HashMap<ChannelId, Arc<Roster>>,
    members: usize,
    /// Channels that are being read from the store just now; true: changed meanwhile, so what was read may be old.
    loading: HashMap<ChannelId, bool>,
}

impl Rosters {
    /// The roster of a channel; from the store the first time.
    pub(crate) async fn load(&self, channel: ChannelId, store: &dyn ChannelStore) -> PortResult<Arc<Roster>> {
        loop {
            {
                let mut known = self.known.lock();
                if let Some(roster) = known.channels.get(&channel) {
                    return Ok(roster.clone());
                }
                known.loading.entry(channel).or_insert(false);
            }
            let read = store.roster(channel).await;
            let mut known = self.known.lock();
            let changed = known.loading.remove(&channel).unwrap_or(true);
            let stored = read?;
            if changed {
                continue;
            }
            if known.members >= MOST_MEMBERS {
                *known = Known { loading: std::mem::take(&mut known.loading), ..Known::default() };
            }
            known.members += stored.members.len();
            let roster = Arc::new(Roster { kind: stored.kind, members: RwLock::new(stored.members.into_iter().collect()) });
            known.channels.insert(channel, roster.clone());
            return Ok(roster);
        }
    }

    /// Follows an entry that was stored.
    pub(crate) fn follow(&self, entry: &Entry) {
        match &entry.event {
            Event::Member { users, change } => {
                let mut known = self.known.lock();
                if let Some(changed) = known.loading.get_mut(&entry.channel) {
                    *changed = true;
                }
                let Some(roster) = known.channels.get(&entry.channel) else { return };
                let mut members = roster.members.write();
                let before = members.len();
                for user in users {
                    match change {
                        MemberChange::Added { role } | MemberChange::Role { role } => members.insert(*user, *role),
                        MemberChange::Joined => members.insert(*user, Role::Member),
                        MemberChange::Left | MemberChange::Removed => members.remove(user),
                    };
                }
                let after = members.len();
                drop(members);
                known.members = known.members + after - before;
            }
            Event::Channel(change) if change.deleted => {
                let mut known = self.known.lock();
                if let Some(changed) = known.loading.get_mut(&entry.channel) {
                    *changed = true;
                }
                if let Some(roster) = known.channels.remove(&entry.channel) {
                    known.members -= roster.count();
                }
            }
            _ => {}
        }
    }
}
