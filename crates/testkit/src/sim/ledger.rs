//! What was committed, written down beside the store: the truth that everything else is held against.

use std::collections::{BTreeMap, BTreeSet};

use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Content, Entry, Event, MemberChange};
use rialto_domain::log::{Interval, Seq};
use rialto_domain::ports::NewChannel;
use rialto_domain::{ChannelId, UserId};

/// The logs of all channels, as they were committed.
#[derive(Default)]
pub struct Ledger {
    channels: BTreeMap<ChannelId, Log>,
    hidden: BTreeSet<(ChannelId, UserId, Seq)>,
    uses: BTreeMap<ChannelId, u64>,
}

/// One channel's log.
pub struct Log {
    /// What sort of channel.
    pub kind: ChannelKind,
    /// Its entries.
    pub entries: Vec<Entry>,
    founders: Vec<UserId>,
}

impl Ledger {
    /// A channel was made.
    pub fn create(&mut self, channel: &NewChannel) {
        let founders = match channel.kind {
            ChannelKind::Direct => channel.members.iter().map(|(user, _)| *user).collect(),
            ChannelKind::Group | ChannelKind::Broadcast => channel.entries.first().map(|entry| entry.sender).into_iter().collect(),
        };
        self.channels.insert(channel.id, Log { kind: channel.kind, entries: channel.entries.clone(), founders });
    }

    /// Entries were appended.
    pub fn append(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.channels.get_mut(&entry.channel).expect("a log is appended to after its channel was made").entries.push(entry.clone());
        }
    }

    /// Somebody deleted a message for themselves.
    pub fn hide(&mut self, channel: ChannelId, user: UserId, seq: Seq) {
        self.hidden.insert((channel, user, seq));
    }

    /// What somebody deleted for themselves.
    pub fn hidden(&self, channel: ChannelId, user: UserId) -> BTreeSet<Seq> {
        let theirs = (channel, user, Seq::ZERO)..=(channel, user, Seq(u64::MAX));
        self.hidden.range(theirs).map(|(.., seq)| *seq).collect()
    }

    /// A link was made that lets so many in.
    pub fn invite(&mut self, channel: ChannelId, uses: u32) {
        *self.uses.entry(channel).or_default() += u64::from(uses);
    }

    /// How many the links into a channel let in.
    pub fn uses(&self, channel: ChannelId) -> u64 {
        self.uses.get(&channel).copied().unwrap_or_default()
    }

    /// A channel's log.
    pub fn log(&self, channel: ChannelId) -> Option<&Log> {
        self.channels.get(&channel)
    }

    /// All logs.
    pub fn logs(&self) -> impl Iterator<Item = (ChannelId, &Log)> {
        self.channels.iter().map(|(id, log)| (*id, log))
    }
}

impl Log {
    /// The entry at a place.
    pub fn at(&self, seq: Seq) -> Option<&Entry> {
        self.entries.get(usize::try_from(seq.0).ok()?.checked_sub(1)?)
    }

    /// The stretches of the log that a user may read, worked out from the entries alone.
    pub fn visible(&self, user: UserId) -> Vec<Interval> {
        let mut visible: Vec<Interval> = Vec::new();
        if self.founders.contains(&user) {
            visible.push(Interval { from: Seq(1), to: None });
        }
        for entry in &self.entries {
            if is_end(entry)
                && let Some(open) = visible.last_mut().filter(|open| open.to.is_none())
            {
                open.to = Some(entry.seq);
            }
            let Event::Member { users, change } = &entry.event else { continue };
            if !users.contains(&user) {
                continue;
            }
            match change {
                MemberChange::Added { .. } | MemberChange::Joined => {
                    let from = if self.kind == ChannelKind::Broadcast { Seq(1) } else { entry.seq };
                    visible.push(Interval { from, to: None });
                }
                MemberChange::Left | MemberChange::Removed => {
                    if let Some(open) = visible.last_mut() {
                        open.to = Some(entry.seq);
                    }
                }
                MemberChange::Role { .. } => {}
            }
        }
        visible
    }

    /// The place of the entry by which a user last came in.
    pub fn admission(&self, user: UserId) -> Seq {
        let admits = |entry: &&Entry| match &entry.event {
            Event::Member { users, change: MemberChange::Added { .. } | MemberChange::Joined } => users.contains(&user),
            _ => false,
        };
        self.entries.iter().rev().find(admits).map_or(Seq::ZERO, |entry| entry.seq)
    }

    /// Who was in it from the beginning.
    pub fn founders(&self) -> &[UserId] {
        &self.founders
    }

    /// The channel was deleted.
    pub fn is_deleted(&self) -> bool {
        self.entries.last().is_some_and(is_end)
    }

    /// What is left of it: of a deleted channel only the entry that says so.
    pub fn rest(&self) -> &[Entry] {
        let from = if self.is_deleted() { self.entries.len() - 1 } else { 0 };
        &self.entries[from..]
    }

    /// The place of the entry that brought this text into a message.
    pub fn origin(&self, target: Seq, text: &str) -> Option<Seq> {
        let brings = |entry: &&Entry| match &entry.event {
            Event::Message(message) => entry.seq == target && text_of(message.body.as_ref()) == Some(text),
            Event::Edit { target: edited, body, .. } => *edited == target && text_of(body.as_ref()) == Some(text),
            _ => false,
        };
        self.entries.iter().find(brings).map(|entry| entry.seq)
    }
}

/// Does the channel end with this entry?
pub fn is_end(entry: &Entry) -> bool {
    matches!(&entry.event, Event::Channel(change) if change.deleted)
}

/// Is the user a member at the end of these stretches?
pub fn is_present(visible: &[Interval]) -> bool {
    visible.last().is_some_and(|stretch| stretch.to.is_none())
}

/// The words of a content.
pub fn text_of(content: Option<&Content>) -> Option<&str> {
    match content {
        Some(Content::Text(text)) => Some(text),
        _ => None,
    }
}
