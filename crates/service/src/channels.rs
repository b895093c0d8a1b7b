//! Channels: opening, listing, inviting, changing.

use rialto_domain::apply::Command;
use rialto_domain::auth::Identity;
use rialto_domain::channel::{About, Channel, ChannelKind, Member, Right, Role, allow, check_description, check_title};
use rialto_domain::entry::{ChannelChange, Draft, Entry, Event, MemberChange};
use rialto_domain::history::Folded;
use rialto_domain::log::{Head, Window};
use rialto_domain::ports::{Cursor, FlagChange, Flags, Listing, MemberRow, NewChannel, Newest, Opened};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use std::collections::HashMap;
use std::sync::Arc;

use crate::Service;
use crate::budget::{Budget, about_bytes, folded_bytes};
use crate::refused::{failed, failed_or, unsure};

/// A channel that somebody wants to open.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What sort.
    pub kind: ChannelKind,
    /// The other members.
    pub members: Vec<UserId>,
    /// The title, as typed.
    pub title: Option<String>,
    /// The description, as typed.
    pub description: Option<String>,
}

/// A channel in somebody's list, with what is shown of it.
#[derive(Clone, Debug)]
pub struct ListedChannel {
    /// The channel.
    pub listing: Listing,
    /// The other member of a direct channel.
    pub peer: Option<Profile>,
    /// The newest message that the reader may see.
    pub last: Option<Folded>,
}

/// A page of somebody's channels.
#[derive(Clone, Debug)]
pub struct ListedPage {
    /// The most recently active first.
    pub channels: Vec<ListedChannel>,
    /// Where to go on, if there are more.
    pub next: Option<Cursor>,
}

/// The most channels on one page, and about how many bytes they may have together with their last messages.
pub(crate) const CHANNELS_PER_PAGE: usize = 100;
const PAGE_BYTES: usize = 256 * 1024;

impl Service {
    /// Opens a channel. A second direct channel for a pair is the first one.
    ///
    /// # Errors
    /// `channel.members_invalid`, `channel.title_invalid`, `user.unknown`, `user.blocked`, `channel.full`, `channel.too_many`, `limit.exceeded`.
    pub async fn open_channel(&self, identity: Identity, mut wish: Wish) -> Result<ListedChannel, Refusal> {
        let me = identity.user;
        let now = self.now();
        // Facts.
        let mut others = std::mem::take(&mut wish.members);
        others.sort_unstable();
        others.dedup();
        others.retain(|user| *user != me);
        let about = check_about(&wish, others.len())?;
        self.rates.discovery(me, now)?;
        let peer = others.first().copied().filter(|_| wish.kind == ChannelKind::Direct);
        if let Some(peer) = peer
            && let Some(channel) = self.ports.channels.find_direct(me, peer).await.map_err(failed)?
        {
            self.tell_blocks(me, peer, channel).await?;
            return self.channel(identity, channel).await;
        }
        if others.len() >= self.policy.limits.members {
            return Err(Refusal::ChannelFull);
        }
        self.invitable(me, &others).await?;
        self.room_for(&[me]).await?;
        // Decision: the first entries, by the same rules that later ones follow.
        let id = ChannelId::new(now, &self.random());
        let (members, entries) = begin(id, wish.kind, about.clone(), me, &others, now);
        // Commit, announce.
        let new = NewChannel { id, kind: wish.kind, about, members, entries: entries.clone() };
        match self.ports.channels.create(new).await.map_err(unsure)? {
            Opened::Existing(channel) => self.channel(identity, channel).await,
            Opened::Created => {
                self.announce(beginnings(id, me, peer, entries)).await;
                if let Some(peer) = peer {
                    self.tell_blocks(me, peer, id).await?;
                }
                self.channel(identity, id).await
            }
        }
    }

    /// Tells a direct channel of blocks between the two: one that was set while the channel was being opened found none to tell.
    async fn tell_blocks(&self, me: UserId, peer: UserId, channel: ChannelId) -> Result<(), Refusal> {
        for (one, other) in [(me, peer), (peer, me)] {
            if self.ports.accounts.blocks(one).await.map_err(failed)?.contains(&other) {
                self.carry_out(one, channel, Command::Block { on: true }).await?;
            }
        }
        Ok(())
    }

    /// Refuses to bring in users who do not exist, who are in as many channels as allowed, or where one blocks the other.
    async fn invitable(&self, inviter: UserId, users: &[UserId]) -> Result<(), Refusal> {
        self.bounded(users)?;
        let known = self.ports.accounts.profiles(users).await.map_err(failed)?;
        if known.len() != users.len() {
            return Err(Refusal::UserUnknown);
        }
        for user in users {
            if self.ports.accounts.blocked_between(inviter, *user).await.map_err(failed)? {
                return Err(Refusal::Blocked);
            }
        }
        self.room_for(users).await
    }

