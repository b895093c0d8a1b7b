//! What the bus brings to a gateway, before it goes on to connections.

use rialto_domain::ports::Subscriber;
use rialto_domain::publication::{Publication, Topic};
use std::sync::Arc;

use crate::Service;

/// Follows publications for the service's own sake, then hands them on.
struct Inbox {
    service: Arc<Service>,
    connections: Arc<dyn Subscriber>,
}

impl Service {
    /// Who is to be attached to the bus: the service itself, and behind it `connections`.
    pub fn inbox(self: &Arc<Self>, connections: Arc<dyn Subscriber>) -> Arc<dyn Subscriber> {
        Arc::new(Inbox { service: self.clone(), connections })
    }
}

impl Subscriber for Inbox {
    fn receive(&self, batch: &[(Topic, Publication)]) {
        // Rosters first: a client that sees its own admission may write at once.
        for (_, publication) in batch {
            match publication {
                Publication::Entry(entry) => self.service.rosters.follow(entry),
                Publication::Revoked { sessions, .. } => self.service.revocations.add(sessions, self.service.now()),
                _ => {}
            }
        }
        self.connections.receive(batch);
        for (topic, publication) in batch {
            if let Publication::Outcome { ticket, result } = publication
                && *topic == self.service.pending.topic()
            {
                self.service.pending.settle(*ticket, *result);
            }
        }
    }

    /// The service only follows what has connections, and what is its own.
    fn is_concerned(&self, topic: Topic) -> bool {
        self.connections.is_concerned(topic)
    }
}
