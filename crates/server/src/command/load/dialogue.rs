//! What a ready connection says, and what it makes of what it hears.

use rialto_domain::entry::Content;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp};
use rialto_wire::command::{History, Mark, Marks, MessageSend, Messages, Missed, Received, Sync, Synced};
use rialto_wire::event::Rejected;
use rialto_wire::websocket::frame::Opcode;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::time::SystemTime;

use super::Contract;
use super::carrier::Frame;
use super::fleet::{Fleet, Stage};
use super::heard::{Heard, IdText};
use super::order::Verdict;

/// What an answer is to; it stands in the lowest bits of a command's id.
const SENT: u64 = 0;
const MARKED: u64 = 1;
const SYNCED: u64 = 2;
const REFETCHED: u64 = 3;
const KIND_BITS: u32 = 2;

/// Makes the numbers of the bench contract's messages sixteen digits long, as its servers expect of a time.
const STAMP: u64 = 1_000_000_000_000_000;

/// Messages in one page of history.
const PAGE: usize = 200;

/// A message of the bench contract.
#[derive(Serialize)]
struct Told<'a> {
    ts: u64,
    body: &'a str,
}

impl Fleet {
    /// Sends a message from a connection into a channel.
    pub(super) fn send_message(&mut self, index: usize, channel: u32, text: &str, due_us: u64) {
        let number = self.ledger.next_number();
        let id = number << KIND_BITS | SENT;
        let written = match self.manner.contract {
            Contract::Rialto => {
                let message = MessageSend {
                    channel: self.channels[channel as usize],
                    client_id: self.naming.client_id(number, now()),
                    body: Content::Text(text.to_owned()),
                    reply_to: None,
                    mentions: Default::default(),
                    wait: false,
                };
                self.command(index, id, "message.send", &message)
            }
            Contract::Bench => self.command(index, id, "msg", &Told { ts: STAMP + number, body: text }),
        };
        self.ledger.send(due_us, channel, index as u32, self.manner.plan.channel_size());
        written.unwrap_or_else(|error| self.lose(index, &error));
    }

    /// Sends a command.
    pub(super) fn command(&mut self, index: usize, id: u64, name: &str, data: &impl Serialize) -> io::Result<()> {
        let mut payload = Vec::with_capacity(512);
        self.manner.carrier.command(id, name, data, &mut payload);
        self.write(index, self.manner.carrier.opcode(), &payload)
    }

    /// Hears a frame.
    pub(super) fn understand(&mut self, index: usize, frame: Frame<'_>, now_us: u64) -> io::Result<()> {
        let heard = self.manner.carrier.recognise(frame);
        if heard == Heard::Ping {
            self.tally.heartbeats += 1;
            return self.write(index, Opcode::Text, b"3");
        }
        if self.connections[index].stage != Stage::Ready {
            return self.greet(index, heard, frame);
        }
        match heard {
            Heard::Entry { channel, seq, client_id } => self.hear_entry(index, channel, seq, client_id, now_us),
            Heard::Positions { channel, read } => {
                self.hear_positions(index, channel, read, now_us);
                Ok(())
            }
            Heard::Ok(id) => self.hear_answer(index, id, frame, now_us),
            Heard::Refused(id) => {
                self.hear_refusal(index, id, frame);
                Ok(())
            }
            Heard::Told(stamp) => {
                self.deliver(index, stamp.wrapping_sub(STAMP), Seq(1), now_us);
                Ok(())
            }
            Heard::Event(b"resync") => self.sync(index),
            Heard::Event(b"rejected") => {
                if let Some(rejected) = self.manner.carrier.data::<Rejected>(frame) {
                    self.tally.refused(&rejected.error.code);
                    if let Some(number) = self.number(rejected.client_id) {
                        self.ledger.refuse(number);
                    }
                }
                Ok(())
            }
            Heard::Event(_) => Ok(()),
            Heard::Ping | Heard::Opened | Heard::Connected | Heard::ConnectRefused | Heard::Strange => {
                self.tally.strange += 1;
                self.tally.complain(format_args!("connection {index} heard something strange: {frame:.200?}"));
                Ok(())
            }
        }
    }

