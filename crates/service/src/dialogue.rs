//! The first payload, and catching up.

use rialto_domain::auth::{Account, Identity};
use rialto_domain::channel::Member;
use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::log::{Resume, Window, plan_resume};
use rialto_domain::publication::PositionsMoved;
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp};
use std::collections::BTreeMap;

use crate::Service;
use crate::channels::{CHANNELS_PER_PAGE, ListedPage};
use crate::refused::failed;

/// What a client is told first.
pub struct Welcome {
    /// Its account.
    pub account: Account,
    /// The server's time.
    pub server_time: Timestamp,
    /// Which history this is.
    pub epoch: String,
    /// The channels that were active last.
    pub channels: ListedPage,
    /// The last messages of the most recent of them.
    pub recent: BTreeMap<ChannelId, Vec<Folded>>,
    /// What the client missed, when it told what it has.
    pub missed: Option<CaughtUp>,
}

/// What a client missed.
#[derive(Default)]
pub struct CaughtUp {
    /// For each channel that was answered.
    pub channels: BTreeMap<ChannelId, Result<MissedEntries, Refusal>>,
    /// Something did not fit: ask again.
    pub more: bool,
}

/// What a client missed of one channel.
pub enum MissedEntries {
    /// These entries, oldest first.
    Entries {
        /// Where the log ends, for this reader.
        head: Seq,
        /// The entries.
        entries: Vec<Entry>,
        /// There are more.
        more: bool,
        /// How far the members are.
        positions: PositionsMoved,
    },
    /// Too much, or another log: read history anew.
    Refetch {
        /// Where the log ends, for this reader.
        head: Seq,
    },
}

/// Channels whose last messages come with the first payload, and how many messages each.
const RECENT_CHANNELS: usize = 5;
const RECENT_MESSAGES: usize = 10;
/// Bytes of text that the first payload's messages may have together.
const RECENT_BYTES: usize = 256 * 1024;
/// Entries that are replayed for one channel; who missed more reads history.
const REPLAYED: u64 = 1000;
/// Entries and bytes of text in one answer.
const ANSWER_ENTRIES: usize = 2000;
const ANSWER_BYTES: usize = 512 * 1024;

impl Service {
    /// The first payload for a connection that was registered before.
    pub async fn welcome(&self, identity: Identity, have: &BTreeMap<ChannelId, Seq>) -> Result<Welcome, Refusal> {
        // A log-in that was ended since its token was looked at must not be welcomed.
        if self.revocations.contains(identity.session) {
            return Err(Refusal::NotAuthenticated);
        }
        let account = self.account(identity).await?;
        let mut channels = self.list_channels(identity, None, CHANNELS_PER_PAGE).await?;
        let mut recent = BTreeMap::new();
        let mut room = RECENT_BYTES;
        for channel in channels.channels.iter_mut().take(RECENT_CHANNELS) {
            let listing = &channel.listing;
            let page = self.ports.log.history(listing.channel, identity.user, &listing.visible, Window::Latest, RECENT_MESSAGES).await.map_err(failed)?;
            // The newest that fit.
            let mut kept: Vec<_> = page.into_iter().rev().take_while(|message| take(&mut room, folded_bytes(message))).collect();
            kept.reverse();
            recent.insert(listing.channel, kept);
        }
        let missed = if have.is_empty() { None } else { Some(self.catch_up(identity, have).await?) };
        Ok(Welcome { account, server_time: self.now(), epoch: self.policy.epoch.clone(), channels, recent, missed })
    }

