//! What every [`Bus`] is asked.

use std::sync::Arc;

use parking_lot::Mutex;
use rialto_domain::log::Seq;
use rialto_domain::ports::{Bus, Subscriber};
use rialto_domain::publication::{Outcome, Publication, Topic};
use tokio::sync::Notify;

use crate::builders::{channel_id, user};

/// Asks a bus everything: `ask_bus!(fresh)`, where `fresh` is an `async fn() -> Arc<dyn Bus>` that makes one with nobody attached.
#[macro_export]
macro_rules! ask_bus {
    ($fresh:expr) => {
        $crate::ask! {
            bus, $fresh().await,
            what_is_announced_reaches_the_subscriber
            announcements_to_a_topic_arrive_in_order
            every_sort_of_topic_is_carried
            who_subscribes_again_is_served_again
            announcing_to_nobody_is_no_fault
        }
    };
}

/// With its topic, from the return of `subscribe` on.
pub async fn what_is_announced_reaches_the_subscriber(bus: Arc<dyn Bus>) {
    let ears = attach(&*bus);
    let topic = Topic::Channel(channel_id());
    bus.subscribe(topic).await.expect("subscribes");
    bus.publish(vec![(topic, number(7))]).await.expect("publishes");
    assert_eq!(ears.heard(1).await, [(topic, 7)]);
}

/// Within one batch, and from one to the next.
pub async fn announcements_to_a_topic_arrive_in_order(bus: Arc<dyn Bus>) {
    let ears = attach(&*bus);
    let topics = [Topic::Channel(channel_id()), Topic::Channel(channel_id()), Topic::User(user(1))];
    for topic in topics {
        bus.subscribe(topic).await.expect("subscribes");
    }
    for batch in 0..20 {
        let announcements = (0..15).map(|n| (topics[n as usize % 3], number(15 * batch + n)));
        bus.publish(announcements.collect()).await.expect("publishes");
    }
    let heard = ears.heard(300).await;
    for (place, topic) in topics.into_iter().enumerate() {
        let numbers: Vec<u64> = heard.iter().filter(|(to, _)| *to == topic).map(|(_, number)| *number).collect();
        let expected: Vec<u64> = (0..300).filter(|n| *n as usize % 3 == place).collect();
        assert_eq!(numbers, expected);
    }
}

/// Channels, users, presence, gateways: the same id under two sorts of topic is two topics.
pub async fn every_sort_of_topic_is_carried(bus: Arc<dyn Bus>) {
    let ears = attach(&*bus);
    let topics = [Topic::Channel(channel_id()), Topic::User(user(5)), Topic::Presence(user(5)), Topic::Gateway(5), Topic::Gateway(u64::MAX)];
    for (topic, n) in topics.into_iter().zip(0..) {
        bus.subscribe(topic).await.expect("subscribes");
        bus.publish(vec![(topic, number(n))]).await.expect("publishes");
    }
    let mut heard = ears.heard(5).await;
    heard.sort_by_key(|(_, number)| *number);
    assert_eq!(heard, topics.into_iter().zip(0..).collect::<Vec<_>>());
}

/// Subscribing twice is subscribing once; after an end it begins anew.
pub async fn who_subscribes_again_is_served_again(bus: Arc<dyn Bus>) {
    let ears = attach(&*bus);
    let topic = Topic::Channel(channel_id());
    for _ in 0..2 {
        bus.subscribe(topic).await.expect("subscribes");
    }
    bus.publish(vec![(topic, number(1)), (topic, number(2))]).await.expect("publishes");
    assert_eq!(ears.heard(2).await, [(topic, 1), (topic, 2)], "and nothing comes twice");
    bus.unsubscribe(topic).await.expect("unsubscribes");
    bus.subscribe(topic).await.expect("subscribes");
    bus.publish(vec![(topic, number(3))]).await.expect("publishes");
    assert_eq!(ears.heard(3).await[2], (topic, 3));
}

/// Nor is ending what never began.
pub async fn announcing_to_nobody_is_no_fault(bus: Arc<dyn Bus>) {
    bus.publish(vec![(Topic::Gateway(1), number(1))]).await.expect("nobody is attached");
    let ears = attach(&*bus);
    bus.publish(Vec::new()).await.expect("an empty batch");
    bus.unsubscribe(Topic::Gateway(1)).await.expect("was never subscribed");
    bus.publish(vec![(Topic::User(user(1)), number(2))]).await.expect("nobody subscribed");
    bus.subscribe(Topic::Gateway(3)).await.expect("subscribes");
    bus.publish(vec![(Topic::Gateway(3), number(3))]).await.expect("publishes");
    ears.hears(|heard| heard.contains(&(Topic::Gateway(3), 3))).await;
}

#[derive(Default)]
struct Ears {
    heard: Mutex<Vec<(Topic, u64)>>,
    news: Notify,
}

impl Ears {
    /// Waits until so much was heard, and says all of it.
    async fn heard(&self, count: usize) -> Vec<(Topic, u64)> {
        self.hears(|heard| heard.len() >= count).await
    }

    async fn hears(&self, enough: impl Fn(&[(Topic, u64)]) -> bool) -> Vec<(Topic, u64)> {
        loop {
            // Listen before looking, so that no news falls between the two.
            let news = self.news.notified();
            let heard = self.heard.lock().clone();
            if enough(&heard) {
                return heard;
            }
            news.await;
        }
    }
}

impl Subscriber for Ears {
    fn receive(&self, batch: &[(Topic, Publication)]) {
        let number = |publication: &Publication| match publication {
            Publication::Outcome { ticket, .. } => *ticket,
            other => panic!("only outcomes were announced: {other:?}"),
        };
        self.heard.lock().extend(batch.iter().map(|(topic, publication)| (*topic, number(publication))));
        self.news.notify_waiters();
    }
}

fn attach(bus: &dyn Bus) -> Arc<Ears> {
    let ears = Arc::new(Ears::default());
    bus.attach(ears.clone());
    ears
}

fn number(ticket: u64) -> Publication {
    Publication::Outcome { ticket, result: Ok(Outcome::Stored(Seq(ticket))) }
}
