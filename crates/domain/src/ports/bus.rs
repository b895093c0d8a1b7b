//! Announcements between the sequencer, the gateways and their connections.

use async_trait::async_trait;
use std::sync::Arc;

use super::error::PortResult;
use crate::publication::{Publication, Topic};

/// Carries publications to whoever is there: at most once, in the order of publishing for one topic and publisher.
///
/// A publication may be lost; a lost entry shows as a hole in `seq` and heals by resume.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Announces. Returns when handed over, not when received.
    async fn publish(&self, batch: Vec<(Topic, Publication)>) -> PortResult<()>;

    /// This process wants what is announced to the topic, from the return of this call on.
    async fn subscribe(&self, topic: Topic) -> PortResult<()>;

    /// This process has nobody left for the topic.
    async fn unsubscribe(&self, topic: Topic) -> PortResult<()>;

    /// Could anybody, anywhere, want what would be announced to the topic now? What is not worth working out need not be.
    /// A bus that cannot tell says yes.
    fn is_wanted(&self, topic: Topic) -> bool {
        let _ = topic;
        true
    }

    /// Names who receives in this process. Called once, before anything is published.
    fn attach(&self, subscriber: Arc<dyn Subscriber>);
}

/// Receives what was announced.
pub trait Subscriber: Send + Sync {
    /// Takes publications, in order. Must not block for long: it runs on the bus's own thread.
    fn receive(&self, batch: &[(Topic, Publication)]);

    /// Is anybody there for the topic? Who cannot tell says yes.
    fn is_concerned(&self, topic: Topic) -> bool {
        let _ = topic;
        true
    }
}