    /// The entries after the positions that a client has, as far as they fit in one answer.
    ///
    /// # Errors
    /// `command.too_many`.
    pub async fn catch_up(&self, identity: Identity, have: &BTreeMap<ChannelId, Seq>) -> Result<CaughtUp, Refusal> {
        if have.len() > self.policy.limits.channels_per_user {
            return Err(Refusal::TooMany);
        }
        let mut answer = CaughtUp::default();
        let mut entries_left = ANSWER_ENTRIES;
        let mut bytes_left = ANSWER_BYTES;
        for (&channel, &seq) in have {
            if entries_left == 0 || bytes_left == 0 {
                answer.more = true;
                break;
            }
            let missed = match self.reader(identity.user, channel).await {
                Ok(member) => Ok(self.missed(identity, channel, &member, seq, &mut entries_left, &mut bytes_left).await?),
                Err(refusal @ Refusal::ChannelUnknown) => Err(refusal),
                Err(other) => return Err(other),
            };
            answer.more |= matches!(missed, Ok(MissedEntries::Entries { more: true, .. }));
            answer.channels.insert(channel, missed);
        }
        Ok(answer)
    }

    async fn missed(
        &self,
        identity: Identity,
        channel: ChannelId,
        member: &Member,
        have: Seq,
        entries_left: &mut usize,
        bytes_left: &mut usize,
    ) -> Result<MissedEntries, Refusal> {
        let listing = self.ports.channels.find_listing(identity.user, channel).await.map_err(failed)?;
        // For who left, the log ends where they left.
        let left_at = member.visible.last().and_then(|interval| interval.to).unwrap_or(Seq::ZERO);
        let head = listing.as_ref().map_or(left_at, |listing| listing.head.seq);
        let ranges = match plan_resume(have, head, &member.visible, REPLAYED) {
            Resume::Refetch => return Ok(MissedEntries::Refetch { head }),
            Resume::Current => Vec::new(),
            Resume::Read(ranges) => ranges,
        };
        let mut entries = Vec::new();
        let mut more = false;
        'ranges: for (from, to) in ranges {
            if *entries_left == 0 {
                more = true;
                break;
            }
            let page = self.ports.log.entries(channel, identity.user, from, to, *entries_left).await.map_err(failed)?;
            let whole = page.last().is_some_and(|entry| entry.seq == to) || page.len() < *entries_left;
            for entry in page {
                if !take(bytes_left, entry_bytes(&entry)) && !entries.is_empty() {
                    more = true;
                    *bytes_left = 0;
                    break 'ranges;
                }
                *entries_left -= 1;
                entries.push(entry);
            }
            if !whole {
                more = true;
                break;
            }
        }
        let (delivered, read) = listing.map_or((Seq::ZERO, Seq::ZERO), |listing| listing.minima);
        let positions = PositionsMoved { channel, delivered, read, members: Vec::new() };
        Ok(MissedEntries::Entries { head, entries, more, positions })
    }
}

/// Takes `bytes` out of what is left, if they fit.
fn take(left: &mut usize, bytes: usize) -> bool {
    let fits = bytes <= *left;
    if fits {
        *left -= bytes;
    }
    fits
}

/// About how large an entry is on the wire: its text and a generous envelope.
fn entry_bytes(entry: &Entry) -> usize {
    use rialto_domain::entry::Event;
    match &entry.event {
        Event::Message(message) => 256 + content_bytes(message.body.as_ref()) + 40 * message.mentions.users.len(),
        Event::Edit { body, mentions, .. } => 256 + content_bytes(body.as_ref()) + 40 * mentions.users.len(),
        Event::Member { users, .. } => 256 + 40 * users.len(),
        Event::Channel(_) => 256 + 4096,
        Event::Delete { .. } | Event::Reaction { .. } | Event::Pin { .. } => 256,
    }
}

fn folded_bytes(message: &Folded) -> usize {
    256 + content_bytes(message.message.body.as_ref()) + message.reactions.iter().map(|reaction| 64 + 40 * reaction.users.len()).sum::<usize>()
}

fn content_bytes(content: Option<&rialto_domain::entry::Content>) -> usize {
    use rialto_domain::entry::Content;
    match content {
        Some(Content::Text(text)) => text.len(),
        Some(Content::Location(_)) => 512,
        Some(Content::Contact(contact)) => 512 + contact.addresses.iter().map(String::len).sum::<usize>(),
        None => 0,
    }
}
