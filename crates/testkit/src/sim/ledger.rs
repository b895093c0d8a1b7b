//! What was committed, written down beside the store: the truth that everything else is held against.

use std::collections::BTreeMap;

use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Content, Entry, Event, MemberChange};
use rialto_domain::log::{Interval, Seq};
use rialto_domain::ports::NewChannel;
use rialto_domain::{ChannelId, UserId};

/// The logs of all channels, as they were committed.
#[derive(Default)]
pub struct Ledger {
    channels: BTreeMap<ChannelId, Log>,
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

    /// The place of the entry that brought this text in.
    pub fn origin(&self, text: &str) -> Option<Seq> {
        let brings = |entry: &&Entry| match &entry.event {
            Event::Message(message) => text_of(message.body.as_ref()) == Some(text),
            Event::Edit { body, .. } => text_of(body.as_ref()) == Some(text),
            _ => false,
        };
        self.entries.iter().find(brings).map(|entry| entry.seq)
    }
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
