//! Whose presence a connection watches, and whether it still may.

use rialto_domain::publication::Topic;
use rialto_domain::{Refusal, UserId};
use rialto_wire::command::Command;
use std::sync::Arc;

use super::connection::Key;
use super::dialogue::{Answer, wanted};
use super::encode::ReplyTo;
use super::gateway::Caller;
use super::rooms::Index;
use super::shard::{Mail, Shard};

impl Shard {
    /// The presence of these users may be watched: join first, and only then look who is there.
    pub(super) fn watch(&mut self, index: Index, reply_to: ReplyTo, command: Box<Command>, result: Result<Vec<UserId>, Refusal>) -> Option<Answer> {
        let connection = &self.connections[index as usize];
        let caller = Caller { identity: connection.identity(), address: connection.permit.address() };
        let users = match result {
            Ok(users) => users,
            Err(refusal) => return Some(Answer::Invoked(reply_to, Err(refusal))),
        };
        for user in self.watched(index) {
            self.leave(index, Topic::Presence(user));
        }
        let topics: Vec<_> = users.into_iter().map(Topic::Presence).collect();
        topics.iter().for_each(|topic| self.join(index, *topic));
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