    /// Refuses users who are in as many channels as allowed.
    pub(crate) async fn room_for(&self, users: &[UserId]) -> Result<(), Refusal> {
        for user in users {
            if self.ports.channels.memberships(*user).await.map_err(failed)?.len() >= self.policy.limits.channels_per_user {
                return Err(Refusal::TooManyChannels);
            }
        }
        Ok(())
    }

    /// A page of one's channels, the most recently active first.
    pub async fn list_channels(&self, identity: Identity, after: Option<Cursor>, limit: usize) -> Result<ListedPage, Refusal> {
        Ok(self.list_with_newest(identity, after, limit, |_| 1).await?.0)
    }

    /// A page of one's channels, and so many of the newest messages of each as `count` says for its place in the list.
    pub(crate) async fn list_with_newest(
        &self,
        identity: Identity,
        after: Option<Cursor>,
        limit: usize,
        count: impl Fn(usize) -> usize,
    ) -> Result<(ListedPage, HashMap<ChannelId, Vec<Folded>>), Refusal> {
        let limit = limit.clamp(1, CHANNELS_PER_PAGE);
        let page = self.ports.channels.list(identity.user, after, limit).await.map_err(failed)?;
        // Where nobody wrote anything, there is nothing to read.
        let wish = |(place, listing): (usize, &Listing)| {
            (listing.head.n > 0).then(|| Newest { channel: listing.channel, visible: listing.visible.clone(), count: count(place) })
        };
        let wishes: Vec<Newest> = page.channels.iter().enumerate().filter_map(wish).collect();
        let read = if wishes.is_empty() { Vec::new() } else { self.ports.log.newest(identity.user, &wishes).await.map_err(failed)? };
        let newest: HashMap<ChannelId, Vec<Folded>> = wishes.into_iter().map(|wish| wish.channel).zip(read).collect();
        let mut next = page.next;
        let mut budget = Budget::new(PAGE_BYTES);
        let mut channels: Vec<ListedChannel> = Vec::with_capacity(page.channels.len());
        for listing in page.channels {
            let last = newest.get(&listing.channel).and_then(|messages| messages.last()).cloned();
            if !budget.take(about_bytes(&listing.about) + last.as_ref().map_or(0, folded_bytes)) {
                next = channels.last().map(|ListedChannel { listing, .. }| Cursor { at: listing.head.at, channel: listing.channel });
                break;
            }
            channels.push(ListedChannel { listing, peer: None, last });
        }
        self.introduce_peers(&mut channels).await?;
        Ok((ListedPage { channels, next }, newest))
    }

    /// One channel of one's list.
    ///
    /// # Errors
    /// `channel.unknown`.
    pub async fn channel(&self, identity: Identity, channel: ChannelId) -> Result<ListedChannel, Refusal> {
        let listing = self.ports.channels.find_listing(identity.user, channel).await.map_err(failed_or(Refusal::ChannelUnknown))?;
        let listing = listing.ok_or(Refusal::ChannelUnknown)?;
        let last = self.last_message(identity.user, &listing).await?;
        let mut one = [ListedChannel { listing, peer: None, last }];
        self.introduce_peers(&mut one).await?;
        let [channel] = one;
        Ok(channel)
    }

