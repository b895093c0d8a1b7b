//! Whose presence a connection watches, and whether it still may.

use rialto_domain::auth::Identity;
use rialto_domain::publication::Topic;
use rialto_domain::{Refusal, UserId};
use rialto_wire::command::Command;
use std::collections::HashSet;
use std::sync::Arc;

use super::connection::Key;
use super::dialogue::{Answer, wanted};
use super::encode::ReplyTo;
use super::gateway::Caller;
use super::rooms::Index;
use super::shard::{Mail, Shard};

impl Shard {
    /// A client wants to watch the presence of these users. Its connection takes its place first, and hears nothing of
    /// whom it did not watch before: what parts it from one of them while the service is asked is not missed. The other
    /// order would let it in on an answer that is out of date.
    pub(super) fn ask_to_watch(&mut self, index: Index, reply_to: ReplyTo, command: Box<Command>, identity: Identity, users: Vec<UserId>) -> Option<Answer> {
        let watched: HashSet<_> = self.watched(index).into_iter().collect();
        let new: Vec<_> = users.iter().copied().filter(|user| !watched.contains(user)).collect();
        new.iter().for_each(|user| self.join(index, Topic::Presence(*user)));
        if !new.is_empty() {
            self.connections[index as usize].rare().asks_for = new;
        }
        let promise = self.shared.gateway.watchable(identity, users);
        self.attempt(index, promise, move |result| Answer::Watchable(reply_to, command, result))
    }

    /// The presence of these users may be watched: whoever is not among them is left, and only then it is looked who is there.
    pub(super) fn watch(&mut self, index: Index, reply_to: ReplyTo, command: Box<Command>, result: Result<Vec<UserId>, Refusal>) -> Option<Answer> {
        let connection = &mut self.connections[index as usize];
        let caller = Caller { identity: connection.identity(), address: connection.permit.address() };
        let new = connection.rare.as_mut().map(|rare| std::mem::take(&mut rare.asks_for)).unwrap_or_default();
        let users = match result {
            Ok(users) => users.into_iter().collect::<HashSet<_>>(),
            Err(refusal) => {
                new.into_iter().for_each(|user| self.leave(index, Topic::Presence(user)));
                return Some(Answer::Invoked(reply_to, Err(refusal)));
            }
        };
        let (stay, go): (Vec<_>, Vec<_>) = self.watched(index).into_iter().partition(|user| users.contains(user));
        go.into_iter().for_each(|user| self.leave(index, Topic::Presence(user)));
        let topics: Vec<_> = stay.into_iter().map(Topic::Presence).collect();
        let (relay, gateway) = (Arc::clone(&self.shared.relay), Arc::clone(&self.shared.gateway));
        let promise = async move {
            wanted(relay.want(&topics).await)?;
            gateway.invoke(caller, *command).await
        };
        self.attempt(index, Box::pin(promise), move |result| Answer::Invoked(reply_to, result))
    }

    /// Something happened that may have parted these connections from users whose presence they watch: the service is asked
    /// again.
    pub(super) fn recheck_watchers(&mut self, watchers: Vec<Index>) {
        for index in watchers {
            let watched = self.watched(index);
            let Some(identity) = self.connections[index as usize].identity().filter(|_| !watched.is_empty()) else { continue };
            let promise = self.shared.gateway.watchable(identity, watched.clone());
            let (key, mailbox) = (self.key(index), Arc::clone(&self.shared.mailboxes[self.number]));
            self.shared.runtime.spawn(async move {
                // Without an answer nobody is watched: what may not be known must not be told.
                let watchable = promise.await.unwrap_or_default();
                let unwatchable: Vec<_> = watched.into_iter().filter(|user| !watchable.contains(user)).collect();
                if !unwatchable.is_empty() {
                    mailbox.send(Mail::Unwatchable(key, unwatchable));
                }
            });
        }
    }

    /// Two users are parted: from this moment on the connections of the one hear nothing of the other's presence.
    pub(super) fn part_from(&mut self, user: UserId, from: UserId) {
        for index in self.rooms.members(Topic::User(user)).to_vec() {
            self.leave(index, Topic::Presence(from));
        }
    }

    pub(super) fn unwatch_presence(&mut self, key: Key, users: &[UserId]) {
        if self.find(key).is_some() {
            users.iter().for_each(|user| self.leave(key.index, Topic::Presence(*user)));
        }
    }

    fn watched(&self, index: Index) -> Vec<UserId> {
        let presence = |topic| if let Topic::Presence(user) = topic { Some(user) } else { None };
        self.rooms.topics(index).filter_map(presence).collect()
    }
}
