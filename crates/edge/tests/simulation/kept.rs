//! Seeds that found something once. When the world changes, a seed plays out differently: the tests beside the code that was at
//! fault keep what was found for good.

use rialto_testkit::sim::Plan;

use super::edge::{run, told};

/// A seed, and what it found.
const KEPT: &[(u64, &str)] = &[
    (27, "after the server's clock had been set back, rate limits refused everybody until it was as late again"),
    (43, "the same, for those who log in"),
    (209, "a removal whose append seemed to fail was never announced: who was removed heard on"),
];

#[test]
fn what_was_found_once_is_not_found_again() {
    for (seed, found) in KEPT {
        let plan = Plan::of(*seed);
        let run = run(&plan);
        assert!(run.violations.is_empty(), "{}\n{found} again", told(&plan, &run));
    }
}
