//! Other people: finding them, blocking them, and seeing whether they are there.

use rialto_domain::apply::Command;
use rialto_domain::auth::Identity;
use rialto_domain::channel::{Right, allow};
use rialto_domain::presence::{Presence, UserPresence};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::user::{Audience, Profile, Settings, Username};
use rialto_domain::{ChannelId, Refusal, UserId};

use crate::Service;
use crate::refused::{failed, failed_or, unsure};

impl Service {
    /// Finds a user by the exact name.
    ///
    /// # Errors
    /// `user.unknown`, `limit.exceeded`.
    pub async fn find_user(&self, identity: Identity, username: &str) -> Result<Profile, Refusal> {
        self.rates.discovery(identity.user, self.now())?;
        let name = Username::parse(username).map_err(|_| Refusal::UserUnknown)?;
        let account = self.ports.accounts.find_by_username(&name).await.map_err(failed)?;
        account.map(|account| account.profile).ok_or(Refusal::UserUnknown)
    }

    /// What others see of these users; unknown ones are left out.
    ///
    /// # Errors
    /// `command.too_many`.
    pub async fn profiles(&self, users: &[UserId]) -> Result<Vec<Profile>, Refusal> {
        self.bounded(users)?;
        self.ports.accounts.profiles(users).await.map_err(failed)
    }

    /// Blocks a user, or ends that. Their direct channel, if there is one, learns of it in its own order.
    ///
    /// # Errors
    /// `user.unknown`, `user.oneself`.
    pub async fn block(&self, identity: Identity, other: UserId, on: bool) -> Result<(), Refusal> {
        let me = identity.user;
        if other == me {
            return Err(Refusal::Oneself);
        }
        self.ports.accounts.load(other).await.map_err(failed_or(Refusal::UserUnknown))?;
        self.ports.accounts.set_block(me, other, on).await.map_err(unsure)?;
        if on {
            let parted = |user, from| (Topic::User(user), Publication::Parted { user, from });
            self.announce(vec![parted(me, other), parted(other, me)]).await;
        }
        if let Some(channel) = self.ports.channels.find_direct(me, other).await.map_err(failed)? {
            self.carry_out(me, channel, Command::Block { on }).await?;
            self.announce(vec![(Topic::User(me), Publication::Membership { user: me, channel, change: Membership::Settings })]).await;
        }
        Ok(())
    }

    /// Whom one blocks.
    pub async fn blocks(&self, identity: Identity) -> Result<Vec<UserId>, Refusal> {
        self.ports.accounts.blocks(identity.user).await.map_err(failed)
    }

    /// Who of these users is online, as far as one may know. To watch changes is the gateway's part: it must watch
    /// before it asks.
    ///
    /// # Errors
    /// `command.too_many`.
    pub async fn presence(&self, identity: Identity, users: &[UserId]) -> Result<Vec<UserPresence>, Refusal> {
        self.bounded(users)?;
        let boards = self.ports.presence.look(users).await.map_err(failed)?;
        let mut shown = Vec::with_capacity(users.len());
        for (user, presence) in users.iter().copied().zip(boards) {
            let presence = if self.acquainted(identity.user, user).await? { self.shown(user, presence).await? } else { Presence::default() };
            shown.push(UserPresence { user, presence });
        }
        Ok(shown)
    }

    /// Those of these users whose presence one may watch at all.
    pub async fn watchable(&self, identity: Identity, users: &[UserId]) -> Result<Vec<UserId>, Refusal> {
        self.bounded(users)?;
        let mut watchable = Vec::with_capacity(users.len());
        for user in users {
            if self.acquainted(identity.user, *user).await? {
                watchable.push(*user);
            }
        }
        Ok(watchable)
    }

    /// Two who share a channel and of whom neither blocks the other.
    async fn acquainted(&self, one: UserId, other: UserId) -> Result<bool, Refusal> {
        Ok(self.ports.channels.acquainted(one, other).await.map_err(failed)? && !self.ports.accounts.blocked_between(one, other).await.map_err(failed)?)
    }

    async fn shown(&self, user: UserId, presence: Presence) -> Result<Presence, Refusal> {
        let account = self.ports.accounts.load(user).await.map_err(failed)?;
        Ok(presence.shown(&account.settings, true))
    }

    /// A connection of the user opened.
    pub async fn arrived(&self, user: UserId) {
        match self.ports.presence.arrive(user).await {
            Ok(true) => self.announce_presence(user, Presence { online: true, last_seen: None }).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "an arrival was not noted"),
        }
    }

    /// A connection of the user closed.
    pub async fn departed(&self, user: UserId) {
        let now = self.now();
        match self.ports.presence.depart(user, now).await {
            Ok(true) => self.announce_presence(user, Presence { online: false, last_seen: Some(now) }).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a departure was not noted"),
        }
    }

    async fn announce_presence(&self, user: UserId, presence: Presence) {
        // Whoever begins to watch joins first and looks afterwards, and so misses nothing.
        if !self.ports.bus.is_wanted(Topic::Presence(user)) {
            return;
        }
        let settings = match self.ports.accounts.load(user).await {
            Ok(account) => account.settings,
            Err(error) => return tracing::warn!(%error, "a presence was not announced"),
        };
        // Of somebody who hides it, not even the moment of coming or going is told.
        let has_news = settings.presence == Audience::Contacts || !presence.online && settings.last_seen == Audience::Contacts;
        if has_news {
            self.publish_presence(user, presence.shown(&settings, true)).await;
        }
    }

    /// Shows those who watch a user what they may see from now on.
    pub(crate) async fn announce_visibility(&self, user: UserId, settings: &Settings) {
        match self.ports.presence.look(&[user]).await {
            Ok(seen) => self.publish_presence(user, seen.first().copied().unwrap_or_default().shown(settings, true)).await,
            Err(error) => tracing::warn!(%error, "a change of what others see was not announced"),
        }
    }

    async fn publish_presence(&self, user: UserId, presence: Presence) {
        self.announce(vec![(Topic::Presence(user), Publication::Presence(UserPresence { user, presence }))]).await;
    }

    /// Tells the other members of a channel that one is typing, if one's settings show it.
    ///
    /// # Errors
    /// `channel.unknown`, `channel.not_a_member`, `channel.role_too_low` where one may not write.
    pub async fn typing(&self, identity: Identity, channel: ChannelId) -> Result<(), Refusal> {
        let user = identity.user;
        let (roster, role) = self.membership(user, channel).await?;
        allow(roster.kind, role, roster.count(), Right::Write)?;
        if self.account(identity).await?.settings.typing == Audience::Nobody {
            return Ok(());
        }
        if let Some(peer) = roster.peer_of(user)
            && self.ports.accounts.blocked_between(user, peer).await.map_err(failed)?
        {
            return Ok(());
        }
        self.announce(vec![(Topic::Channel(channel), Publication::Typing { channel, user })]).await;
        Ok(())
    }
}
