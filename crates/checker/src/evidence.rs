//! All journals of a run, brought together: the logs that clients saw, who was a member when, what was asked, what was heard.

use rialto_domain::entry::{Entry, Event};
use rialto_domain::history::Folded;
use rialto_domain::{ChannelId, ClientId, Seq, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::BufRead;

use crate::journal::{How, Journal, Line, Malformed, Order, Reached, What, words};
use crate::log::{Kind, Log, Said, Stood, fingerprint};
use crate::violation::{Invariant, Place, Violation};

/// Everything that is known about a run.
#[derive(Debug, Default)]
pub struct Evidence {
    users: BTreeMap<u32, UserId>,
    /// By client and its number for it.
    operations: BTreeMap<(u32, u64), Operation>,
    logs: BTreeMap<ChannelId, Log>,
    /// What each client heard, in its order.
    heard: BTreeMap<u32, Vec<Moment>>,
    finals: BTreeMap<(ChannelId, UserId), FinalRead>,
    contradictions: Vec<Violation>,
    lines: u64,
}

/// Something that a client asked for, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) client: u32,
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) order: Asked,
    pub(crate) invoked: Instant,
    pub(crate) outcome: Outcome,
}

/// A moment of a run, and the line that tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    pub(crate) at: u64,
    pub(crate) place: Place,
}

/// What was asked, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Send { client_id: ClientId, says: u64 },
    Edit { target: Seq, says: u64 },
    Hide { target: Seq },
    Mark { delivered: Seq, read: Seq },
    Read,
    Other { client_id: Option<ClientId> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Unknown,
    Ok { when: Instant, seq: Option<Seq> },
    Failed(Instant),
}

/// What a client heard.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) when: Instant,
    pub(crate) heard: Heard,
}

#[derive(Clone, Debug)]
pub(crate) enum Heard {
    Connected,
    Entry { channel: ChannelId, seq: Seq, how: How },
    Synced { channel: ChannelId, after: Seq, to: Seq },
    Positions { how: How, channel: ChannelId, delivered: Seq, read: Seq, members: Vec<Reached> },
    Page { channel: ChannelId, asked_at: u64, after: Seq, to: Option<Seq>, seqs: BTreeSet<Seq> },
    Rest { channel: ChannelId, read: Seq, unread: u64 },
}

/// A channel as a user read it at the end.
#[derive(Debug, Default)]
pub(crate) struct FinalRead {
    pub(crate) messages: BTreeMap<Seq, Read>,
    /// Read without a gap from the beginning up to here.
    whole_to: Seq,
    pub(crate) place: Place,
}

/// A message in a final read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(crate) deleted: bool,
    pub(crate) place: Place,
}

/// What a run consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Lines of all journals.
    pub lines: u64,
    /// Clients, and
    pub clients: usize,
    /// whose they are.
    pub users: usize,
    /// Logs.
    pub channels: usize,
    /// Entries in them.
    pub entries: usize,
    /// Messages that were stored for their senders.
    pub stored: usize,
    /// Messages that were refused.
    pub refused: usize,
    /// Messages of which the sender never learnt.
    pub unknown: usize,
    /// Entries that came to clients, by themselves or asked for.
    pub deliveries: usize,
}

impl Evidence {
    /// Takes in a journal. Journals of one run are numbered.
    pub fn read(&mut self, number: u32, reader: impl BufRead) -> Result<(), Malformed> {
        let mut journal = Journal::new(number, reader);
        while let Some((place, line)) = journal.next_line()? {
            self.add(place, line);
        }
        Ok(())
    }

    /// Takes in a line.
    pub fn add(&mut self, place: Place, line: Line<'_>) {
        self.lines += 1;
        let Line { at, client, what } = line;
        let when = Instant { at, place };
        if let What::Client { user } = what {
            if let Some(before) = self.users.insert(client, user).filter(|before| *before != user) {
                self.contradict(Invariant::NothingInvented, format!("client {client} belongs to {before} and to {user}"), [place]);
            }
            return;
        }
        let Some(user) = self.users.get(&client).copied() else {
            self.contradict(Invariant::NothingInvented, format!("client {client} speaks before it says whose it is"), [place]);
            return;
        };
        match what {
            What::Client { .. } => {}
            What::Connected => self.hear(client, when, Heard::Connected),
            What::Invoke { op, channel, order } => {
                let operation = Operation { client, user, channel, order: Asked::from(&order), invoked: when, outcome: Outcome::Unknown };
                if let Some(before) = self.operations.insert((client, op), operation) {
                    self.contradict(Invariant::NothingInvented, format!("client {client} invokes operation {op} twice"), [before.invoked.place, place]);
                }
            }
            What::Ok { op, seq } => self.settle(client, op, Outcome::Ok { when, seq }, place),
            What::Fail { op, .. } => self.settle(client, op, Outcome::Failed(when), place),
            What::Entry { how, entry } => {
                self.stand(&entry, how, when);
                self.hear(client, when, Heard::Entry { channel: entry.channel, seq: entry.seq, how });
            }
            What::Synced { channel, after, to } => self.hear(client, when, Heard::Synced { channel, after, to }),
            What::Positions { how, channel, delivered, read, members } => {
                self.hear(client, when, Heard::Positions { how, channel, delivered, read, members: members.into_owned() });
            }
            What::Page { op, after, to, messages, is_final } => self.page((client, op), when, (after, to), &messages, is_final.then_some(user)),
            What::Rest { channel, read, unread } => self.hear(client, when, Heard::Rest { channel, read, unread }),
        }
    }

