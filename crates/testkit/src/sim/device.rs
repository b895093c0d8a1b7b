//! A small correct client: it keeps what it composed until it knows what became of it, resumes from its positions, fetches what
//! it misses, and marks what it has.

mod hearing;
mod outbox;

use std::collections::{BTreeMap, BTreeSet, VecDeque, btree_map};

use rialto_domain::log::Seq;
use rialto_domain::{ChannelId, ClientId, UserId};
use rialto_wire::command::{Hello, Login, Mark, Marks, Ready, Register, Sync, Tokens};
use serde::Serialize;

use super::journal::Deed;
use super::replica::Replica;
use super::speech::{Format, Speech};
use crate::Dice;

pub(super) use outbox::Letter;

/// How long an answer is waited for, and a sign of life.
const ANSWER_MS: u64 = 40_000;
const SILENCE_MS: u64 = 50_000;

/// One of a person's two devices.
pub struct Device {
    /// The person's name, who registers on their first device.
    pub name: String,
    /// It registers; the other one logs in.
    registers: bool,
    is_phone: bool,
    format: Format,
    pub(super) dice: Dice,
    /// Who it turned out to be.
    pub me: Option<UserId>,
    tokens: Option<Tokens>,
    speech: Option<Speech>,
    /// Commands may be sent.
    pub is_ready: bool,
    heard_at: u64,
    greeted_at: u64,
    next_id: u64,
    asked: BTreeMap<u64, Asked>,
    /// Composed, and not known to be stored.
    pub(super) letters: VecDeque<Letter>,
    pub(super) composed: u64,
    /// What it has of each channel.
    pub replicas: BTreeMap<ChannelId, Replica>,
    /// Where it believes to be a member.
    pub present: BTreeSet<ChannelId>,
    wanted: BTreeSet<ChannelId>,
    is_syncing: bool,
    /// What it wants to say.
    pub out: Vec<u8>,
    /// What it did and saw since this was taken last.
    pub deeds: Vec<Deed>,
    /// It gives the connection up.
    pub gives_up: bool,
    /// How often in a row it came and was not let in.
    pub failures: u32,
}

struct Asked {
    what: What,
    at: u64,
}

enum What {
    Tokens,
    Hello,
    Letter(ClientId),
    Sync(BTreeMap<ChannelId, Seq>),
    Read(ChannelId),
    View,
    Hide(ChannelId, Seq),
    Block(UserId, bool),
    Link,
    Mark,
    Nothing,
}

impl Device {
    /// A device that was never online.
    pub fn new(name: String, number: usize, format: Format, seed: u64) -> Self {
        Self {
            name,
            registers: number.is_multiple_of(2),
            is_phone: number.is_multiple_of(2),
            format,
            dice: Dice::new(seed ^ (number as u64 + 1) << 40),
            me: None,
            tokens: None,
            speech: None,
            is_ready: false,
            heard_at: 0,
            greeted_at: 0,
            next_id: 0,
            asked: BTreeMap::new(),
            letters: VecDeque::new(),
            composed: 0,
            replicas: BTreeMap::new(),
            present: BTreeSet::new(),
            wanted: BTreeSet::new(),
            is_syncing: false,
            out: Vec::new(),
            deeds: Vec::new(),
            gives_up: false,
            failures: 0,
        }
    }