    fn hear_entry(&mut self, index: usize, channel: &IdText, seq: Seq, client_id: Option<&IdText>, now_us: u64) -> io::Result<()> {
        let Some(place) = self.place_of(index, channel) else { return Ok(()) };
        let verdict = self.connections[index].memberships[place].follower.live(seq);
        self.judge(verdict);
        if verdict.is_new() {
            if let Some(number) = client_id.and_then(|id| self.naming.number(id)) {
                self.deliver(index, number, seq, now_us);
            }
            self.note_unmarked(index);
        }
        if verdict == Verdict::AfterHole { self.sync(index) } else { Ok(()) }
    }

    fn judge(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Doubled => self.ledger.double(),
            Verdict::Reordered => self.tally.reordered += 1,
            Verdict::New | Verdict::AfterHole | Verdict::Known => {}
        }
    }

    /// A connection saw a message for the first time.
    fn deliver(&mut self, index: usize, number: u64, seq: Seq, now_us: u64) {
        let Some(delivery) = self.ledger.deliver(number, seq, index as u32) else { return };
        let sent = delivery.sent;
        if self.tally.times(sent.due_us) {
            let latency = now_us.saturating_sub(sent.due_us);
            if delivery.is_own { self.tally.stored.record(latency) } else { self.tally.delivered.record(latency) }
        }
        if delivery.is_own && self.manner.marks {
            // Whoever writes has read what stands above: there is nothing to mark.
            if let Some(membership) = self.membership(index, sent.channel) {
                membership.marked = membership.marked.max(seq);
            }
            if self.manner.plan.channel_size() > 1 {
                self.connections[index].unseen.push_back((sent.channel, seq, sent.due_us));
            }
        }
    }

    fn hear_positions(&mut self, index: usize, channel: &IdText, read: Seq, now_us: u64) {
        self.tally.positions += 1;
        if self.connections[index].unseen.is_empty() {
            return;
        }
        let Some(place) = self.place_of(index, channel) else { return };
        let Self { connections, tally, .. } = self;
        let connection = &mut connections[index];
        let channel = connection.memberships[place].channel;
        connection.unseen.retain(|(of, seq, due_us)| {
            let is_seen = *of == channel && *seq <= read;
            if is_seen && tally.times(*due_us) {
                tally.seen.record(now_us.saturating_sub(*due_us));
            }
            !is_seen
        });
    }

    fn hear_answer(&mut self, index: usize, id: u64, frame: Frame<'_>, now_us: u64) -> io::Result<()> {
        let number = id >> KIND_BITS;
        match id % (1 << KIND_BITS) {
            SENT => {
                if let Some(sent) = self.ledger.receive(number).filter(|sent| self.tally.times(sent.due_us)) {
                    self.tally.received.record(now_us.saturating_sub(sent.due_us));
                }
                Ok(())
            }
            MARKED => {
                self.connections[index].is_marking = false;
                self.note_unmarked(index);
                Ok(())
            }
            SYNCED => match self.manner.carrier.result::<Synced>(frame) {
                Some(Ok(synced)) => self.catch_up(index, synced, now_us),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer to sync is not understood")),
            },
            _ => match self.manner.carrier.result::<Messages>(frame) {
                Some(Ok(page)) => self.refetched(index, number as u32, &page, now_us),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer to history is not understood")),
            },
        }
    }

    fn hear_refusal(&mut self, index: usize, id: u64, frame: Frame<'_>) {
        let error = self.manner.carrier.result::<Received>(frame).and_then(Result::err);
        let code = error.as_ref().map_or("not understood", |error| &*error.code);
        self.tally.refused(code);
        match id % (1 << KIND_BITS) {
            SENT => self.ledger.refuse(id >> KIND_BITS),
            // What was not marked is marked with the next entry.
            MARKED => self.connections[index].is_marking = false,
            _ => self.connections[index].is_syncing = false,
        }
    }

    /// Asks for what was missed.
    fn sync(&mut self, index: usize) -> io::Result<()> {
        let connection = &mut self.connections[index];
        if connection.is_syncing {
            return Ok(());
        }
        connection.is_syncing = true;
        self.tally.resyncs += 1;
        self.command(index, SYNCED, "sync", &Sync { have: self.have(index) })
    }

    /// What a connection has of each channel it knows something of.
    pub(super) fn have(&self, index: usize) -> BTreeMap<ChannelId, Seq> {
        let places = self.connections[index].memberships.iter();
        places.filter_map(|membership| Some((self.channels[membership.channel as usize], membership.follower.have()?))).collect()
    }

    pub(super) fn catch_up(&mut self, index: usize, synced: Synced, now_us: u64) -> io::Result<()> {
        self.connections[index].is_syncing = false;
        for (channel, missed) in synced.channels {
            let Some(number) = self.numbers.get(&channel).copied() else { continue };
            match missed {
                Missed::Entries { head, entries, more, .. } => {
                    for entry in entries {
                        self.fetch(index, number, entry.seq, entry.client_id, now_us);
                    }
                    if let Some(membership) = self.membership(index, number).filter(|_| !more) {
                        membership.follower.caught_up(head);
                    }
                }
                Missed::Gap { head, .. } => {
                    if let Some(membership) = self.membership(index, number) {
                        membership.refetch_to = head;
                        let after = membership.follower.have();
                        self.refetch(index, number, after)?;
                    }
                }
                Missed::Unknown { code } => self.tally.refused(&code),
            }
        }
        self.note_unmarked(index);
        let has_holes = self.connections[index].memberships.iter().any(|membership| membership.follower.has_hole() && membership.refetch_to == Seq::ZERO);
        if synced.more || has_holes { self.sync(index) } else { Ok(()) }
    }

    fn refetch(&mut self, index: usize, channel: u32, after: Option<Seq>) -> io::Result<()> {
        let history = History { channel: self.channels[channel as usize], before: None, after, around: None, limit: Some(PAGE) };
        self.command(index, u64::from(channel) << KIND_BITS | REFETCHED, "history", &history)
    }

    fn refetched(&mut self, index: usize, channel: u32, page: &Messages, now_us: u64) -> io::Result<()> {
        for message in &page.messages {
            self.fetch(index, channel, message.seq, message.client_id, now_us);
        }
        if let Some(last) = page.messages.last() {
            return self.refetch(index, channel, Some(last.seq));
        }
        if let Some(membership) = self.membership(index, channel) {
            let head = std::mem::take(&mut membership.refetch_to);
            membership.follower.caught_up(head);
        }
        Ok(())
    }

    fn fetch(&mut self, index: usize, channel: u32, seq: Seq, client_id: Option<ClientId>, now_us: u64) {
        let Some(verdict) = self.membership(index, channel).map(|membership| membership.follower.fetched(seq)) else { return };
        if let Some(number) = client_id.and_then(|id| self.number(id)).filter(|_| verdict.is_new()) {
            self.deliver(index, number, seq, now_us);
        }
    }

    /// Notes that a connection has something to mark, or will when its last mark is answered.
    fn note_unmarked(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        if self.manner.marks && !connection.is_unmarked && !connection.is_marking {
            connection.is_unmarked = true;
            self.unmarked.push(index as u32);
        }
    }

    /// Marks what came since the last mark. A connection sends one mark at a time, as a client would: a slow server gets
    /// fewer of them.
    pub(super) fn send_marks(&mut self) {
        for index in std::mem::take(&mut self.unmarked) {
            let index = index as usize;
            let connection = &mut self.connections[index];
            connection.is_unmarked = false;
            let mut channels: BTreeMap<ChannelId, Marks> = BTreeMap::new();
            for membership in &mut connection.memberships {
                if let Some(have) = membership.follower.have().filter(|have| *have > membership.marked) {
                    membership.marked = have;
                    channels.insert(self.channels[membership.channel as usize], Marks { delivered: Some(have), read: Some(have) });
                }
            }
            if channels.is_empty() || connection.stage != Stage::Ready {
                continue;
            }
            connection.is_marking = true;
            self.tally.marks += 1;
            let written = self.command(index, MARKED, "mark", &Mark { channels, ..Mark::default() });
            written.unwrap_or_else(|error| self.lose(index, &error));
        }
    }

    /// The place of a channel among a connection's memberships.
    fn place_of(&self, index: usize, channel: &IdText) -> Option<usize> {
        let memberships = &self.connections[index].memberships;
        if memberships.len() == 1 {
            return Some(0);
        }
        let channel: ChannelId = str::from_utf8(channel).ok()?.parse().ok()?;
        let number = self.numbers.get(&channel)?;
        memberships.binary_search_by_key(number, |membership| membership.channel).ok()
    }

    fn number(&self, client_id: ClientId) -> Option<u64> {
        self.naming.number(client_id.to_string().as_bytes().try_into().ok()?)
    }
}

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64))
}
