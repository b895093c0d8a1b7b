//! A bounded queue between those who ask and the threads that do.

use std::collections::VecDeque;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::fault::Fault;

/// Holds items up to a total weight.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    most: usize,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<(usize, T)>,
    weight: usize,
    closed: bool,
}

/// What came of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<T> {
    /// These are next.
    Items(Vec<T>),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new(most: usize) -> Self {
        let state = State { items: VecDeque::new(), weight: 0, closed: false };
        Self { state: Mutex::new(state), filled: Condvar::new(), most }
    }

    /// Puts an item in, unless too much is waiting. An item heavier than the bound is taken when nothing else waits.
    pub(super) fn push(&self, item: T, weight: usize) -> Result<(), Fault> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Fault::Closed);
        }
        if !state.items.is_empty() && state.weight + weight > self.most {
            return Err(Fault::Overloaded);
        }
        state.weight += weight;
        state.items.push_back((weight, item));
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes what waits, in order, up to a weight but at least one. Waits for the first one, until a moment if one is given.
    pub(super) fn take(&self, most: usize, until: Option<Instant>) -> Taken<T> {
        let mut state = self.state.lock();
        while state.items.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            match until {
                None => self.filled.wait(&mut state),
                Some(until) if self.filled.wait_until(&mut state, until).timed_out() && state.items.is_empty() => return Taken::Nothing,
                Some(_) => {}
            }
        }
        let mut items = Vec::new();
        let mut taken = 0;
        while let Some((weight, _)) = state.items.front() {
            if !items.is_empty() && taken + weight > most {
                break;
            }
            taken += weight;
            items.extend(state.items.pop_front().map(|(_, item)| item));
        }
        state.weight -= taken;
        Taken::Items(items)
    }

    /// How many items wait.
    pub(super) fn len(&self) -> usize {
        self.state.lock().items.len()
    }

    /// Is nothing let in any more?
    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Lets nothing more in, and drops what waits.
    pub(super) fn abandon(&self) {
        self.close();
        let dropped = std::mem::take(&mut self.state.lock().items);
        drop(dropped);
    }

    /// Lets nothing more in. What waits is still handed out.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn items_come_out_in_order_and_in_portions() {
        let queue = Queue::new(100);
        for item in 0..5 {
            queue.push(item, 10).unwrap();
        }
        assert_eq!(queue.take(30, None), Taken::Items(vec![0, 1, 2]));
        assert_eq!(queue.take(30, None), Taken::Items(vec![3, 4]));
        assert_eq!(queue.take(30, Some(Instant::now())), Taken::Nothing);
    }

    #[test]
    fn beyond_the_bound_it_refuses_and_takes_again_when_there_is_room() {
        let queue = Queue::new(10);
        queue.push('a', 6).unwrap();
        assert!(matches!(queue.push('b', 6), Err(Fault::Overloaded)));
        assert_eq!(queue.take(1, None), Taken::Items(vec!['a']));
        assert!(queue.push('c', 60).is_ok(), "a heavy one passes alone");
    }

    #[test]
    fn what_was_let_in_before_closing_is_still_handed_out() {
        let queue = Queue::new(10);
        queue.push('a', 1).unwrap();
        queue.close();
        assert!(matches!(queue.push('b', 1), Err(Fault::Closed)));
        assert_eq!(queue.take(1, None), Taken::Items(vec!['a']));
        assert_eq!(queue.take(1, None), Taken::Closed);
    }
}
