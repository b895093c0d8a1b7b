//! The reference store of channels and memberships.

use std::cmp::Reverse;

use async_trait::async_trait;
use rialto_domain::channel::{ChannelKind, Member};
use rialto_domain::log::Seq;
use rialto_domain::ports::{
    ChannelPage, ChannelStore, Cursor, FlagChange, Flags, Invite, Listing, MemberRow, NewChannel, Opened, PortError, PortResult, Roster,
};
use rialto_domain::{ChannelId, Timestamp, UserId};

use super::MemoryStore;
use super::store::{Kept, KeptChannel};
use crate::truth;

#[async_trait]
impl ChannelStore for MemoryStore {
    async fn create(&self, channel: NewChannel) -> PortResult<Opened> {
        let mut kept = self.kept();
        if let (ChannelKind::Direct, [(one, _), (other, _)]) = (channel.kind, &channel.members[..])
            && let Some(existing) = direct_of(&kept, *one, *other)
        {
            return Ok(Opened::Existing(existing));
        }
        if kept.channels.contains_key(&channel.id) {
            return Err(PortError::Conflict);
        }
        let NewChannel { id, kind, about, members, entries } = channel;
        let channel = KeptChannel { kind, about, log: entries, members: members.into_iter().collect(), flags: Default::default(), hidden: Default::default() };
        kept.channels.insert(id, channel);
        Ok(Opened::Created)
    }

    async fn find_direct(&self, one: UserId, other: UserId) -> PortResult<Option<ChannelId>> {
        Ok(direct_of(&self.kept(), one, other))
    }

    async fn roster(&self, channel: ChannelId) -> PortResult<Roster> {
        let kept = self.kept();
        let channel = kept.channel(channel)?;
        if channel.deleted() {
            return Err(PortError::NotFound);
        }
        let members = channel.presence().map(|(user, member)| (user, member.role)).collect();
        Ok(Roster { kind: channel.kind, members })
    }

    async fn find_member(&self, channel: ChannelId, user: UserId) -> PortResult<Option<Member>> {
        Ok(self.kept().channels.get(&channel).and_then(|channel| channel.members.get(&user).cloned()))
    }

    async fn list(&self, user: UserId, after: Option<Cursor>, limit: usize) -> PortResult<ChannelPage> {
        let kept = self.kept();
        let place = |(id, channel): (&ChannelId, &KeptChannel)| Cursor { at: channel.head().at, channel: *id };
        let mut places: Vec<Cursor> = of_member(&kept, user).map(place).filter(|place| after.is_none_or(|after| *place < after)).collect();
        places.sort_by_key(|place| Reverse(*place));
        let more = places.len() > limit;
        places.truncate(limit);
        let channels = places.iter().filter_map(|place| listing(place.channel, kept.channels.get(&place.channel)?, user)).collect();
        Ok(ChannelPage { channels, next: places.last().copied().filter(|_| more) })
    }

    async fn find_listing(&self, user: UserId, channel: ChannelId) -> PortResult<Option<Listing>> {
        Ok(self.kept().channels.get(&channel).and_then(|kept| listing(channel, kept, user)))
    }

    async fn memberships(&self, user: UserId) -> PortResult<Vec<ChannelId>> {
        Ok(of_member(&self.kept(), user).map(|(id, _)| *id).collect())
    }

    async fn acquainted(&self, one: UserId, other: UserId) -> PortResult<bool> {
        Ok(of_member(&self.kept(), one).any(|(_, channel)| channel.present(other).is_some()))
    }

    async fn members(&self, channel: ChannelId, after: Option<UserId>, limit: usize) -> PortResult<Vec<MemberRow>> {
        let kept = self.kept();
        let rows = kept.channel(channel)?.presence().filter(|(user, _)| after.is_none_or(|after| *user > after));
        let row = |(user, member): (UserId, &Member)| {
            let since = member.visible.last().map_or(Seq::ZERO, |stretch| stretch.from);
            MemberRow { user, role: member.role, since, position: member.position }
        };
        Ok(rows.take(limit).map(row).collect())
    }

    async fn change_flags(&self, user: UserId, channel: ChannelId, change: FlagChange) -> PortResult<Flags> {
        let mut kept = self.kept();
        let flags = kept.channel_mut(channel)?.flags.entry(user).or_default();
        *flags = flags.changed(change);
        Ok(*flags)
    }

    async fn hide(&self, user: UserId, channel: ChannelId, seq: Seq) -> PortResult<()> {
        self.kept().channel_mut(channel)?.hidden.insert((user, seq));
        Ok(())
    }

    async fn put_invite(&self, invite: Invite) -> PortResult<()> {
        self.kept().invites.insert(invite.digest, invite);
        Ok(())
    }

    async fn use_invite(&self, digest: [u8; 32], now: Timestamp) -> PortResult<Option<ChannelId>> {
        let mut kept = self.kept();
        let good = |invite: &&mut Invite| invite.expires_at.is_none_or(|end| now < end) && invite.uses_left != Some(0);
        Ok(kept.invites.get_mut(&digest).filter(good).map(|invite| {
            invite.uses_left = invite.uses_left.map(|left| left - 1);
            invite.channel
        }))
    }

    async fn return_use(&self, digest: [u8; 32]) -> PortResult<()> {
        if let Some(invite) = self.kept().invites.get_mut(&digest) {
            invite.uses_left = invite.uses_left.map(|left| left + 1);
        }
        Ok(())
    }
}

fn of_member(kept: &Kept, user: UserId) -> impl Iterator<Item = (&ChannelId, &KeptChannel)> {
    kept.channels.iter().filter(move |(_, channel)| channel.present(user).is_some())
}

fn direct_of(kept: &Kept, one: UserId, other: UserId) -> Option<ChannelId> {
    let pair = |channel: &KeptChannel| channel.kind == ChannelKind::Direct && channel.members.contains_key(&one) && channel.members.contains_key(&other);
    kept.channels.iter().find(|(_, channel)| pair(channel)).map(|(id, _)| *id)
}

fn listing(id: ChannelId, channel: &KeptChannel, user: UserId) -> Option<Listing> {
    let member = channel.present(user)?;
    let positions = || channel.presence().map(|(_, member)| member.position);
    let (unread, mentions) = truth::unread(&channel.log, user, &member.visible, &channel.hidden_from(user), member.position.read);
    let peer = channel.members.keys().copied().find(|other| *other != user);
    Some(Listing {
        channel: id,
        kind: channel.kind,
        about: channel.about.clone(),
        head: channel.head(),
        members: channel.presence().count() as u64,
        minima: (positions().map(|at| at.delivered).min().unwrap_or_default(), positions().map(|at| at.read).min().unwrap_or_default()),
        peer: peer.filter(|_| channel.kind == ChannelKind::Direct),
        role: member.role,
        visible: member.visible.to_vec(),
        position: member.position,
        flags: channel.flags.get(&user).copied().unwrap_or_default(),
        unread,
        mentions,
    })
}
