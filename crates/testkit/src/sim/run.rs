//! A world from its beginning to its end, and what the judge says.

use std::collections::BTreeSet;

use rialto_domain::UserId;

use super::Build;
use super::journal::Note;
use super::judge::{self, Violation};
use super::plan::Plan;
use super::world::World;

/// What came of a world.
pub struct Run {
    /// What must not be.
    pub violations: Vec<Violation>,
    /// What happened, the last of it, if the plan wanted it told.
    pub story: Vec<String>,
    /// Awaits on the append path during the storm, and their names.
    pub awaits: (u64, BTreeSet<&'static str>),
    /// How much there was to judge.
    pub tally: Tally,
    /// The same for the same seed.
    pub fingerprint: u64,
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Tally {
    pub entries: usize,
    pub notes: usize,
    pub crashes: u64,
    pub cuts: u64,
}

/// Lets a world run to its end and judges it.
pub fn run(plan: &Plan, build: Build) -> Run {
    let mut world = World::new(plan.clone(), build);
    let mut violations = world.live();
    let ledger = world.ground.weather.ledger();
    let people: Vec<UserId> = world.devices.iter().filter_map(|device| device.me).collect();
    violations.extend(judge::judge(&ledger, &world.journal, &people, &world.devices, world.last_reading));
    let mut tally = world.tally;
    tally.entries = ledger.logs().map(|(_, log)| log.entries.len()).sum();
    tally.notes = world.journal.len();
    let fingerprint = fingerprint(&world.journal);
    drop(ledger);
    Run { violations, story: world.story, awaits: world.ground.weather.passed(), tally, fingerprint }
}

/// FNV-1a over what was seen and when.
fn fingerprint(journal: &[Note]) -> u64 {
    let text = journal.iter().fold(String::new(), |text, note| text + &format!("{} {} {}\n", note.at, note.device, note.connection));
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
