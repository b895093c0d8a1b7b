//! Links by which people come into a channel.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rialto_domain::apply::Command;
use rialto_domain::auth::Identity;
use rialto_domain::channel::{Right, allow};
use rialto_domain::ports::Invite;
use rialto_domain::{ChannelId, Refusal};

use crate::auth::sha256;
use crate::refused::unsure;
use crate::{ListedChannel, Service};

/// How long an invite is good.
#[derive(Clone, Copy, Debug, Default)]
pub struct InviteTerms {
    /// For so many milliseconds, at least one.
    pub expires_in_ms: Option<u64>,
    /// For so many people, at least one.
    pub uses: Option<u32>,
}

impl Service {
    /// Makes an invite: whoever has it may join.
    ///
    /// # Errors
    /// `command.invalid`, `channel.role_too_low`, `channel.wrong_kind`, `channel.unknown`, `limit.exceeded`.
    pub async fn make_invite(&self, identity: Identity, channel: ChannelId, terms: InviteTerms) -> Result<String, Refusal> {
        let now = self.now();
        if terms.uses == Some(0) || terms.expires_in_ms == Some(0) {
            return Err(Refusal::Invalid);
        }
        let (roster, role) = self.membership(identity.user, channel).await?;
        allow(roster.kind, role, roster.count(), Right::Invite)?;
        self.rates.discovery(identity.user, now)?;
        let link = Link { channel, secret: self.random() };
        let expires_at = terms.expires_in_ms.map(|ms| now.after_ms(ms));
        let invite = Invite { digest: link.digest(), channel, by: identity.user, expires_at, uses_left: terms.uses };
        self.ports.channels.put_invite(invite).await.map_err(unsure)?;
        Ok(link.to_string())
    }

    /// Joins by an invite. Who is in already uses nothing up, nor does who cannot come in.
    ///
    /// # Errors
    /// `channel.invite_invalid`, `channel.full`, `channel.too_many`, `limit.exceeded`.
    pub async fn join(&self, identity: Identity, invite: &str) -> Result<ListedChannel, Refusal> {
        let me = identity.user;
        let now = self.now();
        self.rates.discovery(me, now)?;
        let link = Link::parse(invite).ok_or(Refusal::InviteInvalid)?;
        match self.membership(me, link.channel).await {
            Ok(_) => return self.channel(identity, link.channel).await,
            Err(Refusal::ChannelUnknown | Refusal::NotAMember) => {}
            Err(other) => return Err(other),
        }
        let roster = self.roster(link.channel).await.map_err(as_invalid)?;
        match roster.count() {
            // Nobody is left who could make an owner of anybody.
            0 => return Err(Refusal::InviteInvalid),
            count if count >= self.policy.limits.members => return Err(Refusal::ChannelFull),
            _ => {}
        }
        self.room_for(&[me]).await?;
        let opened = self.ports.channels.use_invite(link.digest(), now).await.map_err(unsure)?;
        let channel = opened.ok_or(Refusal::InviteInvalid)?;
        let joined = self.carry_out(me, channel, Command::Join).await;
        // Another device was faster, or the last place was taken meanwhile. What is not known to have failed may have
        // let somebody in.
        if !matches!(joined, Ok(Some(_)) | Err(Refusal::OutcomeUnknown))
            && let Err(error) = self.ports.channels.return_use(link.digest()).await
        {
            tracing::warn!(%error, "a use of an invite that let nobody in is lost");
        }
        joined.map_err(as_invalid)?;
        self.channel(identity, channel).await
    }
}

/// What leads to a channel that is not there is no invite.
const fn as_invalid(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::ChannelUnknown => Refusal::InviteInvalid,
        other => other,
    }
}

/// What an invite says: the channel it opens, so that who is in already is found before a use is spent, and a secret
/// that shows that somebody who may invite made it.
struct Link {
    channel: ChannelId,
    secret: [u8; 16],
}

impl Link {
    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (channel, secret) = bytes.split_first_chunk::<16>()?;
        (length == bytes.len()).then_some(Self { channel: ChannelId::from_bytes(*channel), secret: secret.try_into().ok()? })
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(self.channel.as_bytes());
        bytes[16..].copy_from_slice(&self.secret);
        bytes
    }

    /// What the store keeps: it covers both parts, so that neither can be exchanged.
    fn digest(&self) -> [u8; 32] {
        sha256(&self.bytes())
    }
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_written_and_otherwise_not_at_all() {
        let link = Link { channel: ChannelId::from_bytes([1; 16]), secret: [2; 16] };
        let text = link.to_string();
        let read = Link::parse(&text).expect("is a link");
        assert_eq!((read.channel, read.secret, read.digest()), (link.channel, link.secret, link.digest()));
        for bad in ["", "AQEB", &text[1..], &format!("{text}AAAA"), &text.replace('A', "+")] {
            assert!(Link::parse(bad).is_none(), "{bad}");
        }
    }
}
