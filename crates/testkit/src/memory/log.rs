//! The reference log: a vector of entries for each channel, and [`truth`] over it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rialto_domain::apply::Facts;
use rialto_domain::channel::Channel;
use rialto_domain::entry::Entry;
use rialto_domain::history::Folded;
use rialto_domain::log::{Interval, Seq, Window};
use rialto_domain::ports::{Append, ChannelLog, Lookup, Newest, PortError, PortResult};
use rialto_domain::{ChannelId, UserId};

use super::MemoryStore;
use super::store::KeptChannel;
use crate::truth;

#[async_trait]
impl ChannelLog for MemoryStore {
    async fn load(&self, channel: ChannelId) -> PortResult<Channel> {
        Ok(self.kept().channel(channel)?.restored(channel))
    }

    async fn facts(&self, lookups: &[Lookup]) -> PortResult<Vec<Facts>> {
        let kept = self.kept();
        let facts = |lookup: &Lookup| kept.channels.get(&lookup.channel).map_or_else(Facts::default, |channel| truth::facts(&channel.log, lookup));
        Ok(lookups.iter().map(facts).collect())
    }

    async fn append(&self, batch: Vec<Append>) -> PortResult<()> {
        let mut kept = self.kept();
        let mut heads = BTreeMap::new();
        for append in &batch {
            let stored = kept.channel(append.channel)?.head().seq;
            let head = heads.entry(append.channel).or_insert(stored);
            if *head != append.expected {
                return Err(PortError::Conflict);
            }
            *head = Seq(head.0 + append.entries.len() as u64);
        }
        for append in batch {
            kept.channel_mut(append.channel)?.take(append);
        }
        Ok(())
    }

    async fn entries(&self, channel: ChannelId, reader: UserId, from: Seq, to: Seq, limit: usize) -> PortResult<Vec<Entry>> {
        let kept = self.kept();
        let channel = kept.channel(channel)?;
        let hidden = channel.hidden_from(reader);
        let wanted = |entry: &Entry| from <= entry.seq && entry.seq <= to && !hidden.contains(&entry.seq);
        Ok(truth::entries_now(&channel.log).into_iter().filter(wanted).take(limit).collect())
    }

    async fn history(&self, channel: ChannelId, reader: UserId, visible: &[Interval], window: Window, limit: usize) -> PortResult<Vec<Folded>> {
        let kept = self.kept();
        let channel = kept.channel(channel)?;
        Ok(truth::history(&channel.log, reader, visible, &channel.hidden_from(reader), window, limit))
    }

    async fn newest(&self, reader: UserId, wishes: &[Newest]) -> PortResult<Vec<Vec<Folded>>> {
        let kept = self.kept();
        let newest = |wish: &Newest| {
            let channel = kept.channels.get(&wish.channel)?;
            Some(truth::history(&channel.log, reader, &wish.visible, &channel.hidden_from(reader), Window::Latest, wish.count))
        };
        Ok(wishes.iter().map(|wish| newest(wish).unwrap_or_default()).collect())
    }

    async fn pinned(&self, channel: ChannelId, reader: UserId, visible: &[Interval]) -> PortResult<Vec<Folded>> {
        let kept = self.kept();
        let channel = kept.channel(channel)?;
        Ok(truth::pinned(&channel.log, reader, visible, &channel.hidden_from(reader)))
    }

    async fn writable(&self) -> PortResult<()> {
        Ok(())
    }
}

impl KeptChannel {
    /// Takes an append whose expected head was found true.
    fn take(&mut self, append: Append) {
        self.log.extend(append.entries);
        self.members.extend(append.members);
        for (user, position) in append.positions {
            if let Some(member) = self.members.get_mut(&user) {
                member.position = position;
            }
        }
        if let Some(about) = append.about {
            self.about = about;
        }
        if self.deleted() {
            // Of a deleted channel only the entry that says so remains.
            self.log.drain(..self.log.len() - 1);
            self.hidden.clear();
        }
    }
}
