//! A crash at every await of the append path, one after the other.

use rialto_testkit::sim::Plan;

use super::edge::{run, told};

/// The awaits from the intake to the acknowledgement.
const PATH: [&str; 11] = [
    "answer",
    "bus.publish",
    "bus.published",
    "intake.done",
    "intake.submit",
    "intake.submitted",
    "intake.taken",
    "log.append",
    "log.appended",
    "log.facts",
    "log.load",
];

#[test]
fn a_crash_at_any_await_of_the_append_path_loses_nothing_and_doubles_nothing() {
    for (seed, late_bus, await_ms) in [(1, false, 0), (2, true, 7)] {
        let calm = Plan { late_bus, await_ms, storm_ms: 2_000, ..Plan::calm(seed) };
        let (awaits, names) = run(&calm).awaits;
        let missing: Vec<_> = PATH.iter().filter(|name| !names.contains(*name)).collect();
        assert!(missing.is_empty(), "the scenario does not pass {missing:?}");
        for crash_at in 1..=awaits {
            let plan = Plan { crash_at: Some(crash_at), ..calm.clone() };
            let run = run(&plan);
            assert!(run.violations.is_empty(), "{}", told(&plan, &run));
            assert_eq!(run.tally.crashes, 1, "it does not crash at await {crash_at} of {awaits}");
        }
        println!("seed {seed}: crashed at each of {awaits} awaits");
    }
}
