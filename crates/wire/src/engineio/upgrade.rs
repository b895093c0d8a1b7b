//! How a session moves from polling to a WebSocket.
//!
//! The client opens a WebSocket with the session's id: the *candidate*. It sends `2probe` there and hears `3probe`; the server
//! meanwhile releases the pending poll, so that nothing is under way on the old transport. With `5` the client moves over.
//! Until then, whatever happens to the candidate does not touch the session.

use super::packet::{PROBE, Packet};

/// Where a session that began with polling stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Upgrade {
    /// Polling; no candidate.
    #[default]
    None,
    /// Polling, with a candidate that has not spoken.
    Attached {
        /// When the candidate is given up, in milliseconds.
        until_ms: u64,
    },
    /// Polling, with a candidate that was probed.
    Probed {
        /// When the candidate is given up, in milliseconds.
        until_ms: u64,
    },
    /// The WebSocket is the transport, for good.
    Done,
}

/// What a packet on the candidate asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send `3probe` on the candidate and release a pending poll with a noop.
    Probe,
    /// The candidate is the transport now: flush to it what is queued, release a pending poll with a noop.
    Switch,
    /// Close the candidate; the session stays with polling.
    Drop,
}

/// There is a candidate already, or the session has moved. The new WebSocket is closed, the session is not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has another WebSocket already")]
pub struct AlreadyUpgrading;

impl Upgrade {
    /// A WebSocket came with the session's id. It has until `until_ms` to finish.
    pub fn attach(&mut self, until_ms: u64) -> Result<(), AlreadyUpgrading> {
        match self {
            Self::None => {
                *self = Self::Attached { until_ms };
                Ok(())
            }
            _ => Err(AlreadyUpgrading),
        }
    }

    /// A packet came on the candidate.
    pub fn on_packet(&mut self, packet: &Packet<'_>) -> Step {
        let (next, step) = match (*self, packet) {
            (Self::Attached { until_ms }, Packet::Ping(PROBE)) => (Self::Probed { until_ms }, Step::Probe),
            (Self::Probed { .. }, Packet::Upgrade) => (Self::Done, Step::Switch),
            (Self::Done, _) => (Self::Done, Step::Drop),
            _ => (Self::None, Step::Drop),
        };
        *self = next;
        step
    }

    /// The candidate was closed, or failed. A session that has moved stays moved.
    pub fn detach(&mut self) {
        if *self != Self::Done {
            *self = Self::None;
        }
    }

    /// When the candidate is given up: close it then, and [`Upgrade::detach`].
    pub fn due_ms(&self) -> Option<u64> {
        match self {
            Self::Attached { until_ms } | Self::Probed { until_ms } => Some(*until_ms),
            Self::None | Self::Done => None,
        }
    }

    /// Whether polls and posts are still the session's transport. Afterwards they are bad requests.
    pub fn is_polling(&self) -> bool {
        *self != Self::Done
    }

    /// Whether a poll may wait for packets. One that comes after the probe is answered at once, with a noop if need be: the client
    /// moves only when no poll is under way.
    pub fn may_poll_wait(&self) -> bool {
        matches!(self, Self::None | Self::Attached { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBE_PACKET: Packet<'_> = Packet::Ping(PROBE);

    fn probed() -> Upgrade {
        let mut upgrade = Upgrade::default();
        upgrade.attach(10).unwrap();
        assert_eq!(upgrade.on_packet(&PROBE_PACKET), Step::Probe);
        upgrade
    }

    #[test]
    fn a_client_probes_and_moves() {
        let mut upgrade = Upgrade::default();
        assert_eq!(upgrade.attach(10), Ok(()));
        assert!(upgrade.is_polling() && upgrade.may_poll_wait());
        assert_eq!(upgrade.on_packet(&PROBE_PACKET), Step::Probe);
        assert!(upgrade.is_polling() && !upgrade.may_poll_wait());
        assert_eq!(upgrade.due_ms(), Some(10));
        assert_eq!(upgrade.on_packet(&Packet::Upgrade), Step::Switch);
        assert!(!upgrade.is_polling() && !upgrade.may_poll_wait());
        assert_eq!(upgrade.due_ms(), None);
    }

    #[test]
    fn a_second_candidate_is_refused_and_the_first_goes_on() {
        let mut upgrade = Upgrade::default();
        upgrade.attach(10).unwrap();
        assert_eq!(upgrade.attach(99), Err(AlreadyUpgrading));
        assert_eq!(upgrade.due_ms(), Some(10));

        let mut upgrade = probed();
        assert_eq!(upgrade.attach(99), Err(AlreadyUpgrading));
        assert_eq!(upgrade.on_packet(&Packet::Upgrade), Step::Switch);
        assert_eq!(upgrade.attach(99), Err(AlreadyUpgrading));
    }

    #[test]
    fn anything_else_on_the_candidate_drops_it_and_the_session_may_try_again() {
        for packet in [Packet::Upgrade, Packet::Ping(""), Packet::Text("a"), Packet::Close, Packet::Pong(PROBE)] {
            let mut upgrade = Upgrade::default();
            upgrade.attach(10).unwrap();
            assert_eq!(upgrade.on_packet(&packet), Step::Drop, "{packet:?}");
            assert_eq!(upgrade.attach(20), Ok(()));
        }
        let mut upgrade = probed();
        assert_eq!(upgrade.on_packet(&PROBE_PACKET), Step::Drop);
        assert_eq!(upgrade, Upgrade::None);
    }

    #[test]
    fn a_lost_candidate_leaves_the_session_polling() {
        let mut upgrade = probed();
        upgrade.detach();
        assert_eq!(upgrade, Upgrade::None);

        let mut upgrade = probed();
        upgrade.on_packet(&Packet::Upgrade);
        upgrade.detach();
        assert_eq!(upgrade, Upgrade::Done);
        assert_eq!(upgrade.on_packet(&Packet::Upgrade), Step::Drop);
        assert_eq!(upgrade, Upgrade::Done);
    }
}
