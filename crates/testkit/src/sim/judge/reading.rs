//! What people read in histories.

use std::collections::{BTreeMap, BTreeSet};

use rialto_domain::history::Folded;
use rialto_domain::log::{Seq, Window};
use rialto_domain::{ChannelId, UserId};

use super::Case;
use crate::sim::journal::{Deed, Note};
use crate::sim::ledger::{Log, is_present, text_of};
use crate::truth;

/// The most messages on a page.
const PAGE: usize = 200;

impl Case<'_> {
    pub(super) fn reading(&mut self) {
        let mut last = BTreeSet::new();
        // For each user: messages that they know to be stored, and since when.
        let mut known: BTreeMap<(ChannelId, UserId), Vec<(u64, Seq)>> = BTreeMap::new();
        for note in self.journal {
            let user = self.user(note.device);
            match &note.deed {
                Deed::Stored { channel, seq, .. } => known.entry((*channel, user)).or_default().push((note.at, *seq)),
                Deed::Read { channel, asked, messages } => {
                    self.page(note, user, *channel, messages);
                    let seen: BTreeSet<Seq> = messages.iter().map(|message| message.seq).collect();
                    let known = known.entry((*channel, user)).or_default();
                    let is_message = |seq: &Seq| self.ledger.log(*channel).and_then(|log| log.at(*seq)).is_some_and(|entry| entry.event.counts());
                    let hidden = self.ledger.hidden(*channel, user);
                    let is_due = |seq: &Seq| is_message(seq) && !hidden.contains(seq) && !self.log(*channel).is_some_and(Log::is_deleted);
                    let missing = known.iter().find(|(since, seq)| since < asked && is_due(seq) && !seen.contains(seq)).copied();
                    if let Some((since, seq)) = missing {
                        self.find(
                            "read your writes",
                            format!("at {} ms, {} does not read {seq} of {channel}, known since {since} ms", note.at, self.name(note.device)),
                        );
                    }
                    // Never back: what was read once is there the next time.
                    known.extend(seen.into_iter().map(|seq| (note.at, seq)));
                    if *asked >= self.last_reading {
                        last.insert((note.device, *channel));
                        self.last_page(note, user, *channel, messages);
                    }
                }
                _ => {}
            }
        }
        self.unread_channels(&last);
    }

    /// A page is in order, and theirs to see.
    fn page(&mut self, note: &Note, user: UserId, channel: ChannelId, messages: &[Folded]) {
        let words = format!("at {} ms, {} reads {channel}", note.at, self.name(note.device));
        if !messages.is_sorted_by(|one, other| one.seq < other.seq) {
            self.find("one order", format!("{words} in another order"));
        }
        let Some(log) = self.log(channel) else {
            return self.find("nothing is invented", format!("{words}, which was never made"));
        };
        for message in messages {
            if !self.sees(channel, user, message.seq) {
                self.find("no unauthorised read", format!("{words}: {} is outside of their membership", message.seq));
            }
            if let Some(text) = text_of(message.message.body.as_ref()) {
                self.said(user, log, message.seq, text, &words);
            }
        }
    }

    /// At the end, members read what the whole log says; former members at least where it was said.
    fn last_page(&mut self, note: &Note, user: UserId, channel: ChannelId, messages: &[Folded]) {
        let Some(log) = self.log(channel) else { return };
        let visible = self.visible(channel, user).to_vec();
        let truth = truth::history(log.rest(), user, &visible, &self.ledger.hidden(channel, user), Window::Latest, PAGE);
        let seqs = |messages: &[Folded]| messages.iter().map(|message| (message.seq, message.sender, message.client_id)).collect::<Vec<_>>();
        if seqs(&truth) != seqs(messages) {
            let (got, due): (Vec<_>, Vec<_>) = (messages.iter().map(|it| it.seq.0).collect(), truth.iter().map(|it| it.seq.0).collect());
            self.find("a full read is the truth", format!("{} reads {got:?} of {channel} instead of {due:?}", self.name(note.device)));
        } else if is_present(&visible)
            && let Some((read, truth)) = messages.iter().zip(&truth).find(|(read, truth)| read != truth)
        {
            self.find("a full read is the truth", format!("{} reads {read:?} instead of {truth:?}", self.name(note.device)));
        }
    }

    /// Everybody has read, at the end, every channel that they ever were in.
    fn unread_channels(&mut self, read: &BTreeSet<(usize, ChannelId)>) {
        for (number, device) in self.devices.iter().enumerate() {
            let Some(user) = device.me else { continue };
            for (channel, _) in self.ledger.logs() {
                let is_due = is_present(self.visible(channel, user)) || device.replicas.contains_key(&channel) && !self.visible(channel, user).is_empty();
                if is_due && !read.contains(&(number, channel)) {
                    self.find("recovery", format!("{} could not read {channel} at the end", self.name(number)));
                }
            }
        }
    }
}
