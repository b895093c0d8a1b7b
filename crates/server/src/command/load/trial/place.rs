//! What a client of a trial has of one channel.

use rialto_domain::Seq;

/// How far a client is in a channel's log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// It has everything that it may see up to here,
    have: Seq,
    /// beginning after this place: before it too much was missed once, and the server said so.
    since: Seq,
    /// The newest that came by itself.
    newest: Seq,
    /// The newest message.
    message: Seq,
}

impl Place {
    /// The position for `sync`.
    pub(super) fn have(&self) -> Seq {
        self.have
    }

    /// Everything from here on was told.
    pub(super) fn since(&self) -> Seq {
        self.since
    }

    /// The newest message it knows of.
    pub(super) fn newest_message(&self) -> Seq {
        self.message
    }

    /// A message stands there.
    pub(super) fn message(&mut self, seq: Seq) {
        self.message = self.message.max(seq);
    }

    /// An entry came by itself. True when something before it is missing.
    pub(super) fn live(&mut self, seq: Seq) -> bool {
        self.newest = self.newest.max(seq);
        if seq == self.have.next() {
            self.have = seq;
        }
        self.newest > self.have
    }

    /// The server said that everything up to here was told. True when what came meanwhile leaves a hole again.
    pub(super) fn synced(&mut self, to: Seq) -> bool {
        self.have = self.have.max(to);
        self.newest > self.have
    }

    /// The server said that too much was missed: the log is taken up at its end.
    pub(super) fn refetched(&mut self, head: Seq) -> bool {
        if head > self.have {
            (self.have, self.since) = (head, head);
        }
        self.newest > self.have
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_order_needs_no_sync_and_a_hole_does_until_it_is_closed() {
        let mut place = Place::default();
        assert!(!place.live(Seq(1)) && !place.live(Seq(2)));
        assert!(place.live(Seq(4)));
        assert!(place.live(Seq(5)));
        assert_eq!(place.have(), Seq(2));
        assert!(place.synced(Seq(4)));
        assert!(!place.synced(Seq(5)));
        assert!(!place.live(Seq(6)));
        assert_eq!((place.have(), place.since()), (Seq(6), Seq(0)));
    }

    #[test]
    fn after_too_long_an_absence_it_goes_on_from_the_end() {
        let mut place = Place::default();
        place.live(Seq(1));
        assert!(!place.refetched(Seq(5000)));
        assert_eq!((place.have(), place.since()), (Seq(5000), Seq(5000)));
        assert!(!place.refetched(Seq(4000)));
        assert_eq!(place.since(), Seq(5000));
    }
}
