//! A client of a trial: it talks, follows its channels, comes back after every break, and writes everything down.

use anyhow::{Context as _, bail};
use rialto_checker::What;
use rialto_checker::journal::{How, Order, Reached};
use rialto_domain::entry::{Content, Entry, Event as Happened};
use rialto_domain::publication::{Membership, PositionsMoved};
use rialto_domain::{ChannelId, Seq, Timestamp, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelRef, ChannelView, Hello, History, Mark, MessageSend, Messages, Missed, Ready, Sync, Synced};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::super::fleet::Random;
use super::super::naming::Naming;
use super::outbox::Outbox;
use super::place::Place;
use super::scribe::Scribe;
use super::wish::{self, Target};
use crate::client::{Address, CallError, Connection, Event, Heard, Lost, Trust};

/// Messages that may wait before a client writes no more.
const PATIENT_WITH: usize = 32;
/// How long a server may be away.
const SERVER_AWAY: Duration = Duration::from_secs(120);
/// Messages of a page.
const PAGE: usize = 200;
/// Messages that a client remembers, to react to.
const REMEMBERED: usize = 64;

/// What all clients do at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// They talk.
    Talk,
    /// What is on its way arrives; everybody catches up.
    Settle,
    /// Everybody reads everything once more.
    Read,
    /// It is over.
    Over,
}

/// What a client is told at the beginning.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) number: u32,
    pub(super) user: UserId,
    pub(super) token: String,
    pub(super) address: Address,
    /// Its channels, and whom it may put out and in there.
    pub(super) channels: Vec<(ChannelId, Vec<UserId>)>,
    /// One device of each user reads everything at the end.
    pub(super) is_first_device: bool,
    /// Between two things that it does, on average.
    pub(super) pause: Duration,
    pub(super) payload_bytes: usize,
    pub(super) naming: Naming,
    pub(super) scribe: Arc<Scribe>,
}

pub(super) struct Client {
    part: Part,
    phase: Phase,
    places: BTreeMap<ChannelId, Place>,
    outbox: Outbox,
    marks: BTreeMap<ChannelId, Marking>,
    /// Channels that it is no member of now.
    absent: HashSet<ChannelId>,
    /// Whom it put out of its channels.
    put_out: HashMap<ChannelId, UserId>,
    recent: VecDeque<Target>,
    /// What the commands on this connection were for.
    asked: HashMap<u64, Asked>,
    ops: u64,
    random: Random,
    messages: u64,
    /// It marked for the last time.
    has_marked_last: bool,
    /// Channels to be read to the end, and from where.
    to_read: Option<VecDeque<(ChannelId, Seq)>>,
    /// The phase that it has told to be done with.
    done: Option<Phase>,
}

/// A mark on its way.
#[derive(Clone, Copy, Debug)]
struct Marking {
    op: u64,
    delivered: Seq,
    read: Seq,
    is_sent: bool,
}

/// What a command was for.
enum Asked {
    Sync(BTreeMap<ChannelId, Seq>),
    Page {
        op: u64,
        channel: ChannelId,
        after: Seq,
        is_final: bool,
    },
    Rest(ChannelId),
    /// How far one is: a mark that moves nothing is not announced.
    Standing(ChannelId),
    Message,
    Mark(ChannelId),
    Other(u64),
}

/// Why no conversation began.
enum NotIn {
    /// The server is not there, or in trouble.
    Away(anyhow::Error),
    /// It does not want this client.
    TurnedAway(String),
}

/// Why a conversation ended.
enum Ended {
    /// It is over.
    Over,
    Lost(Lost),
}

