//! Limits: how large, how many, how fast. All of them are told to clients in `ready`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The sizes and counts that clients must keep to. The defaults are those of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Bytes of a message's text.
    pub body_bytes: usize,
    /// Bytes of one frame or request body.
    pub frame_bytes: usize,
    /// Binary attachments of one packet.
    pub attachments: usize,
    /// How deeply values may nest.
    pub json_depth: usize,
    /// Packets in one answer to a poll.
    pub poll_packets: usize,
    /// Commands a user may send, per second, in the long run.
    pub commands_per_second: u32,
    /// Commands a user may send at once after a quiet time.
    pub command_burst: u32,
    /// Members of one channel.
    pub members: usize,
    /// Channels one user may be a member of.
    pub channels_per_user: usize,
    /// Users named in one command (invitations, mentions, watched presence).
    pub users_per_command: usize,
    /// Entries or messages in one answer.
    pub page: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 * 1024,
            frame_bytes: 1024 * 1024,
            attachments: 10,
            json_depth: 32,
            poll_packets: 16,
            commands_per_second: 50,
            command_burst: 200,
            members: 100_000,
            channels_per_user: 20_000,
            users_per_command: 1_000,
            page: 200,
        }
    }
}

/// A rate: so many at once, and so many per second in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Milliseconds that one event costs.
    interval_ms: f64,
    /// How many events may come at once.
    burst: u32,
}

impl Rate {
    /// `count` events every `period_ms`, of which `burst` may come at once. `count`, `period_ms` and `burst` are at least 1.
    pub fn new(count: u32, period_ms: u64, burst: u32) -> Self {
        Self { interval_ms: period_ms.max(1) as f64 / f64::from(count.max(1)), burst: burst.max(1) }
    }
}

/// One limited party's account with a [`Rate`]: the generic cell rate algorithm (ITU-T I.371), one number of state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// When the account is level again.
    level_at: f64,
}

impl Bucket {
    /// Takes one event. `Err` tells after how many milliseconds to try again; nothing was taken then. Time may run back.
    pub fn take(&mut self, rate: &Rate, now: Timestamp) -> Result<(), u64> {
        let now = now.0 as f64;
        let tolerance = rate.interval_ms * f64::from(rate.burst - 1);
        // Nobody owes more than a burst: who seems to was counted before the clock was set back.
        let is_stale = self.level_at - now > tolerance + rate.interval_ms;
        let level_at = if is_stale { now } else { self.level_at.max(now) };
        if level_at - now > tolerance {
            return Err((level_at - now - tolerance).ceil() as u64);
        }
        self.level_at = level_at + rate.interval_ms;
        Ok(())
    }

    /// Nothing is owed: the account may be forgotten.
    pub fn is_level(&self, now: Timestamp) -> bool {
        self.level_at <= now.0 as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_what_follows_waits_its_turn() {
        let rate = Rate::new(10, 1000, 3);
        let mut bucket = Bucket::default();
        let now = Timestamp(5_000);
        for _ in 0..3 {
            assert_eq!(bucket.take(&rate, now), Ok(()));
        }
        assert_eq!(bucket.take(&rate, now), Err(100));
        assert_eq!(bucket.take(&rate, now.after_ms(99)), Err(1));
        assert_eq!(bucket.take(&rate, now.after_ms(100)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_make_debtors() {
        let rate = Rate::new(10, 1000, 3);
        let mut bucket = Bucket::default();
        let (later, now) = (Timestamp(3_605_000), Timestamp(5_000));
        while bucket.take(&rate, later).is_ok() {}
        for _ in 0..3 {
            assert_eq!(bucket.take(&rate, now), Ok(()));
        }
        assert_eq!(bucket.take(&rate, now), Err(100), "but what is owed since counts");
    }

    #[test]
    fn a_quiet_time_earns_no_more_than_the_burst() {
        let rate = Rate::new(10, 1000, 2);
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(&rate, Timestamp(0)), Ok(()));
        let later = Timestamp(1_000_000);
        assert!(bucket.is_level(later));
        assert_eq!(bucket.take(&rate, later), Ok(()));
        assert_eq!(bucket.take(&rate, later), Ok(()));
        assert!(bucket.take(&rate, later).is_err());
    }
}
