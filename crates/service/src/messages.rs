//! Messages: sending, changing, reading.

use rialto_domain::apply::{Command, Target};
use rialto_domain::auth::Identity;
use rialto_domain::channel::{Member, Right, allow};
use rialto_domain::entry::{Content, Mentions, Message, check_reaction};
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Window};
use rialto_domain::ports::{Lookup, Order};
use rialto_domain::publication::{Publication, Topic};
use rialto_domain::{ChannelId, ClientId, Refusal, Seq, UserId};

use crate::Service;
use crate::refused::{failed, failed_or, unsure};
use crate::repeated::told_again;

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct MessageDraft {
    /// What the client calls it.
    pub client_id: ClientId,
    /// What is said.
    pub body: Content,
    /// The message that this one answers.
    pub reply_to: Option<Seq>,
    /// Whom it calls.
    pub mentions: Mentions,
}

/// Which messages to read.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    /// From where.
    pub window: Window,
    /// How many; bounded by the limits.
    pub limit: usize,
}

impl Service {
    /// Takes a message in: from here on it is *received*. With `wait`, answers when it is *stored*, with its place.
    ///
    /// # Errors
    /// Everything that can be known at once: `channel.unknown`, `channel.role_too_low`, `message.empty`, `message.too_long`,
    /// `message.mention_all_denied` …; what only the channel's writer knows follows as a rejection, or here with `wait`.
    pub async fn send(&self, identity: Identity, channel: ChannelId, draft: MessageDraft, wait: bool) -> Result<Option<Seq>, Refusal> {
        let message = Message { body: Some(draft.body), reply_to: draft.reply_to, mentions: draft.mentions, forwarded_from: None };
        self.take_in(identity.user, channel, draft.client_id, message, wait).await
    }

    /// Sends a message that stands elsewhere on to a channel.
    ///
    /// # Errors
    /// `message.unknown`, `message.deleted`, and those of sending.
    pub async fn forward(
        &self,
        identity: Identity,
        from: ChannelId,
        target: Seq,
        to: ChannelId,
        client_id: ClientId,
        wait: bool,
    ) -> Result<Option<Seq>, Refusal> {
        match self.message(identity.user, from, target).await.and_then(forwarded) {
            Ok(message) => self.take_in(identity.user, to, client_id, message, wait).await,
            Err(refusal) => self.unless_sent(identity.user, to, client_id, wait, refusal).await,
        }
    }

    async fn take_in(&self, sender: UserId, channel: ChannelId, client_id: ClientId, message: Message, wait: bool) -> Result<Option<Seq>, Refusal> {
        if let Err(refusal) = self.may_send(sender, channel, &message).await {
            return self.unless_sent(sender, channel, client_id, wait, refusal).await;
        }
        let command = Command::Send { client_id, message };
        if wait {
            return self.carry_out(sender, channel, command).await;
        }
        self.submit(Order { channel, actor: sender, command, ticket: None }).await?;
        Ok(None)
    }

    /// What can be refused at once, before the writer decides in the channel's own order.
    async fn may_send(&self, sender: UserId, channel: ChannelId, message: &Message) -> Result<(), Refusal> {
        let (roster, role) = self.membership(sender, channel).await?;
        allow(roster.kind, role, roster.count(), Right::Write)?;
        if message.mentions.all {
            allow(roster.kind, role, roster.count(), Right::MentionAll)?;
        }
        self.bounded(&message.mentions.users)?;
        message.body.as_ref().ok_or(Refusal::MessageEmpty)?.check(&self.policy.limits)
    }

    /// Refuses, unless this is the retry of a message that was stored: what was acknowledged must not turn into a refusal,
    /// whatever became of the sender's rights since.
    async fn unless_sent(&self, sender: UserId, channel: ChannelId, client_id: ClientId, wait: bool, refusal: Refusal) -> Result<Option<Seq>, Refusal> {
        let lookup = Lookup { channel, actor: sender, client_id: Some(client_id), target: None, pins: false };
        let facts = self.ports.log.facts(&[lookup]).await.map_err(failed)?;
        let seq = facts.first().and_then(|facts| facts.sent).ok_or(refusal)?;
        if wait {
            return Ok(Some(seq));
        }
        self.announce(told_again(&*self.ports.log, sender, channel, seq).await.map_err(failed)?).await;
        Ok(None)
    }

    /// Replaces what one's message says. Answers with the place of the edit.
    ///
    /// # Errors
    /// `message.not_the_sender`, `message.deleted`, `message.unknown` …
    pub async fn edit(
        &self,
        identity: Identity,
        channel: ChannelId,
        target: Seq,
        body: Content,
        mentions: Mentions,
        client_id: Option<ClientId>,
    ) -> Result<Option<Seq>, Refusal> {
        self.bounded(&mentions.users)?;
        body.check(&self.policy.limits)?;
        self.carry_out(identity.user, channel, Command::Edit { client_id, target, body, mentions }).await
    }