    /// Channels in which something was stored and that nobody read at the end: nothing can be said about those.
    pub fn not_read_at_the_end(&self) -> BTreeSet<ChannelId> {
        let stored = self.operations().filter(|operation| matches!((operation.order, operation.outcome), (Asked::Send { .. }, Outcome::Ok { .. })));
        let read: BTreeSet<_> = self.finals.iter().filter(|(_, read)| read.is_whole()).map(|((channel, _), _)| *channel).collect();
        stored.map(|operation| operation.channel).filter(|channel| !read.contains(channel)).collect()
    }

    /// How much was looked at.
    pub fn extent(&self) -> Extent {
        let sends = || self.operations().filter(|operation| matches!(operation.order, Asked::Send { .. }));
        let count = |is: fn(&Outcome) -> bool| sends().filter(|operation| is(&operation.outcome)).count();
        Extent {
            lines: self.lines,
            clients: self.users.len(),
            users: self.users.values().collect::<HashSet<_>>().len(),
            channels: self.logs.len(),
            entries: self.logs.values().map(|log| log.entries.len()).sum(),
            stored: count(|outcome| matches!(outcome, Outcome::Ok { .. })),
            refused: count(|outcome| matches!(outcome, Outcome::Failed(_))),
            unknown: count(|outcome| matches!(outcome, Outcome::Unknown)),
            deliveries: self.heard.values().flatten().filter(|moment| matches!(moment.heard, Heard::Entry { .. })).count(),
        }
    }

