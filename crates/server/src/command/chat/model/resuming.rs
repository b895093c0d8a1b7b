//! Coming, going, and coming back: what was missed is fetched, and nothing is taken in twice.

use rialto_domain::{ChannelId, Seq, Timestamp, UserId};
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{ChannelList, ChannelRef, ChannelView, Missed, Ready, Sync, Synced};
use std::collections::BTreeSet;
use std::mem;

use super::answers::Asked;
use super::channel::{Channel, History};
use super::happening::{Effect, Generation, Told};
use super::{Chat, Link, PAGE};

/// Channels whose positions go with hello: more would not fit in a frame. The others are listed anew.
const MAX_RESUMED: usize = 2000;
/// Unread channels whose messages are fetched after connecting, so that their senders learn of the delivery.
const MAX_FETCHED: usize = 30;

impl Chat {
    pub(super) fn hello(&mut self, generation: Generation) {
        self.generation = generation;
        let mut known = self.list();
        known.truncate(MAX_RESUMED);
        let have = known.into_iter().map(|channel| (channel.id(), channel.have())).collect();
        self.effects.push(Effect::Hello { generation, have });
    }

    pub(super) fn be_ready(&mut self, ready: Ready) {
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
    pub(super) fn list_channel(&mut self, view: ChannelView, resumed: &BTreeSet<ChannelId>) {
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

    pub(super) fn be_offline(&mut self, reason: String, retry_in_ms: Option<u64>, now: Timestamp) {
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

    /// Asks for everything that was missed.
    pub(super) fn sync(&mut self) {
        if self.is_syncing {
            self.must_sync_again = true;
            return;
        }
        self.is_syncing = true;
        let have = self.list().into_iter().take(MAX_RESUMED).map(|channel| (channel.id(), channel.have())).collect();
        self.ask(None, Asked::Sync, "sync", &Sync { have });
    }

    pub(super) fn caught_up(&mut self, synced: Synced) {
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
    pub(super) fn look_up(&mut self, channel: ChannelId) {
        let is_asked = self.asked.values().any(|(_, asked)| matches!(asked, Asked::Channel(of) if *of == channel));
        if !is_asked {
            self.ask(None, Asked::Channel(channel), "channel.get", &ChannelRef { channel });
        }
    }

    pub(super) fn load_history(&mut self, id: ChannelId, before: Option<Seq>) {
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
    pub(super) fn fetch_unread(&mut self, me: UserId) {
        let unread = self.list().into_iter().filter(|channel| channel.view.delivered < channel.view.head && !channel.has_received_unread(me));
        let ids: Vec<_> = unread.take(MAX_FETCHED).map(Channel::id).collect();
        for id in ids {
            self.load_history(id, None);
        }
    }
}
