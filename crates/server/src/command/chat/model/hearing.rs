//! What the server tells on its own account.

use rialto_domain::entry::{Entry, Event as EntryEvent};
use rialto_domain::history::Folded;
use rialto_domain::unread::mentions;
use rialto_domain::{ChannelId, ClientId, Seq, Timestamp};
use rialto_wire::code::ErrorBody;
use rialto_wire::event::{ChannelChanged, Notice};

use super::Chat;
use super::channel::{History, Taken, own_names};
use super::happening::{Effect, Told};
use crate::client::Event;

/// Entries kept until their channel is known.
const MAX_STRAYS: usize = 500;
/// How long a message waits that the server cannot take for now, unless the server says.
const SEND_AGAIN_MS: u64 = 2_000;

impl Chat {
    pub(super) fn hear(&mut self, event: Event, now: Timestamp) {
        let Some(me) = self.me.as_ref().map(|me| me.id) else { return };
        match event {
            Event::Entry(entry) => {
                let Some(channel) = self.channels.get_mut(&entry.channel) else { return self.keep_stray(*entry) };
                let own = entry.client_id.filter(|_| entry.sender == me);
                let (id, seq) = (entry.channel, entry.seq);
                match (channel.offer(*entry, me), own) {
                    // It was sent twice, and we are told once more where it stands.
                    (Taken::Known, Some(client_id)) => self.stored(client_id, id, seq),
                    (Taken::Known, None) => {}
                    (Taken::New(entries), _) => self.take_in(entries, true),
                    (Taken::Hole, _) => self.sync(),
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
    pub(super) fn keep_stray(&mut self, entry: Entry) {
        self.look_up(entry.channel);
        if self.strays.len() < MAX_STRAYS {
            self.strays.push(entry);
        }
    }

    pub(super) fn change_channel(&mut self, ChannelChanged { channel, change }: ChannelChanged) {
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

    pub(super) fn drop_channel(&mut self, id: ChannelId) {
        self.channels.remove(&id);
        if !self.outbox.leave(id).is_empty() {
            self.effects.push(Effect::KeepOutbox);
        }
        if self.open == Some(id) {
            self.open = None;
        }
    }

    /// New entries are in their channel: whatever else they mean.
    pub(super) fn take_in(&mut self, entries: Vec<Entry>, is_live: bool) {
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
    pub(super) fn fold_in(&mut self, id: ChannelId, messages: Vec<Folded>, history: History) {
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

    pub(super) fn stored(&mut self, client_id: ClientId, channel: ChannelId, seq: Seq) {
        if self.outbox.stored(client_id) {
            self.effects.push(Effect::KeepOutbox);
            self.effects.push(Effect::Tell(Told::Stored { client_id, channel, seq }));
            if let Some(tag) = self.tags.remove(&client_id) {
                let result = Ok(serde_json::json!({ "stored": true, "client_id": client_id, "channel": channel, "seq": seq }));
                self.effects.push(Effect::Tell(Told::Answer { tag, result }));
            }
        }
    }

    pub(super) fn refuse(&mut self, client_id: ClientId, channel: ChannelId, error: ErrorBody, now: Timestamp) {
        let is_passing = matches!(&*error.code, "limit.exceeded" | "server.unavailable" | "server.outcome_unknown" | "server.storage_full");
        if is_passing {
            self.say(format!("not sent yet: {}", error.text), true);
            return self.outbox.postpone(client_id, now.after_ms(error.retry_after_ms.unwrap_or(SEND_AGAIN_MS)));
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
}
