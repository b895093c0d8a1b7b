//! The chat as a value: what happened goes in, what is to be done comes out. No socket, no clock, no terminal.

mod answers;
pub(crate) mod channel;
mod happening;
mod hearing;
pub(crate) mod outbox;
pub(crate) mod people;
mod resuming;
mod telling;
mod wishes;

use rialto_domain::entry::Entry;
use rialto_domain::limit::Limits;
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, ClientId, Timestamp, UserId};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use answers::Asked;
use channel::{Channel, History};
pub(crate) use happening::{Effect, Generation, Happening, Tag, Then, Told, Wish};
use outbox::{Outbox, Unsent};
use people::People;

/// Messages asked for at once.
const PAGE: usize = 50;
/// Pages of the channel list that are read.
const MAX_LIST_PAGES: u32 = 50;
/// How long refused marks wait.
const MARK_AGAIN_MS: u64 = 2_000;

/// Everything the client knows.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    me: Option<Profile>,
    link: Link,
    generation: Generation,
    epoch: String,
    limits: Limits,
    channels: BTreeMap<ChannelId, Channel>,
    open: Option<ChannelId>,
    people: People,
    outbox: Outbox,
    asked: BTreeMap<u64, (Option<Tag>, Asked)>,
    last_number: u64,
    word: Option<Word>,
    /// The person sees the newest messages of the open channel.
    looks: bool,
    is_marking: bool,
    /// Marks were refused: not before this moment.
    mark_at: Timestamp,
    is_syncing: bool,
    /// Something was missed while what was missed before is on its way.
    must_sync_again: bool,
    /// The most recent channel is put in front of the person who opened none.
    opens_itself: bool,
    /// Entries of channels that are not in the list yet.
    strays: Vec<Entry>,
    watched: BTreeSet<UserId>,
    typing_told_at: Timestamp,
    /// Lines of input whose messages are on their way.
    tags: BTreeMap<ClientId, Tag>,
    effects: Vec<Effect>,
}

/// Whether there is a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not yet, or not now.
    #[default]
    Connecting,
    /// The server knows us.
    Online,
    /// No.
    Offline {
        /// Why.
        reason: String,
        /// When that will be tried to be changed.
        retry_at: Option<Timestamp>,
    },
}

/// A word to the person, until the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// What.
    pub(crate) text: String,
    /// It is about something that went wrong.
    pub(crate) is_bad: bool,
}

impl Chat {
    /// A client with what the last one could not send. With `opens_itself`, the most recent channel is put in front of
    /// the person.
    pub(crate) fn new(unsent: Vec<Unsent>, opens_itself: bool) -> Self {
        Self { outbox: Outbox::restored(unsent), opens_itself, ..Self::default() }
    }

    /// Takes in what happened at `now`, and tells what is to be done about it, in order.
    pub(crate) fn handle(&mut self, happening: Happening, now: Timestamp) -> Vec<Effect> {
        match happening {
            Happening::Connecting => self.link = Link::Connecting,
            Happening::Opened(generation) => self.hello(generation),
            Happening::Ready(ready) => self.be_ready(*ready),
            Happening::Offline { reason, retry_in_ms } => self.be_offline(reason, retry_in_ms, now),
            Happening::Heard(event) => self.hear(event, now),
            Happening::Answered { number, result } => self.answered(number, result, now),
            Happening::Wished { wish, tag, client_id } => self.wish(wish, tag, client_id, now),
            Happening::Looks(looks) => self.looks = looks,
            Happening::Tick => self.outbox.tick(now),
        }
        self.follow_up(now);
        mem::take(&mut self.effects)
    }

    /// Who this is, once the server has said so.
    pub(crate) fn me(&self) -> Option<&Profile> {
        self.me.as_ref()
    }

    /// Whether there is a connection.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// The channels: pinned ones first, then the most recently active; archived ones last.
    pub(crate) fn list(&self) -> Vec<&Channel> {
        let mut channels: Vec<_> = self.channels.values().collect();
        channels.sort_by_key(|channel| {
            let flags = &channel.view.flags;
            (flags.archived, !flags.pinned, std::cmp::Reverse(channel.view.active_at), channel.id())
        });
        channels
    }

    /// A channel.
    pub(crate) fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(&id)
    }

    /// The channel in front of the person.
    pub(crate) fn open(&self) -> Option<&Channel> {
        self.channels.get(&self.open?)
    }

    /// The direct channel with somebody.
    pub(crate) fn direct_with(&self, user: UserId) -> Option<&Channel> {
        self.channels.values().find(|channel| channel.view.peer.as_ref().is_some_and(|peer| peer.id == user))
    }

    /// What people are called, and whether they are there.
    pub(crate) fn people(&self) -> &People {
        &self.people
    }

    /// What was written and is not stored yet.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The last word to the person.
    pub(crate) fn word(&self) -> Option<&Word> {
        self.word.as_ref()
    }

    /// Says something to the person that did not come from the model.
    pub(crate) fn say(&mut self, text: impl Into<String>, is_bad: bool) {
        self.word = Some(Word { text: text.into(), is_bad });
    }

    /// The person goes on: what was said is heard.
    pub(crate) fn hush(&mut self) {
        self.word = None;
    }

    /// Puts a channel in front of the person.
    fn show(&mut self, id: ChannelId) {
        self.open = Some(id);
        self.looks = true;
        let Some(channel) = self.channels.get(&id) else { return };
        let (history, is_empty) = (channel.history, channel.roster.is_empty());
        if history == History::Unasked {
            self.load_history(id, None);
        }
        if is_empty && self.link == Link::Online {
            self.ask_members(id, None, None);
        }
    }

    /// What a channel is called. Titles come from others: clean them before they reach a terminal.
    pub(crate) fn title(&self, channel: &Channel) -> String {
        let peer = channel.view.peer.as_ref().map(|peer| peer.display_name.clone());
        channel.view.title.clone().or(peer).unwrap_or_else(|| "(no title)".to_owned())
    }

    fn ask(&mut self, tag: Option<Tag>, asked: Asked, name: &str, data: &impl Serialize) {
        let data = serde_json::to_value(data).expect("every command of the protocol can be written as JSON");
        self.ask_value(tag, asked, name, data);
    }

    fn ask_value(&mut self, tag: Option<Tag>, asked: Asked, name: &str, data: Value) {
        self.last_number += 1;
        self.asked.insert(self.last_number, (tag, asked));
        self.effects.push(Effect::Ask { generation: self.generation, number: self.last_number, name: name.to_owned(), data });
    }
}

#[cfg(test)]
pub(crate) mod tests;
