//! How far people are: marks and receipts.

use rialto_domain::apply::Command;
use rialto_domain::auth::Identity;
use rialto_domain::ports::{MemberRow, Order};
use rialto_domain::{ChannelId, Refusal, Seq, UserId};

use crate::Service;
use crate::refused::failed;

impl Service {
    /// Moves one's own positions forward in some channels. What lies behind or beyond is clamped; the rest of the
    /// members hears of it when it is stored.
    ///
    /// # Errors
    /// `command.too_many`, `channel.unknown` when one is no member: then none of the channels is marked.
    pub async fn mark(&self, identity: Identity, marks: &[(ChannelId, Seq, Seq)]) -> Result<(), Refusal> {
        self.bounded(marks)?;
        for (channel, _, _) in marks {
            self.membership(identity.user, *channel).await?;
        }
        for &(channel, delivered, read) in marks {
            let command = Command::Mark { delivered, read };
            self.submit(Order { channel, actor: identity.user, command, ticket: None }).await?;
        }
        Ok(())
    }

    /// A page of the members who may read a message, other than its sender, with how far they are. Only for present
    /// members: how far others are now is nothing that one saw before one left.
    ///
    /// # Errors
    /// `channel.unknown`, `channel.not_a_member`, `message.unknown`.
    pub async fn receipts(
        &self,
        identity: Identity,
        channel: ChannelId,
        seq: Seq,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<(Vec<MemberRow>, Option<UserId>), Refusal> {
        let member = self.reader(identity.user, channel).await?;
        if !member.is_active() {
            return Err(Refusal::NotAMember);
        }
        let message = self.target(identity.user, channel, &member, seq).await?;
        let (page, next) = self.member_page(channel, after, limit).await?;
        Ok((page.into_iter().filter(|row| row.user != message.sender && row.since <= seq).collect(), next))
    }

    /// A page of present members, and where to go on.
    pub(crate) async fn member_page(&self, channel: ChannelId, after: Option<UserId>, limit: usize) -> Result<(Vec<MemberRow>, Option<UserId>), Refusal> {
        let limit = limit.clamp(1, self.policy.limits.page);
        let mut page = self.ports.channels.members(channel, after, limit + 1).await.map_err(failed)?;
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more).map(|row| row.user);
        Ok((page, next))
    }
}
