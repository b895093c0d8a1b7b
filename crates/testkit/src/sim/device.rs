//! A small correct client: it keeps what it composed until it knows what became of it, resumes from its positions, fetches what
//! it misses, and marks what it has.

use std::collections::{BTreeMap, BTreeSet, VecDeque, btree_map};

use rialto_domain::entry::Entry;
use rialto_domain::log::Seq;
use rialto_domain::publication::{Membership, PositionsMoved};
use rialto_domain::{ChannelId, ClientId, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelView, Hello, Login, Mark, Marks, Messages, Missed, Ready, Received, Refresh, Register, Stored, Sync, Synced, Tokens};
use rialto_wire::event::{ChannelChanged, Rejected};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::journal::Deed;
use super::replica::Replica;
use super::speech::{Format, Raw, Said, Speech};
use crate::Dice;

/// How long an answer is waited for, and a sign of life.
const ANSWER_MS: u64 = 40_000;
const SILENCE_MS: u64 = 50_000;
/// After how long without its entry a message is sent again.
const AGAIN_MS: u64 = 15_000;
/// How long to wait after a refusal that passes.
const PAUSE_MS: u64 = 500;

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

/// The refusal of a Socket.IO CONNECT.
#[derive(Deserialize)]
struct ConnectError {
    data: Option<ErrorBody>,
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
    Mark,
    Nothing,
}

/// A command with a client id, on its way until its fate is known.
pub(super) struct Letter {
    pub(super) client_id: ClientId,
    pub(super) channel: ChannelId,
    pub(super) name: &'static str,
    pub(super) data: serde_json::Value,
    pub(super) text: Option<String>,
    pub(super) is_composed: bool,
    /// When it was sent on this connection.
    pub(super) sent_at: Option<u64>,
    pub(super) not_before: u64,
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

    fn send_letters(&mut self, now: u64) {
        for letter in &mut self.letters {
            letter.sent_at = letter.sent_at.filter(|at| now <= at + AGAIN_MS);
        }
        // In the order in which they were composed: one that must wait holds up those behind it.
        while let Some(letter) = self.letters.iter_mut().find(|letter| letter.sent_at.is_none()).filter(|letter| letter.not_before <= now) {
            letter.sent_at = Some(now);
            let (channel, client_id, name, data) = (letter.channel, letter.client_id, letter.name, letter.data.clone());
            if !std::mem::replace(&mut letter.is_composed, true) {
                let text = letter.text.clone();
                self.deeds.push(Deed::Composed { channel, client_id, text });
            }
            self.ask(now, What::Letter(client_id), name, &data);
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
            self.synced(&have, missed);
        }
    }

    // What the server says

    /// Bytes came.
    pub fn hear(&mut self, now: u64, bytes: Vec<u8>) {
        self.heard_at = now;
        let Some(mut speech) = self.speech.take() else { return };
        let said = speech.hear(bytes);
        self.speech = Some(speech);
        for said in said {
            self.understand(now, said);
        }
        if self.is_ready && !self.gives_up {
            self.catch_up(now);
        }
    }

    fn understand(&mut self, now: u64, said: Said) {
        match said {
            Said::Open if self.format.is_socketio() => {
                self.greeted_at = now;
                let hello = self.tokens.is_some().then(|| self.hello());
                let connect = self.speech.as_ref().map(|speech| speech.connect(hello.as_ref()));
                self.out.extend(connect.unwrap_or_default());
            }
            Said::Open => self.enter(now),
            Said::Joined if self.tokens.is_none() => self.enter(now),
            // `ready` follows.
            Said::Joined => {}
            Said::TurnedAway(error) => {
                let code = error.read::<ConnectError>().ok().and_then(|error| error.data).map(|data| data.code.to_string()).unwrap_or_default();
                if code == "auth.required" {
                    self.tokens = None;
                }
                self.turned_away(code);
            }
            Said::Ping => {
                let pong = self.speech.as_ref().map(Speech::pong);
                self.out.extend(pong.unwrap_or_default());
            }
            Said::Closed => self.gives_up = true,
            Said::Strange(what) => self.deeds.push(Deed::Strange(what)),
            Said::Event { name, data } => {
                if let Err(error) = self.event(now, &name, &data) {
                    self.deeds.push(Deed::Strange(error));
                }
            }
            Said::Reply { re, result } => match self.asked.remove(&re) {
                Some(asked) => {
                    if let Err(error) = self.answered(now, asked, result) {
                        self.deeds.push(Deed::Strange(error));
                    }
                }
                None => self.deeds.push(Deed::Strange(format!("an answer to {re}, which was not asked"))),
            },
        }
    }

    fn event(&mut self, now: u64, name: &str, data: &Raw) -> Result<(), String> {
        match name {
            "ready" => self.ready(self.greeted_at, data.read()?),
            "entry" => self.heard(data.read()?),
            "positions" => drop(data.read::<PositionsMoved>()?),
            "channel" => {
                let changed: ChannelChanged = data.read()?;
                match changed.change {
                    Membership::Joined => drop(self.present.insert(changed.channel)),
                    Membership::Left | Membership::Deleted => drop(self.present.remove(&changed.channel)),
                    Membership::Settings => {}
                }
                self.wanted.insert(changed.channel);
            }
            "rejected" => {
                let rejected: Rejected = data.read()?;
                self.refused(now, rejected.client_id, &rejected.error);
            }
            "resync" => self.wanted.extend(self.replicas.keys()),
            "typing" | "presence" | "notice" => {}
            other => return Err(format!("event {other}")),
        }
        Ok(())
    }

