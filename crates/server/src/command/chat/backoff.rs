//! How long to wait before connecting again.

/// The first wait is about so long, each further one twice the one before.
const FIRST_MS: u64 = 500;
/// No wait is longer.
const LONGEST_MS: u64 = 30_000;
/// A connection that lasted for so long was a good one: what follows begins anew.
const LASTED_MS: u64 = 10_000;

/// The waits between attempts. They are scattered, so that the clients of a server that restarts do not all come at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The next wait, in milliseconds, by any random number.
    pub(crate) fn next_ms(&mut self, random: u64) -> u64 {
        let longest = (FIRST_MS << self.attempts.min(16)).min(LONGEST_MS);
        self.attempts += 1;
        longest / 2 + random % (longest / 2 + 1)
    }

    /// A connection lasted for so long.
    pub(crate) fn note_lasted(&mut self, ms: u64) {
        if ms >= LASTED_MS {
            self.attempts = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit_and_are_scattered() {
        for random in [0, 7, u64::MAX] {
            let mut backoff = Backoff::default();
            let waits: Vec<_> = (0..100).map(|_| backoff.next_ms(random)).collect();
            assert!((FIRST_MS / 2..=FIRST_MS).contains(&waits[0]), "{waits:?}");
            assert!((LONGEST_MS / 2..=LONGEST_MS).contains(&waits[99]), "{waits:?}");
        }
        let (mut one, mut other) = (Backoff::default(), Backoff::default());
        assert_ne!(one.next_ms(1), other.next_ms(200));
    }

    #[test]
    fn only_a_connection_that_lasted_begins_anew() {
        let mut backoff = Backoff::default();
        for _ in 0..10 {
            backoff.next_ms(0);
        }
        backoff.note_lasted(LASTED_MS - 1);
        assert!(backoff.next_ms(0) > FIRST_MS);
        backoff.note_lasted(LASTED_MS);
        assert!(backoff.next_ms(0) <= FIRST_MS);
    }
}