    /// Deletes a message for everyone. Answers with the place of the deletion; with nothing when it was deleted before.
    ///
    /// # Errors
    /// `message.not_the_sender`, `message.unknown` …
    pub async fn delete(&self, identity: Identity, channel: ChannelId, target: Seq, client_id: Option<ClientId>) -> Result<Option<Seq>, Refusal> {
        self.carry_out(identity.user, channel, Command::Delete { client_id, target }).await
    }

    /// Deletes a message for oneself only; one's other devices are told. May be repeated.
    ///
    /// # Errors
    /// `message.unknown`.
    pub async fn hide(&self, identity: Identity, channel: ChannelId, target: Seq) -> Result<(), Refusal> {
        let member = self.reader(identity.user, channel).await?;
        self.target(identity.user, channel, &member, target).await?;
        self.ports.channels.hide(identity.user, channel, target).await.map_err(unsure)?;
        let user = identity.user;
        self.announce(vec![(Topic::User(user), Publication::Hidden { user, channel, seq: target })]).await;
        Ok(())
    }

    /// Sets a reaction, or takes it back.
    ///
    /// # Errors
    /// `message.reaction_invalid`, `message.too_many_reactions`, `message.deleted`, `message.unknown` …
    pub async fn react(
        &self,
        identity: Identity,
        channel: ChannelId,
        target: Seq,
        emoji: String,
        on: bool,
        client_id: Option<ClientId>,
    ) -> Result<Option<Seq>, Refusal> {
        check_reaction(&emoji)?;
        self.carry_out(identity.user, channel, Command::React { client_id, target, emoji, on }).await
    }

    /// Pins a message, or unpins it.
    ///
    /// # Errors
    /// `channel.role_too_low`, `message.too_many_pins`, `message.unknown` …
    pub async fn pin(&self, identity: Identity, channel: ChannelId, target: Seq, on: bool) -> Result<Option<Seq>, Refusal> {
        self.carry_out(identity.user, channel, Command::Pin { target, on }).await
    }

    /// A page of messages, oldest first.
    ///
    /// # Errors
    /// `channel.unknown`.
    pub async fn history(&self, identity: Identity, channel: ChannelId, page: PageRequest) -> Result<Vec<Folded>, Refusal> {
        let member = self.reader(identity.user, channel).await?;
        let limit = page.limit.clamp(1, self.policy.limits.page);
        self.read(identity.user, channel, &member.visible, page.window, limit).await
    }

    /// Messages as one reader may see them: former members see nothing that came after they left.
    async fn read(&self, user: UserId, channel: ChannelId, visible: &[Interval], window: Window, limit: usize) -> Result<Vec<Folded>, Refusal> {
        let mut page = self.ports.log.history(channel, user, visible, window, limit).await.map_err(failed)?;
        if let Some(left) = self.left(user, channel, visible).await? {
            page.iter_mut().for_each(|message| left.veil(message));
        }
        Ok(page)
    }

    /// The pinned messages of a channel, oldest first.
    ///
    /// # Errors
    /// `channel.unknown`, `channel.not_a_member`.
    pub async fn pinned(&self, identity: Identity, channel: ChannelId) -> Result<Vec<Folded>, Refusal> {
        // What is pinned now is no business of those who left.
        self.membership(identity.user, channel).await?;
        let member = self.reader(identity.user, channel).await?;
        self.ports.log.pinned(channel, identity.user, &member.visible).await.map_err(failed)
    }

    async fn message(&self, user: UserId, channel: ChannelId, seq: Seq) -> Result<Folded, Refusal> {
        let member = self.reader(user, channel).await?;
        let page = self.read(user, channel, &member.visible, Window::Around(seq), 1).await?;
        page.into_iter().find(|message| message.seq == seq).ok_or(Refusal::MessageUnknown)
    }

    /// What is known of a message that a reader may see, also when they deleted it for themselves.
    pub(crate) async fn target(&self, user: UserId, channel: ChannelId, member: &Member, seq: Seq) -> Result<Target, Refusal> {
        if !member.sees(seq) {
            return Err(Refusal::MessageUnknown);
        }
        let lookup = Lookup { channel, actor: user, client_id: None, target: Some(seq), pins: false };
        let facts = self.ports.log.facts(&[lookup]).await.map_err(failed)?;
        let target = facts.into_iter().next().and_then(|facts| facts.target);
        target.filter(|target| target.is_message).ok_or(Refusal::MessageUnknown)
    }

    /// One who may read a channel's log, or did: former members keep what they saw.
    pub(crate) async fn reader(&self, user: UserId, channel: ChannelId) -> Result<Member, Refusal> {
        self.ports.channels.find_member(channel, user).await.map_err(failed_or(Refusal::ChannelUnknown))?.ok_or(Refusal::ChannelUnknown)
    }
}

/// What is sent on of a message: what it says, and who wrote it first. Whom it called was called then.
fn forwarded(original: Folded) -> Result<Message, Refusal> {
    let body = original.message.body.ok_or(Refusal::MessageDeleted)?;
    let author = original.message.forwarded_from.unwrap_or(original.sender);
    Ok(Message { body: Some(body), forwarded_from: Some(author), ..Message::default() })
}