    /// What could not both be true was found while the journals were read.
    pub(crate) fn contradictions(&self) -> &[Violation] {
        &self.contradictions
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    pub(crate) fn operations_of(&self, client: u32) -> impl Iterator<Item = &Operation> {
        self.operations.range((client, 0)..=(client, u64::MAX)).map(|(_, operation)| operation)
    }

    pub(crate) fn logs(&self) -> impl Iterator<Item = (ChannelId, &Log)> {
        self.logs.iter().map(|(channel, log)| (*channel, log))
    }

    pub(crate) fn log(&self, channel: ChannelId) -> Option<&Log> {
        self.logs.get(&channel)
    }

    /// Every client, whose it is, and what it heard.
    pub(crate) fn clients(&self) -> impl Iterator<Item = (u32, UserId, &[Moment])> {
        self.users.iter().map(|(client, user)| (*client, *user, self.heard.get(client).map_or(&[][..], Vec::as_slice)))
    }

    pub(crate) fn final_reads(&self, channel: ChannelId) -> impl Iterator<Item = (UserId, &FinalRead)> {
        let all = UserId::from_bytes([0; 16])..=UserId::from_bytes([255; 16]);
        self.finals.range((channel, *all.start())..=(channel, *all.end())).map(|((_, user), read)| (*user, read))
    }

    pub(crate) fn final_read(&self, channel: ChannelId, user: UserId) -> Option<&FinalRead> {
        self.finals.get(&(channel, user))
    }

    /// The journals tell what this user did.
    pub(crate) fn is_known(&self, user: UserId) -> bool {
        self.users.values().any(|known| *known == user)
    }

    /// What users deleted for themselves, or may have, and when they asked for it.
    pub(crate) fn hidden(&self) -> HashMap<(UserId, ChannelId, Seq), u64> {
        let hides = self.operations().filter(|operation| !matches!(operation.outcome, Outcome::Failed(_))).filter_map(|operation| match operation.order {
            Asked::Hide { target } => Some(((operation.user, operation.channel, target), operation.invoked.at)),
            _ => None,
        });
        hides.collect()
    }

    fn contradict(&mut self, invariant: Invariant, text: String, evidence: impl IntoIterator<Item = Place>) {
        self.contradictions.push(Violation::new(invariant, text, evidence));
    }

    fn hear(&mut self, client: u32, when: Instant, heard: Heard) {
        self.heard.entry(client).or_default().push(Moment { when, heard });
    }

    fn settle(&mut self, client: u32, op: u64, outcome: Outcome, place: Place) {
        let Some(operation) = self.operations.get_mut(&(client, op)) else {
            return self.contradict(Invariant::NothingInvented, format!("operation {op} of client {client} ended without having begun"), [place]);
        };
        let invoked = operation.invoked.place;
        match (operation.outcome, outcome) {
            (Outcome::Unknown, _) => operation.outcome = outcome,
            (Outcome::Ok { seq: before, .. }, Outcome::Ok { seq, .. }) if before == seq => {}
            _ => self.contradict(Invariant::NothingDoubled, format!("operation {op} of client {client} ended twice, differently"), [invoked, place]),
        }
    }

    fn stand(&mut self, entry: &Entry, how: How, when: Instant) {
        let kind = Kind::from(&entry.event);
        let log = self.logs.entry(entry.channel).or_default();
        log.learn(entry);
        let stood = Stood { sender: entry.sender, client_id: entry.client_id, kind, first: when };
        let text = match &entry.event {
            Event::Message(message) => words(message.body.as_ref()).map(|text| (entry.seq, text)),
            Event::Edit { target, body, .. } => words(body.as_ref()).map(|text| (*target, text)),
            _ => None,
        };
        self.put(entry.channel, entry.seq, stood);
        if let Some((target, text)) = text {
            let (channel, is_fresh) = (entry.channel, how == How::Live && target == entry.seq);
            self.says(channel, target, text, is_fresh, when.place);
        }
    }

    /// A page that a client asked for; the last read of a user, when it is part of one.
    fn page(&mut self, (client, op): (u32, u64), when: Instant, (after, to): (Seq, Option<Seq>), messages: &[Folded], last_of: Option<UserId>) {
        let Some(operation) = self.operations.get_mut(&(client, op)).filter(|operation| operation.order == Asked::Read) else {
            return self.contradict(Invariant::NothingInvented, format!("client {client} reads a page that it did not ask for"), [when.place]);
        };
        operation.outcome = Outcome::Ok { when, seq: None };
        let (channel, asked_at) = (operation.channel, operation.invoked.at);
        for message in messages {
            let stood = Stood { sender: message.sender, client_id: message.client_id, kind: Kind::Message, first: when };
            self.put(channel, message.seq, stood);
            if let Some(text) = words(message.message.body.as_ref()) {
                self.says(channel, message.seq, text, false, when.place);
            }
        }
        if let Some(user) = last_of {
            let read = self.finals.entry((channel, user)).or_default();
            read.place = when.place;
            if after <= read.whole_to {
                read.whole_to = read.whole_to.max(to.unwrap_or(END));
            }
            let messages = messages.iter().map(|message| (message.seq, Read { deleted: message.deleted, place: when.place }));
            read.messages.extend(messages);
        }
        let seqs = messages.iter().map(|message| message.seq).collect();
        self.hear(client, when, Heard::Page { channel, asked_at, after, to, seqs });
    }

    /// Something stands at a place; whatever is said about the place must agree.
    fn put(&mut self, channel: ChannelId, seq: Seq, stood: Stood) {
        let entries = &mut self.logs.entry(channel).or_default().entries;
        let Some(before) = entries.get(&seq) else {
            entries.insert(seq, stood);
            return;
        };
        if (before.sender, before.client_id, &before.kind) != (stood.sender, stood.client_id, &stood.kind) {
            let evidence = [before.first.place, stood.first.place];
            let text = format!("place {seq} of channel {channel} holds {} for one and {} for another", before.shown(), stood.shown());
            self.contradict(Invariant::OneOrder, text, evidence);
        }
    }

    /// A message says something: what was sent, or what it was edited to. Just sent, it says what was sent.
    fn says(&mut self, channel: ChannelId, seq: Seq, text: &str, is_fresh: bool, place: Place) {
        let said = Said { seq, says: fingerprint(text), is_fresh };
        self.logs.entry(channel).or_default().said.entry(said).or_insert(place);
    }
}

/// Where a log ends that was read up to its end.
const END: Seq = Seq(u64::MAX);

impl FinalRead {
    /// From the beginning to the end.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole_to == END
    }
}

impl From<&Order<'_>> for Asked {
    fn from(order: &Order<'_>) -> Self {
        match order {
            Order::Send { client_id, text } => Self::Send { client_id: *client_id, says: fingerprint(text) },
            Order::Edit { target, text } => Self::Edit { target: *target, says: fingerprint(text) },
            Order::Hide { target } => Self::Hide { target: *target },
            Order::Mark { delivered, read } => Self::Mark { delivered: *delivered, read: *read },
            Order::Read => Self::Read,
            Order::Delete { .. } => Self::Other { client_id: None },
            Order::Other { client_id, .. } => Self::Other { client_id: *client_id },
        }
    }
}
