//! The reference bus.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use rialto_domain::ports::{Bus, PortResult, Subscriber};
use rialto_domain::publication::{Publication, Topic};

/// Hands every publication to the subscriber before `publish` returns: a test sees at once what was announced.
#[derive(Default)]
pub struct SynchronousBus {
    subscriber: OnceLock<Arc<dyn Subscriber>>,
}

#[async_trait]
impl Bus for SynchronousBus {
    async fn publish(&self, batch: Vec<(Topic, Publication)>) -> PortResult<()> {
        if let Some(subscriber) = self.subscriber.get() {
            subscriber.receive(&batch);
        }
        Ok(())
    }

    async fn subscribe(&self, _: Topic) -> PortResult<()> {
        Ok(())
    }

    async fn unsubscribe(&self, _: Topic) -> PortResult<()> {
        Ok(())
    }

    fn is_wanted(&self, topic: Topic) -> bool {
        self.subscriber.get().is_some_and(|subscriber| subscriber.is_concerned(topic))
    }

    fn attach(&self, subscriber: Arc<dyn Subscriber>) {
        assert!(self.subscriber.set(subscriber).is_ok(), "a subscriber is attached once");
    }
}
