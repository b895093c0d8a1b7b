//! When the next message is due.

/// How messages are let go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pace {
    /// So many a second, whatever the server does (an open loop): a slow server does not slow its clients down, and
    /// latency counts from when a message was due.
    Open {
        /// Messages a second.
        per_second: f64,
    },
    /// As many as fit under this number of outstanding deliveries.
    Saturate {
        /// Deliveries.
        inflight: u64,
    },
}

/// The most messages let go before the sockets are looked at again.
const BURST: u64 = 256;

impl Pace {
    /// How many messages to send now, `elapsed_us` into the run, after `sent` of them; each makes `size` deliveries.
    pub(super) fn due(&self, elapsed_us: u64, sent: u64, outstanding: u64, size: u64) -> u64 {
        let due = match *self {
            Self::Open { per_second } => ((elapsed_us as f64 / 1e6 * per_second) as u64 + 1).saturating_sub(sent),
            Self::Saturate { inflight } => inflight.max(size).saturating_sub(outstanding) / size.max(1),
        };
        due.min(BURST)
    }

    /// When message `number` is due, in microseconds of the run.
    pub(super) fn due_us(&self, number: u64, elapsed_us: u64) -> u64 {
        match *self {
            Self::Open { per_second } => (number as f64 / per_second * 1e6) as u64,
            Self::Saturate { .. } => elapsed_us,
        }
    }

    /// For how many microseconds nothing is due; `None` when that is up to the server.
    pub(super) fn rest_us(&self, elapsed_us: u64, sent: u64) -> Option<u64> {
        match self {
            Self::Open { .. } => Some(self.due_us(sent, elapsed_us).saturating_sub(elapsed_us)),
            Self::Saturate { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNDRED: Pace = Pace::Open { per_second: 100.0 };

    #[test]
    fn an_open_loop_does_not_wait_for_the_server() {
        assert_eq!(HUNDRED.due(0, 0, 0, 10), 1);
        assert_eq!(HUNDRED.due(9_999, 1, 1_000_000, 10), 0);
        assert_eq!(HUNDRED.due(50_000, 1, 1_000_000, 10), 5);
    }

    #[test]
    fn a_message_is_due_when_its_turn_is_and_not_when_it_is_sent() {
        assert_eq!(HUNDRED.due_us(3, 999_999), 30_000);
        assert_eq!(HUNDRED.rest_us(25_000, 3), Some(5_000));
        assert_eq!(HUNDRED.rest_us(35_000, 3), Some(0));
    }

    #[test]
    fn saturation_keeps_the_deliveries_under_way_at_their_number() {
        let pace = Pace::Saturate { inflight: 100 };
        assert_eq!(pace.due(0, 0, 0, 10), 10);
        assert_eq!(pace.due(0, 0, 95, 10), 0);
        assert_eq!(pace.due(0, 0, 0, 1000), 1);
        assert_eq!(pace.rest_us(0, 5), None);
    }
}
