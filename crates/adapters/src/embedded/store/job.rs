//! What the writer is asked to do, and how it answers.

use tokio::sync::oneshot;

use super::fault::{Failure, Fault};
use super::group::Group;

/// A write that waits for its turn.
pub(super) type Job = Box<dyn Work>;

/// A write, whatever it returns.
pub(super) trait Work: Send {
    /// Does it within the group's transaction. `Err`: the transaction cannot go on.
    fn perform(self: Box<Self>, group: &mut Group<'_>) -> (Result<(), Failure>, Box<dyn Reply>);

    /// Says that it was not done.
    fn refuse(self: Box<Self>, failure: Failure);
}

/// Whoever waits for the commit.
pub(super) trait Reply {
    /// Tells what became of it.
    fn tell(self: Box<Self>, committed: Result<(), Failure>);
}

/// How a write guards the rest of its group against its own failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// It checks everything before it changes anything: when it says no, nothing was changed.
    Checks,
    /// It may fail half-way, and is undone then.
    Undo,
}

struct Request<T, F> {
    act: F,
    guard: Guard,
    told: oneshot::Sender<Result<T, Fault>>,
}

struct Answer<T> {
    result: Result<T, Fault>,
    told: oneshot::Sender<Result<T, Fault>>,
}

/// A job, and where its outcome will be told after the commit.
pub(super) fn job<T, F>(guard: Guard, act: F) -> (Job, oneshot::Receiver<Result<T, Fault>>)
where
    T: Send + 'static,
    F: FnOnce(&mut Group<'_>) -> Result<T, Fault> + Send + 'static,
{
    let (told, outcome) = oneshot::channel();
    (Box::new(Request { act, guard, told }), outcome)
}

impl<T, F> Work for Request<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Group<'_>) -> Result<T, Fault> + Send,
{
    fn perform(self: Box<Self>, group: &mut Group<'_>) -> (Result<(), Failure>, Box<dyn Reply>) {
        let Self { act, guard, told } = *self;
        let result = match guard {
            Guard::Checks => act(group),
            Guard::Undo => group.isolated(act),
        };
        let broken = match &result {
            Err(fault) if !fault.is_private(guard) => Err(Failure::of(fault)),
            _ => Ok(()),
        };
        (broken, Box::new(Answer { result, told }))
    }

    fn refuse(self: Box<Self>, failure: Failure) {
        // Who asked may have stopped waiting.
        let _ = self.told.send(Err(failure.into()));
    }
}

impl<T: Send> Reply for Answer<T> {
    fn tell(self: Box<Self>, committed: Result<(), Failure>) {
        let result = self.result.and_then(|value| committed.map(|()| value).map_err(Fault::from));
        // Who asked may have stopped waiting.
        let _ = self.told.send(result);
    }
}