    /// The channels that a user is in.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<ChannelId>, Refusal> {
        self.ports.channels.memberships(user).await.map_err(failed)
    }

    async fn last_message(&self, user: UserId, listing: &Listing) -> Result<Option<Folded>, Refusal> {
        if listing.head.n == 0 {
            return Ok(None);
        }
        Ok(self.ports.log.history(listing.channel, user, &listing.visible, Window::Latest, 1).await.map_err(failed)?.pop())
    }

    pub(crate) async fn introduce_peers(&self, channels: &mut [ListedChannel]) -> Result<(), Refusal> {
        let mut peers: Vec<UserId> = channels.iter().filter_map(|channel| channel.listing.peer).collect();
        peers.sort_unstable();
        peers.dedup();
        if peers.is_empty() {
            return Ok(());
        }
        let profiles = self.ports.accounts.profiles(&peers).await.map_err(failed)?;
        let profiles: HashMap<UserId, Profile> = profiles.into_iter().map(|profile| (profile.id, profile)).collect();
        for channel in channels {
            channel.peer = channel.listing.peer.and_then(|peer| profiles.get(&peer).cloned());
        }
        Ok(())
    }

    /// A page of a channel's members with their profiles, and where to go on.
    ///
    /// # Errors
    /// `channel.unknown`, `channel.not_a_member`.
    pub async fn members(
        &self,
        identity: Identity,
        channel: ChannelId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<(Vec<(Profile, MemberRow)>, Option<UserId>), Refusal> {
        self.membership(identity.user, channel).await?;
        let (page, next) = self.member_page(channel, after, limit).await?;
        let ids: Vec<UserId> = page.iter().map(|row| row.user).collect();
        let profiles = self.ports.accounts.profiles(&ids).await.map_err(failed)?;
        let mut profiles: HashMap<UserId, Profile> = profiles.into_iter().map(|profile| (profile.id, profile)).collect();
        Ok((page.into_iter().filter_map(|row| Some((profiles.remove(&row.user)?, row))).collect(), next))
    }

    /// Adds users to a channel. Answers with the place of the membership entry.
    ///
    /// # Errors
    /// `channel.role_too_low`, `channel.full`, `user.unknown`, `user.blocked`, `channel.too_many` …
    pub async fn add_members(&self, identity: Identity, channel: ChannelId, users: Vec<UserId>) -> Result<Option<Seq>, Refusal> {
        let (roster, role) = self.membership(identity.user, channel).await?;
        allow(roster.kind, role, roster.count(), Right::Invite)?;
        let mut users = users;
        users.sort_unstable();
        users.dedup();
        users.retain(|user| *user != identity.user);
        self.invitable(identity.user, &users).await?;
        self.carry_out(identity.user, channel, Command::Add { users }).await
    }

    /// Leaves a channel.
    ///
    /// # Errors
    /// `channel.last_owner`, `channel.wrong_kind`, `channel.unknown`.
    pub async fn leave(&self, identity: Identity, channel: ChannelId) -> Result<Option<Seq>, Refusal> {
        self.carry_out(identity.user, channel, Command::Leave).await
    }

    /// Removes a member.
    ///
    /// # Errors
    /// `channel.role_too_low`, `user.unknown`, `user.oneself` …
    pub async fn remove_member(&self, identity: Identity, channel: ChannelId, user: UserId) -> Result<Option<Seq>, Refusal> {
        self.carry_out(identity.user, channel, Command::Remove { user }).await
    }

    /// Gives a member a role.
    ///
    /// # Errors
    /// `channel.role_too_low`, `channel.last_owner`, `user.unknown` …
    pub async fn set_role(&self, identity: Identity, channel: ChannelId, user: UserId, role: Role) -> Result<Option<Seq>, Refusal> {
        self.carry_out(identity.user, channel, Command::SetRole { user, role }).await
    }

    /// Changes title or description.
    ///
    /// # Errors
    /// `channel.title_invalid`, `channel.role_too_low`, `channel.wrong_kind` …
    pub async fn update_channel(&self, identity: Identity, channel: ChannelId, title: Option<&str>, description: Option<&str>) -> Result<Option<Seq>, Refusal> {
        let title = title.map(check_title).transpose()?;
        let description = description.map(check_description).transpose()?;
        self.carry_out(identity.user, channel, Command::Update { title, description }).await
    }

    /// Deletes a channel and everything in it.
    ///
    /// # Errors
    /// `channel.role_too_low`, `channel.wrong_kind`, `channel.unknown`.
    pub async fn delete_channel(&self, identity: Identity, channel: ChannelId) -> Result<Option<Seq>, Refusal> {
        self.carry_out(identity.user, channel, Command::DeleteChannel).await
    }

    /// Changes what one keeps about a channel for oneself; one's other devices are told.
    ///
    /// # Errors
    /// `channel.unknown`.
    pub async fn change_flags(&self, identity: Identity, channel: ChannelId, change: FlagChange) -> Result<Flags, Refusal> {
        let user = identity.user;
        let listing = self.ports.channels.find_listing(user, channel).await.map_err(failed_or(Refusal::ChannelUnknown))?;
        listing.ok_or(Refusal::ChannelUnknown)?;
        let flags = self.ports.channels.change_flags(user, channel, change).await.map_err(failed_or(Refusal::ChannelUnknown))?;
        self.announce(vec![(Topic::User(user), Publication::Membership { user, channel, change: Membership::Settings })]).await;
        Ok(flags)
    }
}

