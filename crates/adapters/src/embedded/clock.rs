//! The system's clock.

use std::time::SystemTime;

use rialto_domain::Timestamp;
use rialto_domain::ports::Clock;

/// What the operating system says. It may go back, as every wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock set to before 1970 shows zero; it is for display only.
        let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp(since_epoch.as_millis() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_in_milliseconds_since_1970() {
        let year_2020 = Timestamp(1_577_836_800_000);
        let year_2200 = Timestamp(7_258_118_400_000);
        let now = SystemClock.now();
        assert!(year_2020 < now && now < year_2200, "{now:?}");
    }
}
