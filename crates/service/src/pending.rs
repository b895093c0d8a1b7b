//! Commands on their way through the intake, and those who wait for their outcome.

use parking_lot::Mutex;
use rialto_domain::apply::Command;
use rialto_domain::ports::{Order, Ticket};
use rialto_domain::publication::{Outcome, Topic};
use rialto_domain::{ChannelId, Refusal, Seq, UserId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

use crate::Service;
use crate::refused::unsure;

impl Service {
    /// Submits a command and waits for what becomes of it: the place of its entry, if there is one.
    pub(crate) async fn carry_out(&self, actor: UserId, channel: ChannelId, command: Command) -> Result<Option<Seq>, Refusal> {
        let (ticket, waiter) = self.pending.ticket();
        self.submit(Order { channel, actor, command, ticket: Some(ticket) }).await?;
        match waiter.outcome().await? {
            Outcome::Stored(seq) => Ok(Some(seq)),
            Outcome::Done => Ok(None),
        }
    }

    /// Has a command accepted.
    pub(crate) async fn submit(&self, order: Order) -> Result<(), Refusal> {
        self.ports.intake.submit(order).await.map_err(unsure)
    }
}

/// How long an outcome is waited for. The command may still take effect afterwards.
const PATIENCE: Duration = Duration::from_secs(30);

/// Those who wait, by their numbers; `None` once no outcome comes any more.
type Waiters = Mutex<Option<HashMap<u64, oneshot::Sender<Result<Outcome, Refusal>>>>>;

pub(crate) struct Pending {
    gateway: u64,
    next: AtomicU64,
    waiters: Waiters,
}

/// One who waits. Dropped, the wait is over and nothing is kept.
pub(crate) struct Waiter<'a> {
    number: u64,
    waiters: &'a Waiters,
    outcome: oneshot::Receiver<Result<Outcome, Refusal>>,
}

impl Pending {
    pub(crate) fn new(gateway: u64) -> Self {
        Self { gateway, next: AtomicU64::new(1), waiters: Mutex::new(Some(HashMap::new())) }
    }

    /// Where outcomes for those who wait here are announced. Others count their tickets as well.
    pub(crate) const fn topic(&self) -> Topic {
        Topic::Gateway(self.gateway)
    }

    /// Takes a number, before the command is submitted.
    pub(crate) fn ticket(&self) -> (Ticket, Waiter<'_>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, outcome) = oneshot::channel();
        if let Some(waiters) = &mut *self.waiters.lock() {
            waiters.insert(number, sender);
        }
        (Ticket { gateway: self.gateway, number }, Waiter { number, waiters: &self.waiters, outcome })
    }

    /// Tells whoever waits under a number.
    pub(crate) fn settle(&self, number: u64, result: Result<Outcome, Refusal>) {
        let waiter = self.waiters.lock().as_mut().and_then(|waiters| waiters.remove(&number));
        if let Some(waiter) = waiter {
            // Who gave up waiting does not hear it.
            let _ = waiter.send(result);
        }
    }

    /// No outcome comes any more: who waits, and who is going to, hears at once that theirs is unknown.
    pub(crate) fn close(&self) {
        *self.waiters.lock() = None;
    }
}

impl Waiter<'_> {
    pub(crate) async fn outcome(mut self) -> Result<Outcome, Refusal> {
        match tokio::time::timeout(PATIENCE, &mut self.outcome).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Refusal::OutcomeUnknown),
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if let Some(waiters) = &mut *self.waiters.lock() {
            waiters.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::Poll;

    #[tokio::test]
    async fn an_outcome_reaches_the_one_who_waits_for_it() {
        let pending = Pending::new(1);
        let (one, first) = pending.ticket();
        let (other, second) = pending.ticket();
        pending.settle(other.number, Ok(Outcome::Stored(Seq(2))));
        pending.settle(one.number, Err(Refusal::NotAMember));
        assert_eq!(first.outcome().await, Err(Refusal::NotAMember));
        assert_eq!(second.outcome().await, Ok(Outcome::Stored(Seq(2))));
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let pending = Pending::new(1);
        drop(pending.ticket());
        assert!(pending.waiters.lock().as_ref().is_some_and(HashMap::is_empty));
    }

    #[tokio::test]
    async fn when_no_outcome_comes_any_more_nobody_waits_for_one() {
        let pending = Pending::new(1);
        let (_, before) = pending.ticket();
        let mut before = std::pin::pin!(before.outcome());
        assert_eq!(poll_once(before.as_mut()).await, Poll::Pending);
        pending.close();
        assert_eq!(poll_once(before).await, Poll::Ready(Err(Refusal::OutcomeUnknown)));
        let (_, after) = pending.ticket();
        assert_eq!(poll_once(std::pin::pin!(after.outcome())).await, Poll::Ready(Err(Refusal::OutcomeUnknown)));
    }

    async fn poll_once<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
    }
}
