//! Every message that was sent, and what became of it.

use rialto_domain::Seq;
use serde::Serialize;
use std::collections::VecDeque;

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// When it was due, in microseconds of the run.
    pub(super) due_us: u64,
    /// Where it goes.
    pub(super) channel: u32,
    /// The connection that sends it.
    pub(super) sender: u32,
    /// Its place in the log, once somebody saw it.
    seq: Seq,
    /// Connections that must see it, the sender's own included.
    expected: u32,
    /// Connections that saw it.
    heard: u32,
    is_received: bool,
}

/// Sums over all messages of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    /// Messages sent.
    pub(super) sent: u64,
    /// Messages that the server took in.
    pub(super) received: u64,
    /// Messages that the server refused.
    pub(super) refused: u64,
    /// Deliveries that must happen.
    pub(super) expected: u64,
    /// Deliveries that happened.
    pub(super) delivered: u64,
    /// Deliveries too many: to a connection that had it, or of a message that stands in the log twice.
    pub(super) doubled: u64,
}

/// The messages of a run by number. Those that are done with are forgotten, so it is as large as what is on its way.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    totals: Totals,
    first: u64,
    open: VecDeque<Sent>,
}

/// What a delivery was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    /// The message.
    pub(super) sent: Sent,
    /// It reached its own sender: *stored*.
    pub(super) is_own: bool,
}

impl Ledger {
    /// Sums over everything so far.
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    /// Deliveries that must happen and have not happened yet.
    pub(super) fn outstanding(&self) -> u64 {
        self.totals.expected.saturating_sub(self.totals.delivered)
    }

    /// The number that the next message gets.
    pub(super) fn next_number(&self) -> u64 {
        self.first + self.open.len() as u64
    }

    /// A message was sent that `expected` connections must see.
    pub(super) fn send(&mut self, due_us: u64, channel: u32, sender: u32, expected: u32) {
        self.totals.sent += 1;
        self.totals.expected += u64::from(expected);
        self.open.push_back(Sent { due_us, channel, sender, seq: Seq::ZERO, expected, heard: 0, is_received: false });
    }

    /// The server took a message in.
    pub(super) fn receive(&mut self, number: u64) -> Option<Sent> {
        let sent = self.find(number).filter(|sent| !sent.is_received)?;
        sent.is_received = true;
        let sent = *sent;
        self.totals.received += 1;
        self.forget_done();
        Some(sent)
    }

    /// The server refused a message: nobody need see it.
    pub(super) fn refuse(&mut self, number: u64) {
        let Some(sent) = self.find(number).filter(|sent| sent.expected > 0) else { return };
        let not_coming = std::mem::take(&mut sent.expected).saturating_sub(sent.heard);
        sent.is_received = true;
        self.totals.refused += 1;
        self.totals.expected -= u64::from(not_coming);
        self.forget_done();
    }

    /// A connection saw a message for the first time. `None` when that was one too many.
    pub(super) fn deliver(&mut self, number: u64, seq: Seq, to: u32) -> Option<Delivery> {
        let Some(sent) = self.find(number) else {
            self.double();
            return None;
        };
        if sent.seq == Seq::ZERO {
            sent.seq = seq;
        }
        // Another place in the log is another copy of the message.
        if sent.seq != seq || sent.heard >= sent.expected {
            self.double();
            return None;
        }
        sent.heard += 1;
        let delivery = Delivery { sent: *sent, is_own: sent.sender == to };
        self.totals.delivered += 1;
        self.forget_done();
        Some(delivery)
    }

    /// A connection saw something that it had seen.
    pub(super) fn double(&mut self) {
        self.totals.doubled += 1;
    }

    fn find(&mut self, number: u64) -> Option<&mut Sent> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.open.get_mut(place)
    }

    fn forget_done(&mut self) {
        while self.open.front().is_some_and(|sent| sent.is_received && sent.heard >= sent.expected) {
            self.open.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_messages(count: u64) -> Ledger {
        let mut ledger = Ledger::default();
        (0..count).for_each(|number| ledger.send(number * 10, 0, 7, 2));
        ledger
    }

    #[test]
    fn a_message_that_was_taken_in_and_seen_by_all_is_done_with() {
        let mut ledger = with_messages(2);
        assert_eq!(ledger.receive(0).map(|sent| sent.due_us), Some(0));
        assert!(ledger.deliver(0, Seq(1), 7).unwrap().is_own);
        assert!(!ledger.deliver(0, Seq(1), 8).unwrap().is_own);
        assert_eq!((ledger.open.len(), ledger.next_number(), ledger.outstanding()), (1, 2, 2));
        let totals = Totals { sent: 2, received: 1, refused: 0, expected: 4, delivered: 2, doubled: 0 };
        assert_eq!(ledger.totals(), totals);
    }

    #[test]
    fn a_delivery_too_many_is_doubled_even_after_the_message_is_forgotten() {
        let mut ledger = with_messages(1);
        ledger.receive(0);
        ledger.deliver(0, Seq(1), 7);
        ledger.deliver(0, Seq(1), 8);
        assert!(ledger.deliver(0, Seq(1), 8).is_none());
        assert_eq!((ledger.totals().doubled, ledger.totals().delivered), (1, 2));
    }

    #[test]
    fn a_message_that_stands_in_the_log_twice_is_doubled() {
        let mut ledger = with_messages(1);
        assert!(ledger.deliver(0, Seq(4), 7).is_some());
        assert!(ledger.deliver(0, Seq(5), 8).is_none());
        assert_eq!(ledger.totals().doubled, 1);
    }

    #[test]
    fn nobody_waits_for_what_was_refused() {
        let mut ledger = with_messages(1);
        ledger.refuse(0);
        ledger.refuse(0);
        assert_eq!((ledger.outstanding(), ledger.totals().refused, ledger.open.len()), (0, 1, 0));
    }

    #[test]
    fn an_acknowledgement_counts_once() {
        let mut ledger = with_messages(1);
        assert!(ledger.receive(0).is_some());
        assert!(ledger.receive(0).is_none());
        assert!(ledger.receive(99).is_none());
        assert_eq!(ledger.totals().received, 1);
    }
}
