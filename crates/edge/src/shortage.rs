//! The system has no room for another connection: descriptors are out, or memory is. All listeners bear it the same way.

use std::time::{Duration, Instant};

/// How long a listener rests before it tries again. The connection that could not be accepted still waits, so that
/// nothing else would hold it back.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// How long one line of the log stands for all tries that fail.
const QUIET: Duration = Duration::from_secs(60);

/// Whether the log is to tell of a shortage: one that lasts must not fill the disk.
#[derive(Debug, Default)]
pub(crate) struct Shortage {
    told_at: Option<Instant>,
}

impl Shortage {
    /// A connection could not be accepted. True when the log is to tell of it: once a minute, also where some are let in
    /// meanwhile, as places become free one by one.
    pub(crate) fn is_news(&mut self, now: Instant) -> bool {
        let is_news = self.told_at.is_none_or(|told_at| now.duration_since(told_at) >= QUIET);
        if is_news {
            self.told_at = Some(now);
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_that_lasts_is_told_once_a_minute() {
        let begin = Instant::now();
        let mut shortage = Shortage::default();
        let told: Vec<u32> = (0..1300).filter(|try_number| shortage.is_news(begin + PAUSE * *try_number)).collect();
        assert_eq!(told, [0, 600, 1200]);
    }
}