impl Client {
    pub(super) fn new(part: Part) -> Self {
        let places = part.channels.iter().map(|(channel, _)| (*channel, Place::default())).collect();
        let random = Random::seeded(u64::from(part.number).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
        Self {
            part,
            phase: Phase::Talk,
            places,
            outbox: Outbox::default(),
            marks: BTreeMap::new(),
            absent: HashSet::new(),
            put_out: HashMap::new(),
            recent: VecDeque::new(),
            asked: HashMap::new(),
            ops: 0,
            random,
            messages: 0,
            has_marked_last: false,
            to_read: None,
            done: None,
        }
    }

    /// Lives until the trial is over; tells by `done` when it has done its part of a phase.
    pub(super) async fn live(mut self, mut phase: watch::Receiver<Phase>, done: mpsc::UnboundedSender<Phase>) -> anyhow::Result<()> {
        self.write(What::Client { user: self.part.user });
        let mut here_at = Instant::now();
        loop {
            match self.greet().await {
                Ok(mut connection) => {
                    let ended = self.converse(&mut connection, &mut phase, &done).await?;
                    here_at = Instant::now();
                    match ended {
                        Ended::Over => {
                            connection.close().await;
                            return Ok(());
                        }
                        Ended::Lost(Lost::Protocol(what)) => bail!("{what}"),
                        Ended::Lost(_) => {}
                    }
                }
                Err(NotIn::TurnedAway(code)) => {
                    bail!("hello is refused ({code}); for long trials start the server with RIALTO_TOKENS_ACCESS_TTL_S=86400")
                }
                Err(NotIn::Away(error)) if here_at.elapsed() > SERVER_AWAY => return Err(error.context("the server stayed away")),
                Err(NotIn::Away(_)) => {}
            }
            self.outbox.disconnected();
            self.asked.clear();
            self.marks.values_mut().for_each(|mark| mark.is_sent = false);
            self.to_read = None;
            sleep(Duration::from_millis(20 + u64::from(self.random.below(200)))).await;
        }
    }

    /// Connects and says hello, which also tells what was missed.
    async fn greet(&mut self) -> Result<Connection, NotIn> {
        let mut connection = Connection::open(&self.part.address, &Trust::default()).await.map_err(|error| NotIn::Away(error.into()))?;
        let have = self.have();
        let hello = Hello { token: Some(self.part.token.clone()), have: have.clone(), ..Hello::default() };
        // Nothing comes by itself before the answer to hello.
        let ready: Ready = match connection.call("hello", &hello).await {
            Ok(ready) => ready,
            Err(CallError::Refused(error)) if error.code.starts_with("auth.") => return Err(NotIn::TurnedAway(error.code.into_owned())),
            Err(error) => return Err(NotIn::Away(error.into())),
        };
        self.write(What::Connected);
        for channel in &ready.channels.channels {
            self.absent.remove(&channel.id);
            self.ready_positions(channel);
        }
        let mut wanted = BTreeMap::new();
        if let Some(missed) = ready.missed {
            wanted = self.caught_up(&have, missed);
        }
        self.sync(&mut connection, wanted);
        Ok(connection)
    }

    async fn converse(
        &mut self,
        connection: &mut Connection,
        phase: &mut watch::Receiver<Phase>,
        done: &mpsc::UnboundedSender<Phase>,
    ) -> anyhow::Result<Ended> {
        let mut act_at = Instant::now() + self.pause();
        loop {
            self.phase = *phase.borrow_and_update();
            if self.phase == Phase::Over {
                return Ok(Ended::Over);
            }
            self.send_what_waits(connection);
            if self.has_done_its_part(connection) && self.done < Some(self.phase) {
                self.done = Some(self.phase);
                // When nobody listens any more, the trial has failed elsewhere.
                let _ = done.send(self.phase);
            }
            tokio::select! {
                heard = connection.next() => match heard {
                    Ok(heard) => self.hear(connection, heard)?,
                    Err(lost) => return Ok(Ended::Lost(lost)),
                },
                () = sleep_until(act_at), if self.phase == Phase::Talk => {
                    act_at = Instant::now() + self.pause();
                    self.act(connection);
                }
                changed = phase.changed() => if changed.is_err() { return Ok(Ended::Over) },
            }
        }
    }

    fn pause(&mut self) -> Duration {
        // Half to one and a half times the average.
        self.part.pause.mul_f64(0.5 + f64::from(self.random.below(1000)) / 1000.0)
    }

    fn write(&self, what: What<'_>) {
        self.part.scribe.write(self.part.number, what);
    }

    fn op(&mut self) -> u64 {
        self.ops += 1;
        self.ops
    }

    fn have(&self) -> BTreeMap<ChannelId, Seq> {
        self.places.iter().map(|(channel, place)| (*channel, place.have())).collect()
    }

    // ── what it says ──

    fn send_what_waits(&mut self, connection: &mut Connection) {
        let asked = &mut self.asked;
        self.outbox.send(|message| {
            let body = Content::Text(message.text.clone());
            let send = MessageSend { channel: message.channel, client_id: message.client_id, body, reply_to: None, mentions: Default::default(), wait: false };
            let number = connection.send("message.send", &send);
            asked.insert(number, Asked::Message);
            number
        });
        for (channel, mark) in self.marks.iter_mut().filter(|(_, mark)| !mark.is_sent) {
            mark.is_sent = true;
            let wish = Mark { channel: Some(*channel), delivered: Some(mark.delivered), read: Some(mark.read), ..Mark::default() };
            asked.insert(connection.send("mark", &wish), Asked::Mark(*channel));
        }
    }

    fn act(&mut self, connection: &mut Connection) {
        let present: Vec<_> = self.part.channels.iter().filter(|(channel, _)| !self.absent.contains(channel)).collect();
        if present.is_empty() {
            return;
        }
        let (channel, others) = present[self.random.below(present.len() as u32) as usize].clone();
        let wish = wish::any(&mut self.random, &others, self.put_out.get(&channel).copied(), &self.recent, channel);
        match wish {
            wish::Wish::Say if self.outbox.len() < PATIENT_WITH => self.compose(channel),
            wish::Wish::Say => {}
            wish::Wish::Read => {
                let after = Seq(self.places.get(&channel).map_or(0, |place| place.newest_message().0).saturating_sub(u64::from(self.random.below(60))));
                self.read_page(connection, channel, after, false);
            }
            wish::Wish::PutOut(user) => {
                self.put_out.insert(channel, user);
                self.ask(connection, channel, wish.order(), wish.command(), &wish.data(channel));
            }
            wish::Wish::TakeIn(_) => {
                self.put_out.remove(&channel);
                self.ask(connection, channel, wish.order(), wish.command(), &wish.data(channel));
            }
            _ => self.ask(connection, channel, wish.order(), wish.command(), &wish.data(channel)),
        }
    }

    fn compose(&mut self, channel: ChannelId) {
        self.messages += 1;
        let number = u64::from(self.part.number) << 24 | self.messages;
        let client_id = self.part.naming.client_id(number, now());
        let text = wish::text(&client_id.to_string(), self.part.payload_bytes);
        let op = self.op();
        self.write(What::Invoke { op, channel, order: Order::Send { client_id, text: Cow::Borrowed(&text) } });
        self.outbox.compose(op, channel, client_id, text);
    }

    fn ask(&mut self, connection: &mut Connection, channel: ChannelId, order: Order<'_>, command: &str, data: &serde_json::Value) {
        let op = self.op();
        self.write(What::Invoke { op, channel, order });
        self.asked.insert(connection.send(command, data), Asked::Other(op));
    }

    fn read_page(&mut self, connection: &mut Connection, channel: ChannelId, after: Seq, is_final: bool) {
        let op = self.op();
        self.write(What::Invoke { op, channel, order: Order::Read });
        let history = History { channel, before: None, after: Some(after), around: None, limit: Some(PAGE) };
        self.asked.insert(connection.send("history", &history), Asked::Page { op, channel, after, is_final });
    }

    fn sync(&mut self, connection: &mut Connection, have: BTreeMap<ChannelId, Seq>) {
        let is_asked = |channel: &ChannelId| self.asked.values().any(|asked| matches!(asked, Asked::Sync(asked) if asked.contains_key(channel)));
        let have: BTreeMap<_, _> = have.into_iter().filter(|(channel, _)| !is_asked(channel)).collect();
        if !have.is_empty() {
            self.asked.insert(connection.send("sync", &Sync { have: have.clone() }), Asked::Sync(have));
        }
    }

    fn mark(&mut self, channel: ChannelId, delivered: Seq, read: Seq) {
        if !self.marks.contains_key(&channel) && !self.absent.contains(&channel) && delivered > Seq::ZERO {
            let op = self.op();
            self.write(What::Invoke { op, channel, order: Order::Mark { delivered, read } });
            self.marks.insert(channel, Marking { op, delivered, read, is_sent: false });
        }
    }

    // ── what it hears ──

    fn hear(&mut self, connection: &mut Connection, heard: Heard) -> anyhow::Result<()> {
        match heard {
            Heard::Answer(number, answer) => self.answered(connection, number, answer)?,
            Heard::Event(Event::Entry(entry)) => {
                let channel = entry.channel;
                let has_hole = self.places.get_mut(&channel).is_some_and(|place| place.live(entry.seq));
                self.saw(How::Live, &entry);
                if has_hole {
                    self.sync_one(connection, channel);
                }
                if self.phase == Phase::Talk && self.random.below(3) == 0 {
                    let have = self.places.get(&channel).map_or(Seq::ZERO, Place::have);
                    let read = Seq(have.0.saturating_sub(u64::from(self.random.below(3))));
                    self.mark(channel, have, read);
                }
            }
            Heard::Event(Event::Positions(moved)) => self.positions(How::Live, &moved),
            Heard::Event(Event::Channel(changed)) => match changed.change {
                Membership::Left | Membership::Deleted => {
                    self.absent.insert(changed.channel);
                    self.outbox.leave(changed.channel);
                    self.marks.remove(&changed.channel);
                }
                Membership::Joined => {
                    self.absent.remove(&changed.channel);
                    self.sync_one(connection, changed.channel);
                }
                Membership::Settings => {}
            },
            Heard::Event(Event::Rejected(rejected)) => {
                let certain = is_certain(&rejected.error);
                if let Some(op) = self.outbox.refused(|_, client_id| client_id == rejected.client_id, certain) {
                    self.write(What::Fail { op, code: rejected.error.code });
                }
            }
            Heard::Event(Event::Resync) => {
                let have = self.have();
                self.sync(connection, have);
            }
            Heard::Event(Event::Typing(_) | Event::Presence(_) | Event::Notice(_) | Event::Unknown) => {}
        }
        Ok(())
    }

    fn sync_one(&mut self, connection: &mut Connection, channel: ChannelId) {
        if let Some(place) = self.places.get(&channel) {
            self.sync(connection, BTreeMap::from([(channel, place.have())]));
        }
    }

    fn answered(&mut self, connection: &mut Connection, number: u64, answer: Result<Box<RawValue>, ErrorBody>) -> anyhow::Result<()> {
        match (self.asked.remove(&number), answer) {
            (Some(Asked::Sync(have)), Ok(synced)) => {
                let synced: Synced = read(&synced)?;
                let wanted = self.caught_up(&have, synced);
                self.sync(connection, wanted);
            }
            (Some(Asked::Page { op, channel, after, is_final }), Ok(page)) => {
                let page: Messages = read(&page)?;
                self.page(connection, op, channel, after, &page, is_final);
            }
            (Some(Asked::Rest(channel)), Ok(view)) => {
                let view: ChannelView = read(&view)?;
                self.write(What::Rest { channel, read: view.read, unread: view.unread });
            }
            (Some(Asked::Standing(channel)), Ok(view)) => {
                let view: ChannelView = read(&view)?;
                self.reached(channel, view.delivered, view.read);
            }
            (Some(Asked::Other(op)), Ok(_)) => self.write(What::Ok { op, seq: None }),
            (Some(Asked::Message), Err(error)) => {
                let certain = is_certain(&error);
                if let Some(op) = self.outbox.refused(|sent, _| sent == number, certain) {
                    self.write(What::Fail { op, code: error.code });
                }
            }
            (Some(Asked::Other(op) | Asked::Page { op, is_final: false, .. }), Err(error)) if is_certain(&error) => {
                self.write(What::Fail { op, code: error.code });
            }
            // A mark that a member no more wanted to make, or that a server in trouble does not take: it is given up.
            (Some(Asked::Mark(channel) | Asked::Standing(channel)), Err(_)) => drop(self.marks.remove(&channel)),
            (Some(Asked::Page { is_final: true, .. } | Asked::Rest(_)), Err(error)) => bail!("the last read is refused: {}", error.text),
            _ => {}
        }
        Ok(())
    }

    /// What was missed. Returns what is still to be asked for.
    fn caught_up(&mut self, asked: &BTreeMap<ChannelId, Seq>, synced: Synced) -> BTreeMap<ChannelId, Seq> {
        let mut wanted = BTreeMap::new();
        for (channel, after) in asked {
            let is_behind = match synced.channels.get(channel) {
                Some(Missed::Entries { head, entries, more, .. }) => {
                    entries.iter().for_each(|entry| self.saw(How::Fetched, entry));
                    let to = if *more { entries.last().map_or(*after, |entry| entry.seq) } else { *head };
                    self.write(What::Synced { channel: *channel, after: *after, to });
                    let has_hole = self.places.get_mut(channel).is_some_and(|place| place.synced(to));
                    *more || has_hole
                }
                Some(Missed::Gap { head, .. }) => self.places.get_mut(channel).is_some_and(|place| place.refetched(*head)),
                Some(Missed::Unknown { .. }) => {
                    self.absent.insert(*channel);
                    false
                }
                None => true,
            };
            if is_behind && let Some(place) = self.places.get(channel) {
                wanted.insert(*channel, place.have());
            }
        }
        wanted
    }

    fn saw(&mut self, how: How, entry: &Entry) {
        self.write(What::Entry { how, entry: Cow::Borrowed(entry) });
        let is_own = entry.sender == self.part.user;
        if matches!(entry.event, Happened::Message(_)) {
            if let Some(place) = self.places.get_mut(&entry.channel) {
                place.message(entry.seq);
            }
            self.recent.push_back(Target { channel: entry.channel, seq: entry.seq, is_own });
            self.recent.drain(..self.recent.len().saturating_sub(REMEMBERED));
        }
        if is_own && matches!(entry.event, Happened::Message(_)) {
            // Who writes has read what stands above.
            self.reached(entry.channel, entry.seq, entry.seq);
        }
        if is_own && let Some(op) = entry.client_id.and_then(|client_id| self.outbox.stored(client_id)) {
            self.write(What::Ok { op, seq: Some(entry.seq) });
        }
    }

    fn positions(&mut self, how: How, moved: &PositionsMoved) {
        let members: Vec<_> = moved.members.iter().map(|member| Reached { user: member.user, delivered: member.delivered, read: member.read }).collect();
        let own = members.iter().find(|member| member.user == self.part.user).copied();
        self.write(What::Positions { how, channel: moved.channel, delivered: moved.delivered, read: moved.read, members: members.into() });
        if let Some(own) = own {
            self.reached(moved.channel, own.delivered, own.read);
        }
    }

    /// Its own position is this: a mark up to there has arrived.
    fn reached(&mut self, channel: ChannelId, delivered: Seq, read: Seq) {
        if let Some(mark) = self.marks.get(&channel).copied().filter(|mark| delivered >= mark.delivered && read >= mark.read) {
            self.marks.remove(&channel);
            self.write(What::Ok { op: mark.op, seq: None });
        }
    }

    /// The positions that hello's answer tells.
    fn ready_positions(&mut self, channel: &ChannelView) {
        let own = rialto_domain::publication::MemberPosition { user: self.part.user, delivered: channel.delivered, read: channel.read };
        let moved = PositionsMoved { channel: channel.id, delivered: channel.delivered_to_all, read: channel.read_by_all, members: vec![own] };
        self.positions(How::Fetched, &moved);
    }

    fn page(&mut self, connection: &mut Connection, op: u64, channel: ChannelId, after: Seq, page: &Messages, is_final: bool) {
        // A page may be shorter than asked for; only an empty one is the end.
        let to = page.messages.last().map(|message| message.seq);
        self.write(What::Page { op, after, to, messages: Cow::Borrowed(&page.messages), is_final });
        if is_final && let Some(to) = to {
            self.read_page(connection, channel, to, true);
        }
    }

    // ── the phases at the end ──

    fn has_done_its_part(&mut self, connection: &mut Connection) -> bool {
        match self.phase {
            Phase::Talk | Phase::Over => true,
            Phase::Settle => self.has_settled(connection),
            Phase::Read => self.has_read(connection),
        }
    }

    fn has_settled(&mut self, connection: &mut Connection) -> bool {
        if !self.outbox.is_empty() || self.asked.values().any(|asked| matches!(asked, Asked::Sync(_))) {
            return false;
        }
        if !self.has_marked_last {
            self.has_marked_last = true;
            for (channel, place) in self.places.clone() {
                // Some read everything, some nothing of late.
                if self.random.below(2) == 0 {
                    self.mark(channel, place.have(), place.newest_message());
                }
            }
            let have = self.have();
            self.sync(connection, have);
            self.send_what_waits(connection);
            return false;
        }
        for channel in self.marks.keys().copied().collect::<Vec<_>>() {
            if !self.asked.values().any(|asked| matches!(asked, Asked::Mark(of) | Asked::Standing(of) if *of == channel)) {
                self.asked.insert(connection.send("channel.get", &ChannelRef { channel }), Asked::Standing(channel));
            }
        }
        self.marks.is_empty()
    }

    fn has_read(&mut self, connection: &mut Connection) -> bool {
        if self.to_read.is_none() {
            self.asked.retain(|_, asked| !matches!(asked, Asked::Page { .. } | Asked::Rest(_)));
            let places = self.places.clone();
            for (channel, place) in &places {
                self.write(What::Synced { channel: *channel, after: place.since(), to: place.have() });
            }
            self.to_read = Some(VecDeque::new());
            if self.part.is_first_device {
                for channel in places.into_keys() {
                    self.read_page(connection, channel, Seq::ZERO, true);
                    if !self.absent.contains(&channel) {
                        self.asked.insert(connection.send("channel.get", &ChannelRef { channel }), Asked::Rest(channel));
                    }
                }
            }
        }
        !self.asked.values().any(|asked| matches!(asked, Asked::Page { .. } | Asked::Rest(_)))
    }
}

/// The refusal says that it was not done. (A server in trouble may not know.)
fn is_certain(error: &ErrorBody) -> bool {
    !error.code.starts_with("server.")
}

fn read<T: serde::de::DeserializeOwned>(answer: &RawValue) -> anyhow::Result<T> {
    serde_json::from_str(answer.get()).context("an answer is not understood")
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