fn check_about(wish: &Wish, others: usize) -> Result<About, Refusal> {
    let description = wish.description.as_deref().map(check_description).transpose()?;
    match (wish.kind, &wish.title) {
        (ChannelKind::Direct, _) if others != 1 => Err(Refusal::MembersInvalid),
        (ChannelKind::Direct, _) => Ok(About::default()),
        (ChannelKind::Group | ChannelKind::Broadcast, Some(title)) => Ok(About { title: Some(check_title(title)?), description }),
        (ChannelKind::Group | ChannelKind::Broadcast, None) => Err(Refusal::TitleInvalid),
    }
}

/// The members and first entries of a new channel. In a direct channel both are members from before the first entry.
fn begin(id: ChannelId, kind: ChannelKind, about: About, creator: UserId, others: &[UserId], now: Timestamp) -> (Vec<(UserId, Member)>, Vec<Entry>) {
    let role = if kind == ChannelKind::Direct { Role::Member } else { Role::Owner };
    let founder = |role| Member::joining(role, Seq(1), Seq::ZERO, 0, now);
    let mut founders = vec![(creator, founder(role))];
    if kind == ChannelKind::Direct {
        founders.extend(others.iter().map(|user| (*user, founder(Role::Member))));
    }
    let mut channel = Channel::restored(id, kind, About::default(), Head::default(), false, founders);
    let created = ChannelChange { created: Some(kind), title: about.title, description: about.description, deleted: false };
    let mut drafts = vec![Event::Channel(created)];
    if kind != ChannelKind::Direct && !others.is_empty() {
        drafts.push(Event::Member { users: others.to_vec(), change: MemberChange::Added { role: Role::Member } });
    }
    let entries = drafts.into_iter().map(|event| channel.append(Draft { sender: creator, client_id: None, event }, now).0).collect();
    // The founders have seen what they founded.
    let head = channel.head;
    let founders: Vec<UserId> = channel.members().map(|(user, _)| user).collect();
    for user in founders {
        channel.advance(user, head.seq, head.seq, head.n, now);
    }
    (channel.members().map(|(user, member)| (user, member.clone())).collect(), entries)
}

/// What is announced of a new channel: everybody's admission before the first entry that they may see.
fn beginnings(id: ChannelId, creator: UserId, peer: Option<UserId>, entries: Vec<Entry>) -> Vec<(Topic, Publication)> {
    let joined = |user| (Topic::User(user), Publication::Membership { user, channel: id, change: Membership::Joined });
    let mut announced: Vec<_> = [creator].into_iter().chain(peer).map(joined).collect();
    for entry in entries {
        if let Event::Member { users, .. } = &entry.event {
            announced.extend(users.iter().copied().map(joined));
        }
        announced.push((Topic::Channel(id), Publication::Entry(Arc::new(entry))));
    }
    announced
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(5);

    fn user(n: u8) -> UserId {
        UserId::from_bytes([n; 16])
    }

    #[test]
    fn a_new_group_has_an_owner_members_and_nothing_unread() {
        let about = About { title: Some("Rialto".into()), description: None };
        let (members, entries) = begin(ChannelId::from_bytes([9; 16]), ChannelKind::Group, about, user(1), &[user(2), user(3)], NOW);
        assert_eq!(
            members.iter().map(|(user, member)| (*user, member.role)).collect::<Vec<_>>(),
            [(user(1), Role::Owner), (user(2), Role::Member), (user(3), Role::Member)]
        );
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [Seq(1), Seq(2)]);
        assert!(members.iter().all(|(_, member)| member.position.read == Seq(2)));
    }

    #[test]
    fn both_members_of_a_direct_channel_see_it_from_the_start() {
        let (members, _) = begin(ChannelId::from_bytes([9; 16]), ChannelKind::Direct, About::default(), user(1), &[user(2)], NOW);
        assert!(members.len() == 2 && members.iter().all(|(_, member)| member.sees(Seq(1)) && member.role == Role::Member));
    }

    #[test]
    fn a_direct_channel_has_one_other_member_and_a_group_a_title() {
        let wish = |kind, title: Option<&str>| Wish { kind, members: vec![], title: title.map(str::to_owned), description: None };
        assert_eq!(check_about(&wish(ChannelKind::Direct, None), 2), Err(Refusal::MembersInvalid));
        assert_eq!(check_about(&wish(ChannelKind::Direct, None), 0), Err(Refusal::MembersInvalid));
        assert_eq!(check_about(&wish(ChannelKind::Group, None), 2), Err(Refusal::TitleInvalid));
        assert_eq!(check_about(&wish(ChannelKind::Broadcast, Some("  ")), 2), Err(Refusal::TitleInvalid));
    }
}
