//! How long things took: counts in buckets that grow with the value, 1.6 % wide.

/// The share of a bucket's value that it is wide: 1/2⁶.
const GRAIN_BITS: u32 = 6;
const GRAIN: u64 = 1 << GRAIN_BITS;

/// A distribution of microseconds.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; (64 - GRAIN_BITS as usize + 1) << GRAIN_BITS].into(), count: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts a value in.
    pub(super) fn record(&mut self, value_us: u64) {
        self.buckets[bucket_of(value_us)] += 1;
        self.count += 1;
        self.max = self.max.max(value_us);
    }

    /// How many values there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The value that the given share of all (0 to 1) does not exceed, never told too small. Zero without values.
    pub(super) fn quantile(&self, share: f64) -> u64 {
        let rank = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut counted = 0;
        let reached = self.buckets.iter().position(|count| {
            counted += count;
            counted >= rank
        });
        reached.map_or(self.max, |bucket| top_of(bucket).min(self.max))
    }

    /// The largest value.
    pub(super) fn max(&self) -> u64 {
        self.max
    }
}

fn bucket_of(value: u64) -> usize {
    if value < GRAIN {
        return value as usize;
    }
    let magnitude = value.ilog2() - GRAIN_BITS;
    let place = (value >> magnitude) - GRAIN;
    (u64::from(magnitude + 1) * GRAIN + place) as usize
}

/// The largest value of a bucket.
fn top_of(bucket: usize) -> u64 {
    let (row, place) = (bucket as u64 / GRAIN, bucket as u64 % GRAIN);
    match row {
        0 => place,
        _ => ((GRAIN + place) << (row - 1)) + ((1 << (row - 1)) - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_and_buckets_are_narrow() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) + (1 << shift) / 3, u64::MAX >> shift] {
                let top = top_of(bucket_of(value));
                assert!(top >= value && top - value <= value / GRAIN, "{value} {top}");
            }
        }
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|value| histogram.record(value * 100));
        for (share, exact) in [(0.5, 50_000), (0.99, 99_000), (1.0, 100_000)] {
            let told = histogram.quantile(share);
            assert!(told >= exact && told <= exact + exact / GRAIN, "{share}: {told}");
        }
        assert_eq!((histogram.count(), histogram.max()), (1000, 100_000));
    }

    #[test]
    fn nothing_took_no_time() {
        assert_eq!(Histogram::default().quantile(0.99), 0);
    }
}
