//! From the bus to the shards.

use rialto_domain::ports::{Bus, PortResult, Subscriber};
use rialto_domain::publication::{Publication, Topic};
use std::sync::Arc;

use super::announcement::Announcement;
use super::directory::Directory;
use super::mailbox::Mailbox;

/// Hands each publication to the shards that have somebody for it, and keeps the bus informed of what they need.
///
/// It is a [`Subscriber`]: either attach it to the bus, or call [`Subscriber::receive`] from the one that is.
pub struct Relay {
    bus: Arc<dyn Bus>,
    mailboxes: Vec<Arc<Mailbox>>,
    pub(super) directory: Directory,
    /// Held shared while subscribing and alone while unsubscribing, so that the two never cross for one topic.
    tidying: tokio::sync::RwLock<()>,
}

impl Relay {
    pub(super) fn new(bus: Arc<dyn Bus>, mailboxes: Vec<Arc<Mailbox>>) -> Self {
        Self { bus, mailboxes, directory: Directory::new(), tidying: tokio::sync::RwLock::default() }
    }

    /// Makes sure that the bus brings these topics. The shard must have entered them in the directory before.
    pub(super) async fn want(&self, topics: &[Topic]) -> PortResult<()> {
        let _shared = self.tidying.read().await;
        for &topic in topics {
            if !self.directory.is_subscribed(topic) {
                self.bus.subscribe(topic).await?;
                self.directory.subscribed(topic);
            }
        }
        Ok(())
    }

    /// Gives up the topics that nobody needs any more. To be called now and then.
    pub(super) async fn tidy(&self) {
        let _alone = self.tidying.write().await;
        for topic in self.directory.take_unneeded() {
            if let Err(error) = self.bus.unsubscribe(topic).await {
                tracing::warn!(%error, "a topic could not be given up");
            }
        }
    }

    /// The shards of somebody whom the publication lets into a channel, as bits. From now on they count among the
    /// channel's: what is announced next must not overtake this.
    fn admitting(&self, publication: &Publication) -> u64 {
        let Some((channel, users)) = Announcement::admission(publication) else { return 0 };
        let shards = users.iter().fold(0, |shards, user| shards | self.directory.shards(Topic::User(*user)));
        self.directory.expect(Topic::Channel(channel), shards);
        shards
    }
}

impl Subscriber for Relay {
    fn is_concerned(&self, topic: Topic) -> bool {
        self.directory.shards(topic) != 0
    }

    fn receive(&self, batch: &[(Topic, Publication)]) {
        let mut outgoing: Vec<Vec<Arc<Announcement>>> = vec![Vec::new(); self.mailboxes.len()];
        for (topic, publication) in batch {
            if matches!(publication, Publication::Outcome { .. }) {
                continue;
            }
            let admitting = self.admitting(publication);
            let mut shards = self.directory.shards(*topic) | admitting;
            if shards == 0 {
                continue;
            }
            let announcement = Arc::new(Announcement::new(*topic, publication.clone()).admitting(admitting));
            while shards != 0 {
                let shard = shards.trailing_zeros() as usize;
                shards &= shards - 1;
                outgoing[shard].push(Arc::clone(&announcement));
            }
        }
        for (mailbox, announcements) in self.mailboxes.iter().zip(&mut outgoing) {
            if !announcements.is_empty() {
                mailbox.announce(announcements);
            }
        }
    }
}
