//! Announcements: into the rooms, and who is let into them.

use rialto_domain::entry::{Entry, Event, MemberChange};
use rialto_domain::publication::{Membership, Publication, Topic};
use rialto_domain::session::{Effect, Input};
use rialto_domain::{ChannelId, SessionId, UserId};
use rialto_wire::event::{Event as WireEvent, Resync};
use std::sync::Arc;
use std::task::{Context, Waker};

use super::announcement::Announcement;
use super::connection::Announced;
use super::encode;
use super::rooms::{Index, Joined};
use super::shard::{Mail, Shard};

impl Shard {
    /// Brings an announcement to the connections that it is for. Whom it lets in hears it already.
    pub(super) fn deliver(&mut self, announcement: &Announcement) {
        if let Some((channel, users)) = Announcement::admission(announcement.publication()) {
            users.iter().for_each(|user| self.admit(*user, channel));
            if announcement.is_expected_of(self.number) {
                self.shared.relay.directory.met(Topic::Channel(channel), self.number);
                self.subscribe(Topic::Channel(channel));
            }
        }
        match announcement.publication() {
            Publication::Entry(entry) => self.deliver_entry(announcement, entry),
            Publication::Typing { user, .. } => self.tell_room(announcement, Some(*user)),
            Publication::Membership { user, channel, change } => {
                if matches!(change, Membership::Left | Membership::Deleted) {
                    self.expel(*user, *channel);
                }
                if *change != Membership::Joined {
                    self.recheck_watchers(self.rooms.members(Topic::User(*user)).to_vec());
                }
                self.tell_room(announcement, None);
            }
            Publication::Revoked { user, sessions } => self.revoke(*user, sessions),
            Publication::Parted { user, from } => self.part_from(*user, *from),
            Publication::Positions(_) | Publication::Presence(_) | Publication::Hidden { .. } | Publication::Rejected { .. } => {
                self.tell_room(announcement, None);
            }
            Publication::Outcome { .. } => {}
        }
    }

    /// Asks the bus for a channel that nobody in this process was in before. What it missed to bring until it does, clients
    /// fetch when they are told to resync.
    fn subscribe(&self, topic: Topic) {
        if self.shared.relay.directory.is_subscribed(topic) || self.rooms.members(topic).is_empty() {
            return;
        }
        let relay = Arc::clone(&self.shared.relay);
        let mut wanted = Box::pin(async move { relay.want(&[topic]).await });
        if wanted.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
        let mailbox = Arc::clone(&self.shared.mailboxes[self.number]);
        self.shared.runtime.spawn(async move {
            if let Err(error) = wanted.await {
                tracing::warn!(%error, "a topic cannot be subscribed to");
            }
            mailbox.send(Mail::Resync(topic));
        });
    }

    /// Who goes hears the entry that tells it, and nothing beyond.
    fn deliver_entry(&mut self, announcement: &Announcement, entry: &Entry) {
        self.tell_room(announcement, None);
        match &entry.event {
            Event::Member { users, change: MemberChange::Left | MemberChange::Removed } => users.iter().for_each(|user| {
                self.expel(*user, entry.channel);
                self.recheck_watchers(self.rooms.members(Topic::Presence(*user)).to_vec());
            }),
            Event::Channel(change) if change.deleted => {
                let topic = Topic::Channel(entry.channel);
                for index in self.rooms.members(topic).to_vec() {
                    self.leave(index, topic);
                }
            }
            _ => {}
        }
    }

    /// The hot path: one shared frame to everybody in the room.
    fn tell_room(&mut self, announcement: &Announcement, except: Option<UserId>) {
        let max_bytes = self.shared.settings.outbox_bytes;
        let Self { rooms, connections, spares, dirty, .. } = self;
        let mut full = Vec::new();
        for &index in rooms.members(announcement.topic()) {
            let connection = &mut connections[index as usize];
            if except.is_some() && connection.identity().map(|identity| identity.user) == except {
                continue;
            }
            match connection.announce(announcement, max_bytes, spares) {
                Announced::Queued if !connection.is_dirty => {
                    connection.is_dirty = true;
                    dirty.push(index);
                }
                Announced::Queued | Announced::Withheld => {}
                Announced::Full => full.push(index),
            }
        }
        for index in full {
            self.announce_to_full(index, announcement);
        }
    }

