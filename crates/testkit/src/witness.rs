//! Who hears what: a gateway without connections.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use rialto_domain::entry::Entry;
use rialto_domain::ports::Subscriber;
use rialto_domain::publication::{Membership, PositionsMoved, Publication, Topic};
use rialto_domain::{ChannelId, ClientId, Refusal, UserId};
use std::sync::Arc;

/// Takes publications as a gateway does, and writes down for each user what their connections would be told.
///
/// Users come into the room of a channel when their admission is announced, and leave it when their departure is:
/// what is announced to the channel in between is theirs to hear, and nothing else.
#[derive(Default)]
pub struct Witness(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    announced: Vec<(Topic, Publication)>,
    connected: BTreeSet<UserId>,
    rooms: BTreeMap<ChannelId, BTreeSet<UserId>>,
    heard: BTreeMap<UserId, Vec<Publication>>,
    unwatched: BTreeSet<UserId>,
}

impl Witness {
    /// A user connects who is a member of these channels.
    pub fn connect(&self, user: UserId, channels: &[ChannelId]) {
        let mut seen = self.0.lock();
        seen.connected.insert(user);
        for channel in channels {
            seen.rooms.entry(*channel).or_default().insert(user);
        }
    }

    /// A user's last connection closes.
    pub fn disconnect(&self, user: UserId) {
        let mut seen = self.0.lock();
        seen.connected.remove(&user);
        seen.rooms.values_mut().for_each(|room| {
            room.remove(&user);
        });
    }

    /// Nobody watches whether the user is there.
    pub fn look_away_from(&self, user: UserId) {
        self.0.lock().unwatched.insert(user);
    }

    /// Everything announced since this was asked last, in order.
    pub fn announced(&self) -> Vec<(Topic, Publication)> {
        std::mem::take(&mut self.0.lock().announced)
    }

    /// What a user heard since this was asked last, in order.
    pub fn heard(&self, user: UserId) -> Vec<Publication> {
        self.0.lock().heard.remove(&user).unwrap_or_default()
    }

    /// The entries among what a user [heard](Self::heard); the rest is forgotten.
    pub fn entries(&self, user: UserId) -> Vec<Arc<Entry>> {
        let entry = |publication| if let Publication::Entry(entry) = publication { Some(entry) } else { None };
        self.heard(user).into_iter().filter_map(entry).collect()
    }

    /// The movements of positions among what a user [heard](Self::heard); the rest is forgotten.
    pub fn positions(&self, user: UserId) -> Vec<Arc<PositionsMoved>> {
        let moved = |publication| if let Publication::Positions(moved) = publication { Some(moved) } else { None };
        self.heard(user).into_iter().filter_map(moved).collect()
    }

    /// The rejections among what a user [heard](Self::heard); the rest is forgotten.
    pub fn rejections(&self, user: UserId) -> Vec<(ClientId, Refusal)> {
        let rejected = |publication| if let Publication::Rejected { client_id, refusal, .. } = publication { Some((client_id, refusal)) } else { None };
        self.heard(user).into_iter().filter_map(rejected).collect()
    }
}

impl Subscriber for Witness {
    fn receive(&self, batch: &[(Topic, Publication)]) {
        let mut seen = self.0.lock();
        for (topic, publication) in batch {
            seen.announced.push((*topic, publication.clone()));
            seen.deliver(*topic, publication);
            if let Publication::Membership { user, channel, change } = publication {
                seen.follow(*user, *channel, *change);
            }
        }
    }

    fn is_concerned(&self, topic: Topic) -> bool {
        !matches!(topic, Topic::Presence(user) if self.0.lock().unwatched.contains(&user))
    }
}

impl Seen {
    fn deliver(&mut self, topic: Topic, publication: &Publication) {
        let hearers: Vec<UserId> = match topic {
            Topic::Channel(channel) => self.rooms.get(&channel).into_iter().flatten().copied().collect(),
            Topic::User(user) => self.connected.get(&user).into_iter().copied().collect(),
            // Whom somebody watches is the gateway's affair; outcomes are for nobody's connection.
            Topic::Presence(_) | Topic::Gateway(_) => Vec::new(),
        };
        for user in hearers {
            self.heard.entry(user).or_default().push(publication.clone());
        }
    }

    fn follow(&mut self, user: UserId, channel: ChannelId, change: Membership) {
        let room = self.rooms.entry(channel).or_default();
        match change {
            Membership::Joined if self.connected.contains(&user) => {
                room.insert(user);
            }
            Membership::Left | Membership::Deleted => {
                room.remove(&user);
            }
            Membership::Joined | Membership::Settings => {}
        }
    }
}
