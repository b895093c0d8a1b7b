//! The first payload, and catching up.

use rialto_domain::auth::{Account, Identity};
use rialto_domain::channel::SMALL_CHANNEL;
use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Resume, plan_resume};
use rialto_domain::publication::{MemberPosition, PositionsMoved};
use rialto_domain::{ChannelId, Refusal, Seq, Timestamp, UserId};
use std::collections::BTreeMap;

use crate::Service;
use crate::budget::{Budget, entry_bytes, folded_bytes};
use crate::channels::{CHANNELS_PER_PAGE, ListedChannel, ListedPage};
use crate::refused::{failed, failed_or};

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
    /// Something did not fit: ask again for the channels that are missing here, and on from where the others end.
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

/// Channels whose last messages come with the first payload, how many messages each, and bytes for them all together.
const RECENT_CHANNELS: usize = 5;
const RECENT_MESSAGES: usize = 10;
const RECENT_BYTES: usize = 256 * 1024;
/// Entries that are replayed for one channel; who missed more reads history.
const REPLAYED: u64 = 1000;
/// Channels, entries and bytes in one answer.
const ANSWER_CHANNELS: usize = 1000;
const ANSWER_ENTRIES: usize = 2000;
const ANSWER_BYTES: usize = 512 * 1024;
/// Entries read at once: how many of them fit is known only afterwards.
const READ_ENTRIES: usize = 200;

impl Service {
    /// The first payload for a connection that was registered before.
    pub async fn welcome(&self, identity: Identity, have: &BTreeMap<ChannelId, Seq>) -> Result<Welcome, Refusal> {
        // A log-in that was ended since its token was looked at must not be welcomed.
        if self.revocations.contains(identity.session) {
            return Err(Refusal::NotAuthenticated);
        }
        let account = self.account(identity).await?;
        let count = |place| if place < RECENT_CHANNELS { RECENT_MESSAGES } else { 1 };
        let (channels, mut newest) = self.list_with_newest(identity, None, CHANNELS_PER_PAGE, count).await?;
        let mut recent = BTreeMap::new();
        let mut budget = Budget::new(RECENT_BYTES);
        for ListedChannel { listing, .. } in channels.channels.iter().take(RECENT_CHANNELS) {
            let page = newest.remove(&listing.channel).unwrap_or_default();
            // The newest that fit.
            let mut kept: Vec<_> = page.into_iter().rev().take_while(|message| budget.take(folded_bytes(message))).collect();
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
        let mut room = Room { entries: ANSWER_ENTRIES, bytes: Budget::new(ANSWER_BYTES) };
        for (&channel, &seq) in have {
            if room.is_spent() || answer.channels.len() == ANSWER_CHANNELS {
                answer.more = true;
                break;
            }
            let missed = match self.standing(identity.user, channel).await {
                Ok(standing) => Ok(self.missed(identity.user, channel, standing, seq, &mut room).await?),
                Err(Refusal::ChannelUnknown) => Err(Refusal::ChannelUnknown),
                Err(other) => return Err(other),
            };
            answer.more |= matches!(missed, Ok(MissedEntries::Entries { more: true, .. }));
            answer.channels.insert(channel, missed);
        }
        Ok(answer)
    }

    /// What a channel is to a reader, present or former.
    async fn standing(&self, user: UserId, channel: ChannelId) -> Result<Standing, Refusal> {
        if let Some(listing) = self.ports.channels.find_listing(user, channel).await.map_err(failed_or(Refusal::ChannelUnknown))? {
            let is_small = listing.members <= SMALL_CHANNEL as u64;
            let rows = if is_small { self.ports.channels.members(channel, None, SMALL_CHANNEL).await.map_err(failed)? } else { Vec::new() };
            let members = rows.iter().map(|row| MemberPosition::of(row.user, &row.position)).collect();
            let (delivered, read) = listing.minima;
            return Ok(Standing { head: listing.head.seq, visible: listing.visible, positions: PositionsMoved { channel, delivered, read, members } });
        }
        // For who left, the log ends where they left.
        let visible = self.reader(user, channel).await?.visible;
        let left_at = visible.last().and_then(|stretch| stretch.to);
        // Who is in all at once came back just now: the next question finds them in.
        let head = left_at.ok_or(Refusal::Unavailable)?;
        let positions = PositionsMoved { channel, delivered: Seq::ZERO, read: Seq::ZERO, members: Vec::new() };
        Ok(Standing { head, visible: visible.to_vec(), positions })
    }

    async fn missed(&self, user: UserId, channel: ChannelId, standing: Standing, have: Seq, room: &mut Room) -> Result<MissedEntries, Refusal> {
        let Standing { head, visible, positions } = standing;
        let ranges = match plan_resume(have, head, &visible, REPLAYED) {
            Resume::Refetch => return Ok(MissedEntries::Refetch { head }),
            Resume::Current => Vec::new(),
            Resume::Read(ranges) => ranges,
        };
        let mut entries = Vec::new();
        for (from, to) in ranges {
            let mut next = Some(from);
            while let Some(from) = next {
                let limit = room.entries.min(READ_ENTRIES);
                if limit == 0 {
                    return Ok(MissedEntries::Entries { head, entries, more: true, positions });
                }
                let mut page = self.ports.log.entries(channel, user, from, to, limit).await.map_err(failed)?;
                self.veil_entries(user, channel, &visible, &mut page).await?;
                next = page.last().map(|last| last.seq.next()).filter(|next| page.len() == limit && *next <= to);
                for entry in page {
                    if !room.bytes.take(entry_bytes(&entry)) {
                        return Ok(MissedEntries::Entries { head, entries, more: true, positions });
                    }
                    room.entries -= 1;
                    entries.push(entry);
                }
            }
        }
        Ok(MissedEntries::Entries { head, entries, more: false, positions })
    }
}

/// Where a reader stands in a channel.
struct Standing {
    /// Where the log ends for them.
    head: Seq,
    visible: Vec<Interval>,
    positions: PositionsMoved,
}

/// What an answer may still hold.
struct Room {
    entries: usize,
    bytes: Budget,
}

impl Room {
    const fn is_spent(&self) -> bool {
        self.entries == 0 || self.bytes.is_spent()
    }
}
