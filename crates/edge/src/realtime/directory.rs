//! Which shards have somebody for a topic, so that only those are woken.

use parking_lot::RwLock;
use rialto_domain::publication::Topic;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

/// The most shards there can be: one bit for each.
pub(super) const MAX_SHARDS: usize = 64;
const STRIPES: usize = 64;

/// Kept by the shards as rooms fill and empty, read by the relay for every publication.
pub(super) struct Directory {
    stripes: Vec<RwLock<HashMap<Topic, Place>>>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Place {
    /// The shards that have a room for the topic.
    shards: u64,
    /// How often a shard was told to let somebody in and has not done so yet. What comes next is for it too.
    expected: Option<Box<Expected>>,
    /// The bus was asked for the topic.
    is_subscribed: bool,
}

/// How often, for each shard. Seldom needed, and the directory is large.
#[derive(Debug, Default)]
struct Expected(BTreeMap<usize, u32>);

impl Place {
    fn shards(&self) -> u64 {
        self.expected.iter().flat_map(|expected| expected.0.keys()).fold(self.shards, |shards, shard| shards | 1 << shard)
    }

    fn is_needed(&self) -> bool {
        self.shards != 0 || self.expected.is_some()
    }
}

impl Directory {
    pub(super) fn new() -> Self {
        Self { stripes: std::iter::repeat_with(RwLock::default).take(STRIPES).collect(), hasher: RandomState::new() }
    }

    /// The shards that have somebody for the topic, or soon will, as bits.
    pub(super) fn shards(&self, topic: Topic) -> u64 {
        self.stripe(topic).read().get(&topic).map_or(0, Place::shards)
    }

    /// These shards are being told to let somebody in.
    pub(super) fn expect(&self, topic: Topic, shards: u64) {
        if shards == 0 {
            return;
        }
        let mut places = self.stripe(topic).write();
        let Expected(expected) = &mut **places.entry(topic).or_default().expected.get_or_insert_default();
        for shard in (0..MAX_SHARDS).filter(|shard| shards >> shard & 1 == 1) {
            *expected.entry(shard).or_default() += 1;
        }
    }

    /// A shard has done once what it was told.
    pub(super) fn met(&self, topic: Topic, shard: usize) {
        let mut places = self.stripe(topic).write();
        let Some(place) = places.get_mut(&topic) else { return };
        if let Some(expected) = &mut place.expected
            && let Some(count) = expected.0.get_mut(&shard)
        {
            *count -= 1;
            if *count == 0 {
                expected.0.remove(&shard);
            }
        }
        place.expected.take_if(|expected| expected.0.is_empty());
        if !place.is_needed() && !place.is_subscribed {
            places.remove(&topic);
        }
    }

    /// A shard has its first connection there.
    pub(super) fn enter(&self, topic: Topic, shard: usize) {
        self.stripe(topic).write().entry(topic).or_default().shards |= 1 << shard;
    }

    /// A shard has nobody left there.
    pub(super) fn leave(&self, topic: Topic, shard: usize) {
        let mut places = self.stripe(topic).write();
        if let Some(place) = places.get_mut(&topic) {
            place.shards &= !(1 << shard);
            if !place.is_needed() && !place.is_subscribed {
                places.remove(&topic);
            }
        }
    }

    /// Was the bus asked for the topic?
    pub(super) fn is_subscribed(&self, topic: Topic) -> bool {
        self.stripe(topic).read().get(&topic).is_some_and(|place| place.is_subscribed)
    }

    /// The bus was asked for the topic.
    pub(super) fn subscribed(&self, topic: Topic) {
        self.stripe(topic).write().entry(topic).or_default().is_subscribed = true;
    }

    /// The topics that the bus was asked for and nobody needs any more. They count as not asked for from now on.
    pub(super) fn take_unneeded(&self) -> Vec<Topic> {
        let mut unneeded = Vec::new();
        for stripe in &self.stripes {
            stripe.write().retain(|topic, place| {
                if !place.is_needed() {
                    unneeded.extend(place.is_subscribed.then_some(*topic));
                }
                place.is_needed()
            });
        }
        unneeded
    }

    fn stripe(&self, topic: Topic) -> &RwLock<HashMap<Topic, Place>> {
        &self.stripes[self.hasher.hash_one(topic) as usize % STRIPES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_domain::ChannelId;

    const TOPIC: Topic = Topic::Channel(ChannelId::from_bytes([1; 16]));

    #[test]
    fn a_topic_leads_to_the_shards_that_have_somebody() {
        let directory = Directory::new();
        directory.enter(TOPIC, 0);
        directory.enter(TOPIC, 63);
        assert_eq!(directory.shards(TOPIC), 1 << 63 | 1);
        directory.leave(TOPIC, 0);
        assert_eq!(directory.shards(TOPIC), 1 << 63);
        directory.leave(TOPIC, 63);
        directory.leave(TOPIC, 63);
        assert_eq!(directory.shards(TOPIC), 0);
        assert!(directory.stripes.iter().all(|stripe| stripe.read().is_empty()));
    }

    #[test]
    fn who_is_about_to_be_let_in_counts_already() {
        let directory = Directory::new();
        directory.expect(TOPIC, 0b101);
        directory.expect(TOPIC, 0b100);
        directory.enter(TOPIC, 2);
        // Somebody else goes before the one who comes is in.
        directory.leave(TOPIC, 2);
        assert_eq!(directory.shards(TOPIC), 0b101);
        directory.met(TOPIC, 0);
        directory.met(TOPIC, 2);
        assert_eq!(directory.shards(TOPIC), 0b100);
        directory.met(TOPIC, 2);
        assert_eq!(directory.shards(TOPIC), 0);
        assert!(directory.stripes.iter().all(|stripe| stripe.read().is_empty()));
    }

    #[test]
    fn a_subscription_ends_when_nobody_needs_it() {
        let directory = Directory::new();
        directory.enter(TOPIC, 1);
        assert!(!directory.is_subscribed(TOPIC));
        directory.subscribed(TOPIC);
        assert!(directory.is_subscribed(TOPIC));
        assert_eq!(directory.take_unneeded(), []);
        directory.leave(TOPIC, 1);
        assert_eq!(directory.take_unneeded(), [TOPIC]);
        assert!(!directory.is_subscribed(TOPIC));
        assert_eq!(directory.take_unneeded(), []);
    }
}
