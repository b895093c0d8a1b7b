//! Answers that take longer: polled by the shard whose connection waits, whenever somebody wakes them.
//!
//! No other thread stands between whoever has the answer, mostly a reader of the store, and the shard that tells it.

use rialto_domain::Refusal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use tokio::runtime::Handle;

use super::connection::Key;
use super::dialogue::Answer;
use super::gateway::Promise;
use super::mailbox::Mailbox;
use super::shard::Mail;

/// A promise, and what its result means. A promise that panics has failed.
pub(super) struct Owed<T, F> {
    promise: Promise<T>,
    answer: Option<F>,
}

impl<T, F: FnOnce(Result<T, Refusal>) -> Answer> Owed<T, F> {
    pub(super) fn new(promise: Promise<T>, answer: F) -> Self {
        Self { promise, answer: Some(answer) }
    }

    /// The answer, if it is there. Not to be called again after it was.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Answer> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.promise.as_mut().poll(context)));
        let result = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => result,
            Err(_) => Err(Refusal::Internal),
        };
        self.answer.take().map_or(Poll::Pending, |answer| Poll::Ready(answer(result)))
    }
}

impl<T, F: FnOnce(Result<T, Refusal>) -> Answer + Unpin> Future for Owed<T, F> {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        self.get_mut().poll(context)
    }
}

/// The answer that a connection waits for.
pub(super) struct Pending {
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
    waker: Waker,
}

impl Pending {
    /// Whoever wakes it sends mail for the connection.
    pub(super) fn new(answer: impl Future<Output = Answer> + Send + 'static, key: Key, mailbox: Arc<Mailbox>) -> Self {
        Self { answer: Box::pin(answer), waker: Arc::new(Bell { key, mailbox }).into() }
    }

    /// The answer, if it is there. Not to be called again after it was.
    pub(super) fn poll(&mut self) -> Poll<Answer> {
        self.answer.as_mut().poll(&mut Context::from_waker(&self.waker))
    }

    /// Nobody waits any more: what has begun is brought to its end all the same, because it may be half done.
    pub(super) fn abandon(self, runtime: &Handle) {
        runtime.spawn(self.answer);
    }
}

/// Tells a shard that the answer for one of its connections may be there.
struct Bell {
    key: Key,
    mailbox: Arc<Mailbox>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.mailbox.send(Mail::Woken(self.key));
    }
}
