//! What follows from whatever happened, without anybody's wish: messages to send, marks to tell, names to learn.

use rialto_domain::{ChannelId, Seq, Timestamp};
use rialto_wire::command::{Mark, Marks, Users};
use std::collections::{BTreeMap, BTreeSet};

use super::answers::Asked;
use super::{Chat, Link};

/// Channels marked in one command.
const MAX_MARKED: usize = 200;
/// People whose presence is watched.
const MAX_WATCHED: usize = 200;

impl Chat {
    /// What follows from whatever happened: messages to send, marks to tell, names to learn.
    pub(super) fn follow_up(&mut self, now: Timestamp) {
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
    pub(super) fn mark(&mut self, now: Timestamp) {
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
    pub(super) fn unmark(&mut self, before: &[(ChannelId, (Seq, Seq))]) {
        for (id, told) in before {
            if let Some(channel) = self.channels.get_mut(id) {
                channel.told = *told;
            }
        }
    }

    /// Watches whether those whom one talks to are there.
    pub(super) fn watch(&mut self) {
        let peers = self.list().into_iter().filter_map(|channel| channel.view.peer.as_ref().map(|peer| peer.id));
        let here = self.open().into_iter().flat_map(|channel| channel.roster.iter().map(|member| member.profile.id));
        let me = self.me.as_ref().map(|me| me.id);
        let watched: BTreeSet<_> = here.chain(peers).filter(|user| Some(*user) != me).take(MAX_WATCHED.min(self.limits.users_per_command)).collect();
        if watched != self.watched {
            self.watched.clone_from(&watched);
            self.ask(None, Asked::Presence, "presence.watch", &Users { users: watched.into_iter().collect() });
        }
    }
}
