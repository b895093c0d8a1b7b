//! What was announced, and what was fetched.

use std::collections::BTreeMap;

use rialto_domain::UserId;
use rialto_domain::entry::{Entry, Event};
use rialto_domain::history::{Folded, fold};
use rialto_domain::log::Seq;

use super::Case;
use crate::sim::journal::Deed;
use crate::sim::ledger::{Log, is_present, text_of};

impl Case<'_> {
    pub(super) fn hearing(&mut self) {
        let mut newest: BTreeMap<_, Seq> = BTreeMap::new();
        for note in self.journal {
            let user = self.user(note.device);
            let place = |what: &str, seq: Seq| format!("at {} ms, {} {what} {seq}", note.at, self.name(note.device));
            match &note.deed {
                Deed::Heard(entry) => {
                    let words = place("hears", entry.seq);
                    self.known(user, entry, &words);
                    let before = newest.insert((note.device, note.connection, entry.channel), entry.seq);
                    // Who sent again is told again.
                    if before.is_some_and(|before| entry.seq <= before) && (entry.sender != user || entry.client_id.is_none()) {
                        self.find("one order", format!("{words} after {}", before.unwrap_or_default()));
                    }
                    if let Some(before) = before {
                        newest.insert((note.device, note.connection, entry.channel), before.max(entry.seq));
                    }
                }
                Deed::Synced { channel, have, head, entries, more, .. } => {
                    let words = place("catches up to", *head);
                    entries.iter().for_each(|entry| self.known(user, entry, &words));
                    let up_to = if *more { entries.last().map_or(*have, |entry| entry.seq) } else { *head };
                    let got: Vec<u64> = entries.iter().map(|entry| entry.seq.0).collect();
                    let due: Vec<u64> = (have.0 + 1..=up_to.0).filter(|seq| self.sees(*channel, user, Seq(*seq))).collect();
                    let hidden = self.ledger.hidden(*channel, user);
                    // When it was hidden, or deleted with the channel, was before or after it was asked.
                    let may_lack = |seq: &u64| hidden.contains(&Seq(*seq)) || self.log(*channel).is_some_and(Log::is_deleted);
                    let lacks: Vec<u64> = due.iter().copied().filter(|seq| !got.contains(seq) && !may_lack(seq)).collect();
                    if !lacks.is_empty() || !got.is_sorted() || got.iter().any(|seq| !due.contains(seq)) {
                        self.find("gap-free sync", format!("{words} from {have} in {channel} and gets {got:?} instead of {due:?}"));
                    }
                }
                _ => {}
            }
        }
        self.copies();
    }

    /// An entry that somebody saw must be committed as it was seen, and be theirs to see.
    fn known(&mut self, user: UserId, seen: &Entry, words: &str) {
        let committed = self.log(seen.channel).and_then(|log| Some((log, log.at(seen.seq)?)));
        let Some((log, entry)) = committed else {
            return self.find("nothing is invented", format!("{words} of {}, which was never committed", seen.channel));
        };
        let bare = |entry: &Entry| Entry { event: entry.event.erased(), ..entry.clone() };
        if bare(entry) != bare(seen) {
            self.find("one order", format!("{words} of {} as {seen:?} instead of {entry:?}", seen.channel));
        }
        if !self.sees(seen.channel, user, seen.seq) {
            self.find("no unauthorised read", format!("{words} of {}, outside of their membership", seen.channel));
        }
        let text = match &seen.event {
            Event::Message(message) => text_of(message.body.as_ref()),
            Event::Edit { body, .. } => text_of(body.as_ref()),
            _ => None,
        };
        if let Some(text) = text {
            let target = seen.event.target().unwrap_or(seen.seq);
            self.said(user, log, target, text, words);
        }
    }

    /// A text that somebody saw must be one that the message had, while they were a member or before.
    pub(super) fn said(&mut self, user: UserId, log: &Log, target: Seq, text: &str, words: &str) {
        let Some(origin) = log.origin(target, text) else {
            return self.find("nothing is invented", format!("{words}: message {target} never said {text:?}"));
        };
        let channel = log.entries[0].channel;
        if !self.visible(channel, user).iter().any(|stretch| stretch.to.is_none_or(|to| origin <= to)) {
            self.find("no unauthorised read", format!("{words}: {text:?} was said at {origin}, after they had left"));
        }
    }

    /// What a device has, by whichever way, is the log as far as it is theirs; and folded, it is what a reader of the store sees.
    fn copies(&mut self) {
        for (number, device) in self.devices.iter().enumerate().filter(|(_, device)| device.is_at_rest()) {
            let user = self.user(number);
            for (channel, replica) in &device.replicas {
                let Some(log) = self.log(*channel) else { continue };
                let visible = self.visible(*channel, user);
                let due = log.entries.iter().map(|entry| entry.seq).filter(|seq| visible.iter().any(|stretch| stretch.contains(*seq)));
                let due: Vec<u64> = due.map(|seq| seq.0).collect();
                // Who was not there when it was hidden, on another device, has it still.
                let hidden = self.ledger.hidden(*channel, user);
                let due: Vec<u64> = due.into_iter().filter(|seq| !hidden.contains(&Seq(*seq))).collect();
                let got: Vec<u64> = replica.entries.keys().filter(|seq| !hidden.contains(seq)).map(|seq| seq.0).collect();
                if log.is_deleted() {
                    continue;
                }
                if got != due {
                    self.find("live and synced are the store", format!("{} has {got:?} of {channel} instead of {due:?}", self.name(number)));
                    continue;
                }
                if !is_present(visible) {
                    continue;
                }
                // What happened to older messages while they were away is not among the entries that they may read.
                let since = log.admission(user);
                let mut copy = folded(&replica.entries.values().cloned().collect::<Vec<_>>(), user, since);
                let mut truth = folded(&log.entries, user, since);
                [&mut copy, &mut truth].into_iter().for_each(|messages| messages.retain(|message| !hidden.contains(&message.seq)));
                if let Some((copy, truth)) = copy.iter().zip(&truth).find(|(copy, truth)| copy != truth) {
                    self.find("live and synced are the store", format!("{} has {copy:?} of {channel} instead of {truth:?}", self.name(number)));
                }
            }
        }
    }
}

fn folded(entries: &[Entry], user: UserId, since: Seq) -> Vec<Folded> {
    let mut messages: Vec<Folded> = fold(entries, user).into_iter().filter(|message| message.seq >= since).collect();
    // Of a deleted message that was fetched afterwards, nobody knows whether it was edited before.
    messages.iter_mut().filter(|message| message.deleted).for_each(|message| message.edited_at = None);
    messages
}