    /// So much was announced in this turn that the outbox is full: perhaps the socket takes some of it.
    fn announce_to_full(&mut self, index: Index, announcement: &Announcement) {
        let max_bytes = self.shared.settings.outbox_bytes;
        self.flush_one(index);
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        match connection.announce(announcement, max_bytes, &mut self.spares) {
            Announced::Queued => self.soil(index),
            Announced::Withheld => {}
            Announced::Full => self.resync(index),
        }
    }

    /// Drops what was announced to a connection, and tells it to catch up.
    pub(super) fn resync(&mut self, index: Index) {
        let connection = &mut self.connections[index as usize];
        if !connection.lag() {
            return;
        }
        tracing::debug!(client = %connection.permit.address(), "a client reads too slowly and is told to synchronise");
        self.tally.resync();
        if let Some(frame) = connection.format().and_then(|format| encode::event(format, &WireEvent::Resync(Resync {}))) {
            self.push(index, frame);
        }
    }

    /// Tells a room that something was dropped.
    pub(super) fn resync_room(&mut self, topic: Topic) {
        for index in self.rooms.members(topic).to_vec() {
            self.resync(index);
        }
    }

    // Rooms

    pub(super) fn join(&mut self, index: Index, topic: Topic) {
        if self.rooms.join(index, topic) == Joined::First {
            self.shared.relay.directory.enter(topic, self.number);
        }
    }

    pub(super) fn leave(&mut self, index: Index, topic: Topic) {
        if self.rooms.leave(index, topic) {
            self.shared.relay.directory.leave(topic, self.number);
        }
    }

    pub(super) fn leave_rooms(&mut self, index: Index) {
        let (directory, number) = (&self.shared.relay.directory, self.number);
        self.rooms.leave_all(index, |topic| directory.leave(topic, number));
    }

    /// A user is a member now: all connections of the user hear the channel.
    fn admit(&mut self, user: UserId, channel: ChannelId) {
        for index in self.rooms.members(Topic::User(user)).to_vec() {
            self.note_change(index, channel, true);
            self.join(index, Topic::Channel(channel));
        }
    }

    /// A user is a member no more.
    fn expel(&mut self, user: UserId, channel: ChannelId) {
        for index in self.rooms.members(Topic::User(user)).to_vec() {
            self.note_change(index, channel, false);
            self.leave(index, Topic::Channel(channel));
        }
    }

    /// A connection that waits for its list of channels must not believe an older list.
    fn note_change(&mut self, index: Index, channel: ChannelId, is_member: bool) {
        if let Some(arriving) = self.connections[index as usize].arriving() {
            arriving.changes.retain(|(changed, _)| *changed != channel);
            arriving.changes.push((channel, is_member));
        }
    }

    fn revoke(&mut self, user: UserId, sessions: &[SessionId]) {
        let now = self.now;
        for index in self.rooms.members(Topic::User(user)).to_vec() {
            let connection = &mut self.connections[index as usize];
            if !connection.identity().is_some_and(|identity| sessions.contains(&identity.session)) {
                continue;
            }
            if connection.pending.is_some() {
                connection.is_revoked = true;
                connection.deadline = now.after_ms(self.shared.settings.timing.linger_ms);
                self.leave_rooms(index);
                self.arm(index);
            } else {
                self.end_dialogue(index);
            }
        }
    }

    /// The log-in that the connection speaks for was ended.
    pub(super) fn end_dialogue(&mut self, index: Index) {
        let mut session = self.connections[index as usize].session;
        if let Effect::Close(reason) = session.handle(Input::Revoked, self.now) {
            self.say_disconnect(index);
            self.close_because(index, reason);
            self.connections[index as usize].session = session;
        }
    }
}
