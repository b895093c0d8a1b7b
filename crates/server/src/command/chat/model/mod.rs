//! The chat as a value: what happened goes in, what is to be done comes out. No socket, no clock, no terminal.

mod answers;
pub(crate) mod channel;
mod happening;
pub(crate) mod outbox;
pub(crate) mod people;
mod wishes;

use rialto_domain::entry::{Entry, Event as EntryEvent};
use rialto_domain::history::Folded;
use rialto_domain::limit::Limits;
use rialto_domain::unread::mentions;
use rialto_domain::user::Profile;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelList, ChannelRef, ChannelView, Mark, Marks, Missed, Ready, Sync, Synced, Users};
use rialto_wire::event::{ChannelChanged, Notice};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use crate::client::Event;
use answers::Asked;
use channel::{Channel, History, Taken, own_names};
pub(crate) use happening::{Effect, Generation, Happening, Tag, Then, Told, Wish};
use outbox::{Outbox, Unsent};
use people::People;

/// Channels whose positions go with hello: more would not fit in a frame. The others are listed anew.
const MAX_RESUMED: usize = 2000;
/// Messages asked for at once.
const PAGE: usize = 50;
/// Unread channels whose messages are fetched after connecting, so that their senders learn of the delivery.
const MAX_FETCHED: usize = 30;
/// Pages of the channel list that are read.
const MAX_LIST_PAGES: u32 = 50;
/// Entries kept until their channel is known.
const MAX_STRAYS: usize = 500;
/// Channels marked in one command.
const MAX_MARKED: usize = 200;
/// How long refused marks wait.
const MARK_AGAIN_MS: u64 = 2_000;
/// People whose presence is watched.
const MAX_WATCHED: usize = 200;

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

    fn hello(&mut self, generation: Generation) {
        self.generation = generation;
        let mut known = self.list();
        known.truncate(MAX_RESUMED);
        let have = known.into_iter().map(|channel| (channel.id(), channel.have())).collect();
        self.effects.push(Effect::Hello { generation, have });
    }

    fn be_ready(&mut self, ready: Ready) {
        let Ready { user, epoch, limits, channels, recent, missed, .. } = ready;
        if mem::replace(&mut self.epoch, epoch.clone()) != epoch {
            // Another history: what is here belongs to none.
            self.channels.clear();
        }
        let me = user.id;
        self.people.forget_asked();
        self.people.learn(user.clone());
        (self.me, self.limits, self.link) = (Some(user), limits, Link::Online);
        self.outbox.rewind();
        self.watched.clear();
        self.effects.push(Effect::Tell(Told::Ready));

        let resumed: BTreeSet<_> = missed.iter().flat_map(|missed| missed.channels.keys().copied()).collect();
        let next = channels.next;
        for view in channels.channels {
            self.list_channel(view, &resumed);
        }
        for (id, messages) in recent {
            // Of a channel that is resumed, the entries tell what changed.
            let is_resumed = self.channels.get(&id).is_some_and(|channel| !channel.lines.is_empty() && resumed.contains(&id));
            if !is_resumed {
                self.fold_in(id, messages, History::Unasked);
            }
        }
        if let Some(missed) = missed {
            self.caught_up(missed);
        }
        if let Some(cursor) = next {
            self.ask(None, Asked::List { pages: 1 }, "channel.list", &ChannelList { cursor: Some(cursor), limit: None });
        }
        self.fetch_unread(me);
        self.open = self.open.filter(|open| self.channels.contains_key(open));
        let first = self.list().first().map(|channel| channel.id()).filter(|_| self.opens_itself);
        if let Some(open) = self.open.or(first) {
            self.show(open);
        }
    }

    /// Takes in a channel as the server lists it.
    fn list_channel(&mut self, view: ChannelView, resumed: &BTreeSet<ChannelId>) {
        if let Some(peer) = &view.peer {
            self.people.learn(peer.clone());
        }
        match self.channels.get_mut(&view.id) {
            Some(known) => {
                let is_behind = known.have() < view.head && !resumed.contains(&view.id);
                let head = view.head;
                known.refresh(view);
                if is_behind {
                    known.start_over(head);
                }
            }
            None => drop(self.channels.insert(view.id, Channel::listed(view))),
        }
    }

    fn be_offline(&mut self, reason: String, retry_in_ms: Option<u64>, now: Timestamp) {
        for (_, (tag, asked)) in mem::take(&mut self.asked) {
            if let Asked::Mark(before) = &asked {
                self.unmark(before);
            }
            let is_kept = matches!(asked, Asked::Send(_));
            if let Some(tag) = tag.filter(|_| !is_kept) {
                let error = ErrorBody { code: "client.offline".into(), text: "the connection was lost before the answer".to_owned(), retry_after_ms: None };
                self.effects.push(Effect::Tell(Told::Answer { tag, result: Err(error) }));
            }
        }
        (self.is_marking, self.is_syncing, self.must_sync_again) = (false, false, false);
        for channel in self.channels.values_mut() {
            if channel.history == History::Asked {
                channel.history = if channel.lines.is_empty() { History::Unasked } else { History::More };
            }
        }
        self.link = Link::Offline { reason: reason.clone(), retry_at: retry_in_ms.map(|ms| now.after_ms(ms)) };
        self.effects.push(Effect::Tell(Told::Offline { reason, retry_in_ms }));
    }

    fn hear(&mut self, event: Event, now: Timestamp) {
        let Some(me) = self.me.as_ref().map(|me| me.id) else { return };
        match event {
            Event::Entry(entry) => {
                let Some(channel) = self.channels.get_mut(&entry.channel) else { return self.keep_stray(*entry) };
                match channel.offer(*entry, me) {
                    Taken::Known => {}
                    Taken::New(entries) => self.take_in(entries, true),
                    Taken::Hole => self.sync(),
                }
            }
            Event::Positions(moved) => {
                let Some(channel) = self.channels.get_mut(&moved.channel) else { return };
                if !channel.move_positions(&moved, me) {
                    // Read on another device: what is unread now, the server knows.
                    self.look_up(moved.channel);
                }
                self.effects.push(Effect::Tell(Told::Positions(moved)));
            }
            Event::Typing(typing) => {
                if let Some(channel) = self.channels.get_mut(&typing.channel).filter(|_| typing.user != me) {
                    channel.note_typing(typing.user, now);
                    self.people.want(typing.user);
                }
                self.effects.push(Effect::Tell(Told::Typing(typing)));
            }
            Event::Presence(presence) => {
                self.people.note_presence(presence.user, presence.presence);
                self.effects.push(Effect::Tell(Told::Presence(presence)));
            }
            Event::Channel(changed) => {
                self.change_channel(changed);
                self.effects.push(Effect::Tell(Told::Channel(changed)));
            }
            Event::Rejected(rejected) => self.refuse(rejected.client_id, rejected.channel, rejected.error, now),
            Event::Notice(Notice::Drain { .. }) => self.say("the server restarts; connecting again in a moment", false),
            Event::Resync => self.sync(),
            Event::Unknown => {}
        }
    }

    /// An entry of a channel that is not in the list yet: it waits until the server has told what that channel is.
    fn keep_stray(&mut self, entry: Entry) {
        self.look_up(entry.channel);
        if self.strays.len() < MAX_STRAYS {
            self.strays.push(entry);
        }
    }

    fn change_channel(&mut self, ChannelChanged { channel, change }: ChannelChanged) {
        use rialto_domain::publication::Membership::{Deleted, Joined, Left, Settings};
        match change {
            Joined | Settings => self.look_up(channel),
            Left | Deleted => {
                let name = self.channels.get(&channel).map(|channel| self.title(channel));
                self.drop_channel(channel);
                if let Some(name) = name {
                    self.say(if change == Left { format!("you are no longer in {name}") } else { format!("{name} was deleted") }, false);
                }
            }
        }
    }

    fn drop_channel(&mut self, id: ChannelId) {
        self.channels.remove(&id);
        if !self.outbox.leave(id).is_empty() {
            self.effects.push(Effect::KeepOutbox);
        }
        if self.open == Some(id) {
            self.open = None;
        }
    }

    /// New entries are in their channel: whatever else they mean.
    fn take_in(&mut self, entries: Vec<Entry>, is_live: bool) {
        let me = self.me.as_ref().map(|me| me.id);
        for entry in entries {
            self.people.want(entry.sender);
            if let EntryEvent::Member { users, .. } = &entry.event {
                users.iter().for_each(|user| self.people.want(*user));
            }
            if let Some(client_id) = entry.client_id.filter(|_| Some(entry.sender) == me) {
                self.stored(client_id, entry.channel, entry.seq);
            }
            let is_unseen = !(self.looks && self.open == Some(entry.channel));
            if is_live && is_unseen && me.is_some_and(|me| entry.sender != me && mentions(&entry, me)) {
                self.effects.push(Effect::Ring);
            }
            self.effects.push(Effect::Tell(Told::Entry(Box::new(entry))));
        }
    }

    /// Messages of the history are here.
    fn fold_in(&mut self, id: ChannelId, messages: Vec<Folded>, history: History) {
        let Some(me) = self.me.as_ref().map(|me| me.id) else { return };
        for message in &messages {
            self.people.want(message.sender);
        }
        let own: Vec<_> = own_names(&messages, me).collect();
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.fold_in(messages);
            if history != History::Unasked {
                channel.history = history;
            }
        }
        for (client_id, seq) in own {
            self.stored(client_id, id, seq);
        }
    }

    fn stored(&mut self, client_id: ClientId, channel: ChannelId, seq: Seq) {
        if self.outbox.stored(client_id) {
            self.effects.push(Effect::KeepOutbox);
            self.effects.push(Effect::Tell(Told::Stored { client_id, channel, seq }));
            if let Some(tag) = self.tags.remove(&client_id) {
                let result = Ok(serde_json::json!({ "stored": true, "client_id": client_id, "channel": channel, "seq": seq }));
                self.effects.push(Effect::Tell(Told::Answer { tag, result }));
            }
        }
    }

    fn refuse(&mut self, client_id: ClientId, channel: ChannelId, error: ErrorBody, now: Timestamp) {
        let is_passing = matches!(&*error.code, "limit.exceeded" | "server.unavailable" | "server.outcome_unknown" | "server.storage_full");
        if is_passing {
            self.say(format!("not sent yet: {}", error.text), true);
            return self.outbox.postpone(client_id, now.after_ms(error.retry_after_ms.unwrap_or(2_000)));
        }
        if !self.outbox.refuse(client_id, error.text.clone()) {
            return;
        }
        self.say(format!("not sent: {}; /retry or /forget", error.text), true);
        self.effects.push(Effect::KeepOutbox);
        let (code, text) = (error.code.to_string(), error.text.clone());
        self.effects.push(Effect::Tell(Told::Refused { client_id, channel, code, text }));
        if let Some(tag) = self.tags.remove(&client_id) {
            self.effects.push(Effect::Tell(Told::Answer { tag, result: Err(error) }));
        }
    }

    /// Asks for everything that was missed.
    fn sync(&mut self) {
        if self.is_syncing {
            self.must_sync_again = true;
            return;
        }
        self.is_syncing = true;
        let have = self.list().into_iter().take(MAX_RESUMED).map(|channel| (channel.id(), channel.have())).collect();
        self.ask(None, Asked::Sync, "sync", &Sync { have });
    }

    fn caught_up(&mut self, synced: Synced) {
        let Some(me) = self.me.as_ref().map(|me| me.id) else { return };
        for (id, missed) in synced.channels {
            let Some(channel) = self.channels.get_mut(&id) else { continue };
            match missed {
                Missed::Entries { head, entries, more, positions } => {
                    let taken = channel.catch_up(entries, head, more, me);
                    channel.move_positions(&positions, me);
                    self.take_in(taken, false);
                }
                Missed::Gap { head, .. } => {
                    channel.start_over(head);
                    if self.open == Some(id) {
                        self.load_history(id, None);
                    }
                }
                Missed::Unknown { .. } => self.drop_channel(id),
            }
        }
        if synced.more || mem::take(&mut self.must_sync_again) || self.channels.values().any(Channel::has_hole) {
            self.sync();
        }
    }

    /// Asks what a channel is now.
    fn look_up(&mut self, channel: ChannelId) {
        let is_asked = self.asked.values().any(|(_, asked)| matches!(asked, Asked::Channel(of) if *of == channel));
        if !is_asked {
            self.ask(None, Asked::Channel(channel), "channel.get", &ChannelRef { channel });
        }
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

    fn load_history(&mut self, id: ChannelId, before: Option<Seq>) {
        if self.link != Link::Online {
            return;
        }
        if let Some(channel) = self.channels.get_mut(&id).filter(|channel| channel.history != History::Asked) {
            channel.history = History::Asked;
            let history = rialto_wire::command::History { channel: id, before, after: None, around: None, limit: Some(PAGE) };
            self.ask(None, Asked::History { channel: id }, "history", &history);
        }
    }

    /// Fetches the unread messages that are not here: their senders wait to hear that they arrived.
    fn fetch_unread(&mut self, me: UserId) {
        let unread = self.list().into_iter().filter(|channel| channel.view.delivered < channel.view.head && !channel.has_received_unread(me));
        let ids: Vec<_> = unread.take(MAX_FETCHED).map(Channel::id).collect();
        for id in ids {
            self.load_history(id, None);
        }
    }

    /// What follows from whatever happened: messages to send, marks to tell, names to learn.
    fn follow_up(&mut self, now: Timestamp) {
        if self.link != Link::Online {
            return;
        }
        if let Some(message) = self.outbox.take_next(now) {
            self.ask(None, Asked::Send(message.client_id), "message.send", &message);
        }
        self.mark(now);
        let strangers = self.people.take_wanted();
        if !strangers.is_empty() {
            self.ask(None, Asked::People, "user.get", &Users { users: strangers });
        }
        self.watch();
    }

    /// Tells how far this client and its person are.
    fn mark(&mut self, now: Timestamp) {
        let Some(me) = self.me.as_ref().map(|me| me.id).filter(|_| !self.is_marking && now >= self.mark_at) else { return };
        if let Some(open) = self.open.filter(|_| self.looks).and_then(|open| self.channels.get_mut(&open)).filter(|open| open.is_shown()) {
            open.read_up_to(open.have());
        }
        let (mut marks, mut before) = (BTreeMap::new(), Vec::new());
        for channel in self.channels.values_mut() {
            let delivered = if channel.has_received_unread(me) { channel.have() } else { channel.view.read };
            let (delivered, read) = (delivered.max(channel.told.0), channel.view.read.max(channel.told.1));
            if (delivered, read) != channel.told && marks.len() < MAX_MARKED {
                before.push((channel.id(), channel.told));
                marks.insert(channel.id(), Marks { delivered: Some(delivered), read: Some(read) });
                channel.told = (delivered, read);
            }
        }
        if !marks.is_empty() {
            self.is_marking = true;
            self.ask(None, Asked::Mark(before), "mark", &Mark { channels: marks, ..Mark::default() });
        }
    }

    /// Marks that did not arrive are to be told again.
    fn unmark(&mut self, before: &[(ChannelId, (Seq, Seq))]) {
        for (id, told) in before {
            if let Some(channel) = self.channels.get_mut(id) {
                channel.told = *told;
            }
        }
    }

    /// Watches whether those whom one talks to are there.
    fn watch(&mut self) {
        let peers = self.list().into_iter().filter_map(|channel| channel.view.peer.as_ref().map(|peer| peer.id));
        let here = self.open().into_iter().flat_map(|channel| channel.roster.iter().map(|member| member.profile.id));
        let me = self.me.as_ref().map(|me| me.id);
        let watched: BTreeSet<_> = here.chain(peers).filter(|user| Some(*user) != me).take(MAX_WATCHED.min(self.limits.users_per_command)).collect();
        if watched != self.watched {
            self.watched.clone_from(&watched);
            self.ask(None, Asked::Presence, "presence.watch", &Users { users: watched.into_iter().collect() });
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
mod tests;
