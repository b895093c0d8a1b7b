//! The bus within one process: a call.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use rialto_domain::ports::{Bus, PortResult, Subscriber};
use rialto_domain::publication::{Publication, Topic};

/// Hands what is announced to this process's subscriber, on the announcer's thread.
///
/// There is one process, so everything concerns it: subscriptions change nothing. The subscriber knows who is there.
#[derive(Default)]
pub struct LocalBus {
    subscriber: OnceLock<Arc<dyn Subscriber>>,
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, batch: Vec<(Topic, Publication)>) -> PortResult<()> {
        if let Some(subscriber) = self.subscriber.get().filter(|_| !batch.is_empty()) {
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
        assert!(self.subscriber.set(subscriber).is_ok(), "a process attaches its one subscriber once");
    }
}
