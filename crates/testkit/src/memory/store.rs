//! What the reference store keeps.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::{Mutex, MutexGuard};
use rialto_domain::auth::{Account, LogIn};
use rialto_domain::channel::{About, Channel, ChannelKind, Member};
use rialto_domain::entry::{Entry, Event};
use rialto_domain::log::{Head, Seq};
use rialto_domain::ports::{Flags, Invite, PortError, PortResult};
use rialto_domain::{ChannelId, SessionId, UserId};

use crate::truth;

/// [`ChannelLog`](rialto_domain::ports::ChannelLog), [`ChannelStore`](rialto_domain::ports::ChannelStore) and
/// [`AccountStore`](rialto_domain::ports::AccountStore) over one state behind one lock.
#[derive(Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
}

impl MemoryStore {
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock()
    }
}

#[derive(Default)]
pub(super) struct Kept {
    pub(super) channels: BTreeMap<ChannelId, KeptChannel>,
    pub(super) invites: BTreeMap<[u8; 32], Invite>,
    pub(super) accounts: BTreeMap<UserId, Account>,
    pub(super) recovery: BTreeMap<[u8; 32], UserId>,
    pub(super) log_ins: BTreeMap<SessionId, LogIn>,
    pub(super) blocks: BTreeSet<(UserId, UserId)>,
}

impl Kept {
    pub(super) fn channel(&self, id: ChannelId) -> PortResult<&KeptChannel> {
        self.channels.get(&id).ok_or(PortError::NotFound)
    }

    pub(super) fn channel_mut(&mut self, id: ChannelId) -> PortResult<&mut KeptChannel> {
        self.channels.get_mut(&id).ok_or(PortError::NotFound)
    }
}

/// A channel: its log as it was written, and its rows.
pub(super) struct KeptChannel {
    pub(super) kind: ChannelKind,
    pub(super) about: About,
    pub(super) log: Vec<Entry>,
    pub(super) members: BTreeMap<UserId, Member>,
    pub(super) flags: BTreeMap<UserId, Flags>,
    pub(super) hidden: BTreeSet<(UserId, Seq)>,
}

impl KeptChannel {
    pub(super) fn head(&self) -> Head {
        truth::head(&self.log)
    }

    pub(super) fn deleted(&self) -> bool {
        matches!(self.log.last(), Some(Entry { event: Event::Channel(change), .. }) if change.deleted)
    }

    pub(super) fn restored(&self, id: ChannelId) -> Channel {
        Channel::restored(id, self.kind, self.about.clone(), self.head(), self.deleted(), self.members.clone())
    }

    /// The row of a present member.
    pub(super) fn present(&self, user: UserId) -> Option<&Member> {
        self.members.get(&user).filter(|member| member.is_active())
    }

    /// Present members in the order of their ids.
    pub(super) fn presence(&self) -> impl Iterator<Item = (UserId, &Member)> {
        self.members.iter().filter(|(_, member)| member.is_active()).map(|(user, member)| (*user, member))
    }

    /// What a reader deleted for themselves.
    pub(super) fn hidden_from(&self, reader: UserId) -> BTreeSet<Seq> {
        self.hidden.iter().filter(|(user, _)| *user == reader).map(|(_, seq)| *seq).collect()
    }
}
