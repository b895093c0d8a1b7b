//! What comes to an end: messages that somebody hides, channels that are deleted, conversations that a block ends, links that
//! were used.

use std::collections::BTreeMap;

use rialto_domain::channel::ChannelKind;
use rialto_domain::entry::{Event, MemberChange};
use rialto_domain::log::Seq;
use rialto_domain::{ChannelId, ClientId, UserId};

use super::Case;
use crate::sim::journal::Deed;
use crate::sim::ledger::is_end;

/// A wish to block somebody, or to end that.
struct Block {
    by: UserId,
    other: UserId,
    on: bool,
    asked: u64,
    /// When it was known to be done; never, for all one knows, when the answer was lost.
    done: Option<u64>,
}

impl Case<'_> {
    pub(super) fn ending(&mut self) {
        self.hiding();
        self.deleting();
        self.blocking();
        self.inviting();
    }

    /// Who deleted a message for themselves, and knows it, does not meet it again.
    fn hiding(&mut self) {
        let mut hidden: BTreeMap<(ChannelId, UserId), Vec<(u64, Seq)>> = BTreeMap::new();
        for note in self.journal {
            let user = self.user(note.device);
            let (channel, asked, seen): (_, _, Vec<Seq>) = match &note.deed {
                Deed::Hid { channel, seq } => {
                    if !self.ledger.hidden(*channel, user).contains(seq) {
                        self.find("nothing is invented", format!("at {} ms, {} is told that {seq} of {channel} is hidden", note.at, self.name(note.device)));
                    }
                    hidden.entry((*channel, user)).or_default().push((note.at, *seq));
                    continue;
                }
                Deed::Read { channel, asked, messages } => (channel, asked, messages.iter().map(|message| message.seq).collect()),
                Deed::Synced { channel, asked, entries, .. } => (channel, asked, entries.iter().map(|entry| entry.seq).collect()),
                _ => continue,
            };
            let known = hidden.get(&(*channel, user)).into_iter().flatten();
            if let Some((since, seq)) = known.copied().find(|(since, seq)| since < asked && seen.contains(seq)) {
                let words = format!("at {} ms, {} is told {seq} of {channel}, hidden since {since} ms", note.at, self.name(note.device));
                self.find("what was hidden stays hidden", words);
            }
        }
    }

    /// Nothing stands after the entry that deletes a channel, and who has heard of it reads nothing there.
    fn deleting(&mut self) {
        for (channel, log) in self.ledger.logs() {
            if log.entries.iter().rev().skip(1).any(is_end) {
                self.find("what was deleted is gone", format!("the log of {channel} goes on after its end"));
            }
        }
        let mut gone: BTreeMap<(ChannelId, UserId), u64> = BTreeMap::new();
        for note in self.journal {
            let user = self.user(note.device);
            match &note.deed {
                Deed::Heard(entry) if is_end(entry) => drop(gone.entry((entry.channel, user)).or_insert(note.at)),
                Deed::Read { channel, asked, messages } => {
                    let since = gone.get(&(*channel, user)).filter(|since| *since < asked && !messages.is_empty());
                    if let Some(since) = since {
                        let words = format!("at {} ms, {} reads {channel}, which is gone since {since} ms", note.at, self.name(note.device));
                        self.find("what was deleted is gone", words);
                    }
                }
                _ => {}
            }
        }
    }

    /// What was said for the first time after somebody knew of their block does not stand where the two talk alone.
    fn blocking(&mut self) {
        let blocks = self.blocks();
        let mut composed: BTreeMap<(ChannelId, UserId, ClientId), u64> = BTreeMap::new();
        let mut known: BTreeMap<(ChannelId, Seq), u64> = BTreeMap::new();
        for note in self.journal {
            match &note.deed {
                Deed::Composed { channel, client_id, .. } => drop(composed.insert((*channel, self.user(note.device), *client_id), note.at)),
                Deed::Heard(entry) => drop(known.entry((entry.channel, entry.seq)).or_insert(note.at)),
                Deed::Stored { channel, seq, .. } => drop(known.entry((*channel, *seq)).or_insert(note.at)),
                _ => {}
            }
        }
        for (channel, log) in self.ledger.logs().filter(|(_, log)| log.kind == ChannelKind::Direct) {
            for entry in log.entries.iter().filter(|entry| matches!(entry.event, Event::Message(_))) {
                let Some(sent) = entry.client_id.and_then(|id| composed.get(&(channel, entry.sender, id))) else { continue };
                let until = known.get(&(channel, entry.seq)).copied().unwrap_or(u64::MAX);
                let is_between = |block: &&Block| [block.by, block.other].iter().all(|user| log.founders().contains(user));
                let is_ended = |block: &Block| {
                    let ends = |end: &Block| !end.on && end.by == block.by && end.other == block.other;
                    blocks.iter().any(|end| ends(end) && end.asked < until && end.done.is_none_or(|done| done >= block.asked))
                };
                let holds = |block: &&Block| block.on && block.done.is_some_and(|done| done < *sent) && !is_ended(block);
                if let Some(block) = blocks.iter().filter(is_between).find(holds) {
                    let words = format!("{} of {channel} was sent at {sent} ms, though {} blocks {}", entry.seq, block.by, block.other);
                    self.find("a block holds", words);
                }
            }
        }
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<(usize, Block)> = Vec::new();
        for note in self.journal {
            match &note.deed {
                Deed::Blocks { user, on } => {
                    blocks.push((note.device, Block { by: self.user(note.device), other: *user, on: *on, asked: note.at, done: None }));
                }
                Deed::Blocked { user, on, asked } => {
                    let is_it = |(device, block): &&mut (usize, Block)| *device == note.device && (block.other, block.on, block.asked) == (*user, *on, *asked);
                    if let Some((_, block)) = blocks.iter_mut().find(is_it) {
                        block.done = Some(note.at);
                    }
                }
                _ => {}
            }
        }
        blocks.into_iter().map(|(_, block)| block).collect()
    }

    fn inviting(&mut self) {
        for (channel, log) in self.ledger.logs() {
            let joined = log.entries.iter().filter(|entry| matches!(entry.event, Event::Member { change: MemberChange::Joined, .. })).count() as u64;
            let uses = self.ledger.uses(channel);
            if joined > uses {
                self.find("an invite lets in as many as it says", format!("{joined} came into {channel} by links for {uses}"));
            }
        }
    }
}
