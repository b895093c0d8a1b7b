//! The reference intake: a bounded queue.

use async_trait::async_trait;
use rialto_domain::ports::{Intake, IntakeReader, Order, PortError, PortResult};
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};

const BACKEND: &str = "intake";

/// An intake with room for `bound` orders, and the writer's end of it. Dropping the intake closes it.
pub fn intake(bound: usize) -> (MemoryIntake, MemoryIntakeReader) {
    let (sender, receiver) = mpsc::channel(bound);
    (MemoryIntake(sender), MemoryIntakeReader(receiver))
}

/// The end where commands are accepted.
#[derive(Clone)]
pub struct MemoryIntake(Sender<Order>);

/// The end where they come out.
pub struct MemoryIntakeReader(Receiver<Order>);

#[async_trait]
impl Intake for MemoryIntake {
    async fn submit(&self, order: Order) -> PortResult<()> {
        self.0.try_send(order).map_err(|refused| match refused {
            TrySendError::Full(_) => PortError::Overloaded { backend: BACKEND },
            TrySendError::Closed(_) => PortError::Unavailable { backend: BACKEND, source: "nobody reads it any more".into() },
        })
    }
}

#[async_trait]
impl IntakeReader for MemoryIntakeReader {
    async fn take(&mut self, most: usize) -> PortResult<Vec<Order>> {
        let mut orders = Vec::new();
        self.0.recv_many(&mut orders, most).await;
        Ok(orders)
    }

    async fn done(&mut self) -> PortResult<()> {
        Ok(())
    }
}
