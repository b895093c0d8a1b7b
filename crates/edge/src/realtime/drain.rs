//! Going down without losing anybody: each client is told when to come back, and all of them at different times.

use rialto_wire::event::{Event, Notice};
use rialto_wire::websocket::CloseCode;

use super::connection::Carrier;
use super::encode;
use super::rooms::Index;
use super::shard::Shard;

/// When a connection is to go, in milliseconds from now: all of them spread evenly over `spread_ms`.
pub(super) fn share(index: Index, connections: usize, spread_ms: u64) -> u64 {
    // Fibonacci hashing: neighbours, who came at the same time, go at different times.
    let place = u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    if connections <= 1 { 0 } else { (place * spread_ms) >> 32 }
}

impl Shard {
    /// Says goodbye to everybody within so many milliseconds.
    pub(super) fn drain(&mut self, within_ms: u64) {
        self.drain_by = Some(self.now.after_ms(within_ms));
        // The last quarter is for those who are slow to go.
        let spread_ms = within_ms - within_ms / 4;
        for index in self.connections.iter().map(|(index, _)| index as Index).collect::<Vec<_>>() {
            let leave_ms = share(index, self.connections.len(), spread_ms);
            self.dismiss(index, leave_ms);
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.drain_by.is_some()
    }

    pub(super) fn is_drained(&self) -> bool {
        // Browsers open connections on a guess and say nothing: nobody waits for those.
        let are_all_gone = || self.connections.iter().all(|(_, connection)| matches!(connection.carrier, Carrier::Head(_)));
        self.drain_by.is_some_and(|by| self.now >= by || are_all_gone())
    }

    /// Asks a client to leave, and closes its connection when it did not within `leave_ms`.
    pub(super) fn dismiss(&mut self, index: Index, leave_ms: u64) {
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        match connection.carrier {
            // A head may still turn out to be a poll of somebody who has not heard of this yet.
            Carrier::Head(_) | Carrier::Closing => return,
            Carrier::Candidate(_) | Carrier::Echo => return self.close(index, CloseCode::GOING_AWAY, "the server goes down"),
            Carrier::Plain(_) | Carrier::EngineIo(_) => {}
        }
        connection.deadline = self.now.after_ms(leave_ms);
        let notice = Event::Notice(Notice::Drain { reconnect_after_ms: leave_ms });
        if let Some(frame) = connection.format().and_then(|format| encode::event(format, &notice)) {
            self.push(index, frame);
        }
        self.arm(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_evenly_over_the_time_there_is() {
        let shares: Vec<_> = (0..1000).map(|index| share(index, 1000, 10_000)).collect();
        assert!(shares.iter().all(|share| *share < 10_000));
        for tenth in 0..10 {
            let count = shares.iter().filter(|share| **share / 1000 == tenth).count();
            assert!((80..=120).contains(&count), "{count} leave in tenth {tenth}");
        }
        assert_eq!(share(0, 1, 10_000), 0);
    }
}