    fn heard(&mut self, entry: Entry) {
        self.deeds.push(Deed::Heard(Box::new(entry.clone())));
        let channel = entry.channel;
        self.recognise(&entry);
        if !self.replicas.entry(channel).or_default().hear(entry) {
            self.wanted.insert(channel);
        }
    }

    /// An entry of one's own tells what became of the command.
    fn recognise(&mut self, entry: &Entry) {
        if let Some(client_id) = entry.client_id.filter(|_| Some(entry.sender) == self.me)
            && self.drop_letter(client_id)
        {
            self.deeds.push(Deed::Stored { channel: entry.channel, client_id, seq: entry.seq });
        }
    }

    fn drop_letter(&mut self, client_id: ClientId) -> bool {
        let before = self.letters.len();
        self.letters.retain(|letter| letter.client_id != client_id);
        self.letters.len() < before
    }

    fn synced(&mut self, have: &BTreeMap<ChannelId, Seq>, synced: Synced) {
        for (channel, missed) in synced.channels {
            match missed {
                Missed::Entries { head, entries, more, positions } => {
                    entries.iter().for_each(|entry| self.recognise(entry));
                    let up_to = if more { entries.last().map_or(Seq::ZERO, |entry| entry.seq) } else { head };
                    if !more {
                        self.wanted.remove(&channel);
                    }
                    let asked = have.get(&channel).copied().unwrap_or_default();
                    self.deeds.push(Deed::Synced { channel, have: asked, head, entries: entries.clone(), more, positions });
                    let replica = self.replicas.entry(channel).or_default();
                    replica.catch_up(entries, up_to);
                    if replica.has_hole() {
                        self.wanted.insert(channel);
                    }
                }
                Missed::Gap { head, .. } => {
                    self.deeds.push(Deed::Strange(format!("a gap in {channel} up to {head}, though no log was ever shortened")));
                    self.wanted.remove(&channel);
                }
                Missed::Unknown { .. } => drop(self.wanted.remove(&channel)),
            }
        }
    }

    fn answered(&mut self, now: u64, asked: Asked, result: Result<Raw, ErrorBody>) -> Result<(), String> {
        match asked.what {
            What::Tokens => match read::<Tokens>(result)? {
                Ok(tokens) => {
                    self.me = Some(tokens.user);
                    self.tokens = Some(tokens);
                    self.greet(now);
                }
                Err(error) if error.code == "account.username_taken" => {
                    // It was registered, and the answer was lost.
                    self.registers = false;
                    self.enter(now);
                }
                Err(error) => self.turned_away(error.code.to_string()),
            },
            What::Hello => match read::<Ready>(result)? {
                Ok(ready) => self.ready(asked.at, ready),
                Err(error) if error.code == "auth.required" => {
                    let refresh_token = self.tokens.take().map(|tokens| tokens.refresh_token);
                    match refresh_token.filter(|_| self.dice.one_in(2)) {
                        Some(refresh_token) => self.ask(now, What::Tokens, "account.refresh", &Refresh { refresh_token }),
                        None => self.enter(now),
                    }
                }
                Err(error) => self.turned_away(error.code.to_string()),
            },
            What::Letter(client_id) => self.letter_answered(now, client_id, result)?,
            What::Sync(have) => {
                self.is_syncing = false;
                if let Ok(synced) = read(result)? {
                    self.synced(&have, synced);
                }
            }
            What::Read(channel) => {
                if let Ok(Messages { messages }) = read(result)? {
                    self.deeds.push(Deed::Read { channel, asked: asked.at, messages });
                }
            }
            What::View => {
                if let Ok(view) = read::<ChannelView>(result)? {
                    self.deeds.push(Deed::Viewed { asked: asked.at, view: Box::new(view) });
                }
            }
            What::Mark if result.is_err() => self.replicas.values_mut().for_each(|replica| replica.told = Default::default()),
            What::Mark | What::Nothing => {}
        }
        Ok(())
    }

    fn turned_away(&mut self, code: String) {
        self.deeds.push(Deed::TurnedAway { code });
        self.gives_up = true;
    }

    fn letter_answered(&mut self, now: u64, client_id: ClientId, result: Result<Raw, ErrorBody>) -> Result<(), String> {
        let Some(letter) = self.letters.iter().find(|letter| letter.client_id == client_id) else { return Ok(()) };
        let (channel, is_message) = (letter.channel, letter.name == "message.send");
        let raw = match result {
            Ok(raw) => raw,
            Err(error) => {
                self.refused(now, client_id, &error);
                return Ok(());
            }
        };
        let seq = if is_message { raw.read::<Received>()?.seq } else { raw.read::<Stored>()?.seq };
        match seq {
            Some(seq) => {
                self.drop_letter(client_id);
                self.deeds.push(Deed::Stored { channel, client_id, seq });
            }
            // Received: its entry follows.
            None if is_message => {}
            // There was nothing to change.
            None => drop(self.drop_letter(client_id)),
        }
        Ok(())
    }

    fn refused(&mut self, now: u64, client_id: ClientId, error: &ErrorBody) {
        let passes = error.code.starts_with("server.") || matches!(&*error.code, "limit.exceeded" | "auth.required");
        let Some(letter) = self.letters.iter_mut().find(|letter| letter.client_id == client_id) else { return };
        if passes {
            letter.sent_at = None;
            letter.not_before = now + error.retry_after_ms.unwrap_or(PAUSE_MS);
            return;
        }
        let channel = letter.channel;
        self.drop_letter(client_id);
        self.deeds.push(Deed::Refused { channel, client_id, code: error.code.to_string() });
    }
}

fn read<T: DeserializeOwned>(result: Result<Raw, ErrorBody>) -> Result<Result<T, ErrorBody>, String> {
    match result {
        Ok(raw) => raw.read().map(Ok),
        Err(error) => Ok(Err(error)),
    }
}
