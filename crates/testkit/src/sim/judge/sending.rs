//! What became of what people said.

use std::collections::{BTreeMap, BTreeSet};

use rialto_domain::entry::{Entry, Event};
use rialto_domain::log::Seq;
use rialto_domain::{ChannelId, ClientId, UserId};

use super::Case;
use crate::sim::journal::{Deed, Says};
use crate::sim::ledger::text_of;

/// What a device knows of a command.
#[derive(Default)]
struct Fate {
    /// When it was sent for the first time, and what it says.
    composed: Option<(u64, Says)>,
    /// Where it stands, and when that was known.
    stored: Option<(Seq, u64)>,
    is_refused: bool,
}

impl Case<'_> {
    pub(super) fn sending(&mut self) {
        let fates = self.fates();
        self.lost(&fates);
        self.invented_or_doubled(&fates);
        self.out_of_order(&fates);
    }

    fn fates(&mut self) -> BTreeMap<(ChannelId, UserId, ClientId), Fate> {
        let mut fates: BTreeMap<_, Fate> = BTreeMap::new();
        for note in self.journal {
            let user = self.user(note.device);
            match &note.deed {
                Deed::Composed { channel, client_id, says } => {
                    fates.entry((*channel, user, *client_id)).or_default().composed = Some((note.at, says.clone()));
                }
                Deed::Stored { channel, client_id, seq } => {
                    let fate = fates.entry((*channel, user, *client_id)).or_default();
                    let (before, _) = *fate.stored.get_or_insert((*seq, note.at));
                    if before != *seq {
                        self.find("no doubles", format!("{client_id} of {} is told to stand at {before} and at {seq}", self.name(note.device)));
                    }
                }
                Deed::Refused { channel, client_id, .. } => fates.entry((*channel, user, *client_id)).or_default().is_refused = true,
                _ => {}
            }
        }
        fates
    }

    fn lost(&mut self, fates: &BTreeMap<(ChannelId, UserId, ClientId), Fate>) {
        for ((channel, user, client_id), fate) in fates {
            let Some((seq, at)) = fate.stored else { continue };
            let entry = self.log(*channel).and_then(|log| log.at(seq));
            if entry.is_none_or(|entry| (entry.sender, entry.client_id) != (*user, Some(*client_id))) {
                self.find("nothing acknowledged is lost", format!("{client_id}, acknowledged at {at} ms as {seq} of {channel}, does not stand there"));
            }
        }
    }

    fn invented_or_doubled(&mut self, fates: &BTreeMap<(ChannelId, UserId, ClientId), Fate>) {
        for (channel, log) in self.ledger.logs() {
            let mut names = BTreeSet::new();
            for entry in &log.entries {
                let Some(client_id) = entry.client_id else {
                    if matches!(entry.event, Event::Message(_)) {
                        self.find("nothing is invented", format!("message {} of {channel} has no client id", entry.seq));
                    }
                    continue;
                };
                if !names.insert((entry.sender, client_id)) {
                    self.find("no doubles", format!("{client_id} of {} stands in {channel} twice, the second time at {}", entry.sender, entry.seq));
                }
                match fates.get(&(channel, entry.sender, client_id)) {
                    // What a deleted channel held is forgotten, also that it was stored.
                    Some(Fate { is_refused: true, .. }) if !log.is_deleted() => {
                        self.find("nothing is invented", format!("{client_id} was refused, and stands at {}", entry.seq));
                    }
                    Some(Fate { composed: Some((_, says)), .. }) if self.is_said(entry, says) => {}
                    _ => self.find("nothing is invented", format!("entry {} of {channel} was never sent like this: {:?}", entry.seq, entry.event)),
                }
            }
        }
    }

    /// Does the entry say what was to be said?
    fn is_said(&mut self, entry: &Entry, says: &Says) -> bool {
        let (text, author) = match &entry.event {
            Event::Message(message) => (text_of(message.body.as_ref()), message.forwarded_from),
            Event::Edit { body, .. } => (text_of(body.as_ref()), None),
            _ => (None, None),
        };
        match says {
            Says::Nothing => text.is_none(),
            Says::Text(said) => text == Some(said) && author.is_none(),
            Says::Forward { from, target } => {
                let Some(original) = self.log(*from).and_then(|log| Some((log, log.at(*target)?))) else { return false };
                let (Some(text), (log, Entry { sender, event: Event::Message(message), .. })) = (text, original) else { return false };
                let words = format!("{} of {} is sent on from {from}", entry.seq, entry.channel);
                self.said(entry.sender, log, *target, text, &words);
                author == Some(message.forwarded_from.unwrap_or(*sender))
            }
        }
    }

    /// What was known to be stored before another command was sent stands above it.
    fn out_of_order(&mut self, fates: &BTreeMap<(ChannelId, UserId, ClientId), Fate>) {
        let mut stored: BTreeMap<ChannelId, Vec<(u64, u64, Seq)>> = BTreeMap::new();
        for ((channel, ..), fate) in fates {
            if let (Some((sent, _)), Some((seq, known))) = (&fate.composed, fate.stored) {
                stored.entry(*channel).or_default().push((*sent, known, seq));
            }
        }
        for (channel, mut sends) in stored {
            sends.sort_unstable();
            let mut known: Vec<(u64, Seq)> = sends.iter().map(|(_, known, seq)| (*known, *seq)).collect();
            known.sort_unstable();
            let (mut place, mut highest) = (0, Seq::ZERO);
            for (sent, _, seq) in sends {
                while place < known.len() && known[place].0 < sent {
                    highest = highest.max(known[place].1);
                    place += 1;
                }
                if seq < highest {
                    self.find("real-time order", format!("{seq} of {channel} was sent after {highest} was known to be stored"));
                }
            }
        }
    }
}
