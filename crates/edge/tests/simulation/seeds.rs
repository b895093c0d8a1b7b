//! Ten thousand worlds, or as many as `RIALTO_SEEDS=from..to` names.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use rialto_testkit::sim::{Plan, run};

use super::edge::{self, build, told};

/// Worlds that fail before the rest is not tried any more.
const ENOUGH: usize = 3;

fn seeds() -> std::ops::Range<u64> {
    let Ok(range) = std::env::var("RIALTO_SEEDS") else { return 0..10_000 };
    let bounds = range.split_once("..").and_then(|(from, to)| Some(from.trim().parse().ok()?..to.trim().parse().ok()?));
    bounds.unwrap_or_else(|| panic!("RIALTO_SEEDS={range} is not from..to"))
}

#[test]
fn whatever_goes_wrong_what_must_hold_holds() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    let sums = [const { AtomicU64::new(0) }; 3];
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= seeds.end || failed.lock().unwrap().len() >= ENOUGH {
                        return;
                    }
                    let run = run(&Plan::of(seed), build);
                    for (sum, more) in sums.iter().zip([run.tally.entries as u64, run.tally.crashes, run.tally.cuts]) {
                        sum.fetch_add(more, Relaxed);
                    }
                    if !run.violations.is_empty() {
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let [entries, crashes, cuts] = sums.map(AtomicU64::into_inner);
    println!("{} worlds: {entries} entries, {crashes} crashes, {cuts} broken links", seeds.end - seeds.start);
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable();
    if let Some(seed) = failed.first() {
        let plan = Plan::of(*seed);
        panic!("{}\nseeds that fail: {failed:?}", told(&plan, &edge::run(&plan)));
    }
}

#[test]
fn a_seed_decides_everything() {
    for seed in 0..20 {
        let plan = Plan::of(seed);
        let (once, again) = (run(&plan, build), run(&plan, build));
        assert_eq!((once.fingerprint, once.tally), (again.fingerprint, again.tally), "seed {seed}");
    }
}
