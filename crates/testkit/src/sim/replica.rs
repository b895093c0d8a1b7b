//! A device's copy of a channel, kept without holes.

use std::collections::BTreeMap;

use rialto_domain::entry::{Entry, Event};
use rialto_domain::log::Seq;

/// What a device has of a channel.
#[derive(Default)]
pub struct Replica {
    /// Everything visible up to here is there.
    pub have: Seq,
    /// The entries.
    pub entries: BTreeMap<Seq, Entry>,
    /// What came before what stands below it.
    ahead: BTreeMap<Seq, Entry>,
    /// How far the device has read.
    pub read: Seq,
    /// What the server was told on this connection: delivered, read.
    pub told: (Seq, Seq),
}

impl Replica {
    /// An entry was announced. False: something stands between it and what is there.
    pub fn hear(&mut self, entry: Entry) -> bool {
        if entry.seq > self.have {
            self.ahead.insert(entry.seq, entry);
            self.close_up();
        }
        !self.has_hole()
    }

    /// Something came that does not join what is there.
    pub fn has_hole(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The server told everything visible up to here.
    pub fn catch_up(&mut self, entries: Vec<Entry>, up_to: Seq) {
        for entry in entries {
            if entry.seq > self.have {
                self.entries.insert(entry.seq, entry);
            }
        }
        self.have = self.have.max(up_to);
        self.ahead.retain(|seq, _| *seq > up_to);
        self.close_up();
    }

    fn close_up(&mut self) {
        while let Some(entry) = self.ahead.remove(&self.have.next()) {
            self.have = entry.seq;
            self.entries.insert(entry.seq, entry);
        }
    }

    /// Messages, the newest first.
    pub fn messages(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().rev().filter(|entry| matches!(&entry.event, Event::Message(_)))
    }
}
