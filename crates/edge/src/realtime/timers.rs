//! A hashed timer wheel (Varghese and Lauck 1987): setting a timer costs the same however many there are.

use rialto_domain::Timestamp;

/// How exact the timers are, in milliseconds.
const TICK_MS: u64 = 16;
/// One turn of the wheel takes 65 seconds, longer than any heartbeat: an entry is seldom met before its turn.
const SLOTS: usize = 4096;

/// Timers of one shard. They are never cancelled: whoever set one looks, when it fires, whether it still matters.
#[derive(Debug)]
pub(super) struct Wheel<K> {
    slots: Vec<Vec<Timer<K>>>,
    /// Which slots hold timers.
    occupied: [u64; SLOTS / 64],
    /// The tick that fires next.
    next: u64,
}

#[derive(Debug)]
struct Timer<K> {
    tick: u64,
    key: K,
}

impl<K> Wheel<K> {
    /// A wheel without timers that begins at `now`.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { slots: std::iter::repeat_with(Vec::new).take(SLOTS).collect(), occupied: [0; SLOTS / 64], next: now.0 / TICK_MS }
    }

    /// Fires `key` at `due`, or up to one tick later.
    pub(super) fn set(&mut self, due: Timestamp, key: K) {
        self.insert(Timer { tick: due.0.div_ceil(TICK_MS).max(self.next), key });
    }

    /// Moves the keys that are due into `fired`.
    pub(super) fn advance(&mut self, now: Timestamp, fired: &mut Vec<K>) {
        let last = now.0 / TICK_MS;
        while self.next <= last {
            // After a long sleep one turn meets every slot.
            let Some(tick) = self.next_occupied().filter(|tick| *tick <= last) else { break };
            self.next = tick + 1;
            let slot = slot_of(tick);
            let timers = std::mem::take(&mut self.slots[slot]);
            self.occupied[slot / 64] &= !(1 << (slot % 64));
            for timer in timers {
                if timer.tick <= last { fired.push(timer.key) } else { self.insert(timer) }
            }
        }
        self.next = self.next.max(last + 1);
    }

    /// How many milliseconds from `now` until something may be due; `None` without timers.
    pub(super) fn sleep_ms(&self, now: Timestamp) -> Option<u64> {
        self.next_occupied().map(|tick| (tick * TICK_MS).saturating_sub(now.0))
    }

    fn insert(&mut self, timer: Timer<K>) {
        let slot = slot_of(timer.tick);
        self.slots[slot].push(timer);
        self.occupied[slot / 64] |= 1 << (slot % 64);
    }

    /// The first tick from `next` on whose slot holds timers, though perhaps of a later turn.
    fn next_occupied(&self) -> Option<u64> {
        let start = slot_of(self.next);
        let (word, bit) = (start / 64, start % 64);
        (0..=self.occupied.len()).find_map(|step| {
            let at = (word + step) % self.occupied.len();
            let bits = match step {
                0 => self.occupied[at] >> bit << bit,
                last if last == self.occupied.len() => self.occupied[at] & !(u64::MAX << bit),
                _ => self.occupied[at],
            };
            (bits != 0).then(|| {
                let slot = at * 64 + bits.trailing_zeros() as usize;
                self.next + ((slot + SLOTS - start) % SLOTS) as u64
            })
        })
    }
}

fn slot_of(tick: u64) -> usize {
    (tick % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [u32; 0] = [];

    fn fired(wheel: &mut Wheel<u32>, now: u64) -> Vec<u32> {
        let mut keys = Vec::new();
        wheel.advance(Timestamp(now), &mut keys);
        keys.sort_unstable();
        keys
    }

    #[test]
    fn a_timer_fires_once_and_never_early() {
        let mut wheel = Wheel::new(Timestamp(1000));
        wheel.set(Timestamp(1100), 1);
        wheel.set(Timestamp(1300), 2);
        assert_eq!(fired(&mut wheel, 1099), NONE);
        assert_eq!(fired(&mut wheel, 1116), [1]);
        assert_eq!(fired(&mut wheel, 1299), NONE);
        assert_eq!(fired(&mut wheel, 1316), [2]);
        assert_eq!(fired(&mut wheel, 1_000_000), NONE);
        assert_eq!(wheel.sleep_ms(Timestamp(1_000_000)), None);
    }

    #[test]
    fn what_is_overdue_fires_at_the_next_occasion() {
        let mut wheel = Wheel::new(Timestamp(1000));
        wheel.set(Timestamp(5), 1);
        assert_eq!(fired(&mut wheel, 1020), [1]);
    }

    #[test]
    fn a_timer_beyond_one_turn_waits_for_its_own_turn() {
        let turn = TICK_MS * SLOTS as u64;
        let mut wheel = Wheel::new(Timestamp(0));
        wheel.set(Timestamp(2 * turn + 100), 1);
        wheel.set(Timestamp(100), 2);
        assert_eq!(fired(&mut wheel, 200), [2]);
        assert_eq!(fired(&mut wheel, turn + 200), NONE);
        assert_eq!(fired(&mut wheel, 2 * turn + 200), [1]);
    }

    #[test]
    fn after_a_long_sleep_everything_due_fires_at_once() {
        let turn = TICK_MS * SLOTS as u64;
        let mut wheel = Wheel::new(Timestamp(0));
        (0..1000).for_each(|key| wheel.set(Timestamp(u64::from(key) * 97), key));
        wheel.set(Timestamp(20 * turn), 5000);
        assert_eq!(fired(&mut wheel, 5 * turn), (0..1000).collect::<Vec<_>>());
        assert_eq!(fired(&mut wheel, 20 * turn + TICK_MS), [5000]);
    }

    #[test]
    fn the_sleep_lasts_until_the_next_timer() {
        let mut wheel = Wheel::new(Timestamp(0));
        assert_eq!(wheel.sleep_ms(Timestamp(0)), None);
        for due in [60_000_u64, 3008, 1600, 64] {
            wheel.set(Timestamp(due), 0);
            assert_eq!(wheel.sleep_ms(Timestamp(0)), Some(due));
        }
        fired(&mut wheel, 2000);
        assert_eq!(wheel.sleep_ms(Timestamp(2000)), Some(3008 - 2000));
    }
}
