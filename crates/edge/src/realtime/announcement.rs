//! A publication on its way to connections: shared by all shards, encoded at most once for each format.

use bytes::Bytes;
use rialto_domain::entry::{Content, Event as EntryEvent, MemberChange};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::{ChannelId, UserId};
use rialto_wire::event::Event;
use std::sync::OnceLock;

use super::encode::{self, Format};

/// What is announced, and to whom.
pub(super) struct Announcement {
    topic: Topic,
    publication: Publication,
    /// The shards that are expected to let somebody in because of it, as bits.
    admitting: u64,
    frames: [OnceLock<Option<Bytes>>; Format::COUNT],
}

impl Announcement {
    pub(super) fn new(topic: Topic, publication: Publication) -> Self {
        Self { topic, publication, admitting: 0, frames: Default::default() }
    }

    /// The same, for which these shards were told to let somebody in.
    pub(super) fn admitting(self, shards: u64) -> Self {
        Self { admitting: shards, ..self }
    }

    /// Is this shard expected to let somebody in because of it?
    pub(super) fn is_expected_of(&self, shard: usize) -> bool {
        self.admitting >> shard & 1 == 1
    }

    /// Who is let into which channel by a publication.
    pub(super) fn admission(publication: &Publication) -> Option<(ChannelId, &[UserId])> {
        match publication {
            Publication::Entry(entry) => match &entry.event {
                EntryEvent::Member { users, change: MemberChange::Added { .. } | MemberChange::Joined } => Some((entry.channel, users)),
                _ => None,
            },
            Publication::Membership { user, channel, change: Membership::Joined } => Some((*channel, std::slice::from_ref(user))),
            _ => None,
        }
    }

    pub(super) fn topic(&self) -> Topic {
        self.topic
    }

    pub(super) fn publication(&self) -> &Publication {
        &self.publication
    }

    /// The frame that tells it; `None` when it is not for clients.
    pub(super) fn frame(&self, format: Format) -> Option<&Bytes> {
        let tell = || encode::event(format, &Event::of(&self.publication)?);
        self.frames[format as usize].get_or_init(tell).as_ref()
    }

    /// About how many bytes it holds on to.
    pub(super) fn weight(&self) -> usize {
        const BARE: usize = 512;
        let text = |content: &Option<Content>| match content {
            Some(Content::Text(text)) => text.len(),
            _ => 0,
        };
        let more = match &self.publication {
            Publication::Entry(entry) => match &entry.event {
                EntryEvent::Message(message) => text(&message.body),
                EntryEvent::Edit { body, .. } => text(body),
                EntryEvent::Member { users, .. } => users.len() * 16,
                _ => 0,
            },
            Publication::Positions(moved) => moved.members.len() * 32,
            _ => 0,
        };
        BARE + 2 * more
    }

    /// It is worth nothing a moment later: the first to be dropped when there is too much.
    pub(super) fn is_ephemeral(&self) -> bool {
        matches!(self.publication, Publication::Typing { .. } | Publication::Presence(_))
    }

    /// It decides who may hear what comes after it, and must not be dropped.
    pub(super) fn is_binding(&self) -> bool {
        match &self.publication {
            Publication::Entry(entry) => match &entry.event {
                EntryEvent::Member { .. } => true,
                EntryEvent::Channel(change) => change.deleted,
                _ => false,
            },
            Publication::Membership { .. } | Publication::Revoked { .. } | Publication::Parted { .. } => true,
            _ => false,
        }
    }
}