    pub(super) const fn kind(&self) -> &'static str {
        if self.is_phone { "phone" } else { "desk" }
    }

    /// Nothing is under way and nothing left to be done.
    pub fn is_at_rest(&self) -> bool {
        self.is_ready && self.asked.is_empty() && self.letters.is_empty() && self.wanted.is_empty()
    }

    /// Why it is not at rest.
    pub fn unrest(&self) -> String {
        let letters: Vec<_> = self.letters.iter().map(|letter| (letter.name, letter.client_id)).collect();
        format!("ready: {}, asked: {}, letters: {letters:?}, wanted: {:?}", self.is_ready, self.asked.len(), self.wanted)
    }

    /// A connection is there.
    pub fn connected(&mut self, now: u64) {
        let speech = Speech::new(self.format);
        self.out = speech.request();
        self.speech = Some(speech);
        self.heard_at = now;
        self.gives_up = false;
        self.failures += 1;
    }

    /// The connection is gone, as far as the device knows.
    pub fn lost(&mut self) {
        self.speech = None;
        self.is_ready = false;
        self.is_syncing = false;
        self.asked.clear();
        self.out.clear();
        self.letters.iter_mut().for_each(|letter| letter.sent_at = None);
        self.replicas.values_mut().for_each(|replica| replica.told = Default::default());
    }

    // What is to be done now and then

    /// Sends what is to be sent again, catches up, marks; and gives up a connection that is silent.
    pub fn tend(&mut self, now: u64) {
        let is_late = self.asked.values().any(|asked| now > asked.at + ANSWER_MS);
        if self.speech.is_some() && (is_late || now > self.heard_at + SILENCE_MS) {
            self.gives_up = true;
        }
        if self.is_ready && !self.gives_up {
            self.send_letters(now);
            self.catch_up(now);
            self.mark(now);
        }
    }

    fn catch_up(&mut self, now: u64) {
        if self.is_syncing || self.wanted.is_empty() {
            return;
        }
        let have: BTreeMap<_, _> = self.wanted.iter().map(|channel| (*channel, self.replicas.get(channel).map_or(Seq::ZERO, |replica| replica.have))).collect();
        self.is_syncing = true;
        self.ask(now, What::Sync(have.clone()), "sync", &Sync { have });
    }

    fn mark(&mut self, now: u64) {
        let mut channels = BTreeMap::new();
        for (channel, replica) in self.replicas.iter_mut().filter(|(channel, _)| self.present.contains(channel)) {
            let marks = (replica.have, replica.read);
            if marks > replica.told {
                replica.told = marks;
                channels.insert(*channel, Marks { delivered: Some(marks.0), read: Some(marks.1) });
            }
        }
        if !channels.is_empty() {
            self.ask(now, What::Mark, "mark", &Mark { channels, ..Mark::default() });
        }
    }

    /// Reads the newest messages of a channel.
    pub fn read(&mut self, now: u64, channel: ChannelId) {
        self.ask(now, What::Read(channel), "history", &serde_json::json!({ "channel": channel, "limit": 200 }));
    }

    /// Looks at a channel.
    pub fn view(&mut self, now: u64, channel: ChannelId) {
        self.ask(now, What::View, "channel.get", &serde_json::json!({ "channel": channel }));
    }

    /// Deletes a message for its owner alone.
    pub(super) fn hide(&mut self, now: u64, channel: ChannelId, target: Seq) {
        self.ask(now, What::Hide(channel, target), "message.delete", &serde_json::json!({ "channel": channel, "target": target, "for": "me" }));
    }

    /// Blocks somebody, or ends that.
    pub(super) fn block(&mut self, now: u64, user: UserId, on: bool) {
        self.deeds.push(Deed::Blocks { user, on });
        self.ask(now, What::Block(user, on), "block", &serde_json::json!({ "user": user, "on": on }));
    }

    /// Makes a link that lets so many in.
    pub(super) fn invite(&mut self, now: u64, channel: ChannelId, uses: u32) {
        self.ask(now, What::Link, "channel.invite", &serde_json::json!({ "channel": channel, "link": { "uses": uses } }));
    }

    /// Comes in by a link.
    pub(super) fn join(&mut self, now: u64, link: &str) {
        self.ask(now, What::View, "channel.join", &serde_json::json!({ "invite": link }));
    }

    /// Asks for a channel's missing entries when it next can.
    pub fn want(&mut self, channel: ChannelId) {
        self.wanted.insert(channel);
    }

    /// Sends a command whose answer tells nothing.
    pub fn command(&mut self, now: u64, name: &str, data: &impl Serialize) {
        self.ask(now, What::Nothing, name, data);
    }

    fn ask(&mut self, now: u64, what: What, name: &str, data: &impl Serialize) {
        let Some(speech) = &self.speech else { return };
        self.next_id += 1;
        self.out.extend(speech.command(self.next_id, name, data));
        self.asked.insert(self.next_id, Asked { what, at: now });
    }

    // Coming in

    fn enter(&mut self, now: u64) {
        let (username, password) = (Some(self.name.clone()), Some(crate::town::password(&self.name)));
        match &self.tokens {
            Some(_) => self.greet(now),
            None if self.registers && self.me.is_none() => {
                self.ask(now, What::Tokens, "account.register", &Register { username, password, ..Register::default() });
            }
            None => self.ask(now, What::Tokens, "account.login", &Login { username, password, ..Login::default() }),
        }
    }

    fn hello(&self) -> Hello {
        let have = self.replicas.iter().map(|(channel, replica)| (*channel, replica.have)).collect();
        Hello { token: self.tokens.as_ref().map(|tokens| tokens.access_token.clone()), have, ..Hello::default() }
    }

    fn greet(&mut self, now: u64) {
        self.ask(now, What::Hello, "hello", &self.hello());
    }

    fn ready(&mut self, asked: u64, ready: Ready) {
        self.is_ready = true;
        self.failures = 0;
        self.me = Some(ready.user.id);
        self.present = ready.channels.channels.iter().map(|view| view.id).collect();
        let have: BTreeMap<_, _> = self.replicas.iter().map(|(channel, replica)| (*channel, replica.have)).collect();
        for view in ready.channels.channels {
            if let btree_map::Entry::Vacant(unknown) = self.replicas.entry(view.id) {
                unknown.insert(Replica::default());
                self.wanted.insert(view.id);
            }
            self.deeds.push(Deed::Viewed { asked, view: Box::new(view) });
        }
        self.wanted.extend(have.keys());
        if let Some(missed) = ready.missed {
            self.synced(asked, &have, missed);
        }
    }
}
