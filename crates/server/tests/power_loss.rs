//! The power fails while people write. What they were told is stored is on the disk, whatever else is not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod machine;
mod program;

use std::fs;
use std::path::Path;
use tempfile::TempDir;

use machine::remains::{Unflushed, Writes};
use machine::server::serve;
use machine::talk::Fate;
use machine::{Knob, Machine, Server, Talk, amount};
use rialto_testkit::Dice;

fn start(machine: &Machine) -> Server {
    let mut command = serve(&machine.data(), &[]);
    machine.dress(&mut command);
    Server::start(command).unwrap()
}

fn journal_len(machine: &Machine) -> u64 {
    fs::metadata(machine.journal()).unwrap().len()
}

/// Starts the program on what a power cut left, and asks it for what was told before.
fn check(talk: &mut Talk, begun: u64, cut: u64, place: &Path) {
    let server = Server::start(serve(&place.join("data"), &[])).unwrap_or_else(|refused| panic!("it does not start after a cut at {cut}: {refused:?}"));
    // Before, nobody had been told anything.
    if cut >= begun {
        talk.move_to(&server.url);
        talk.check(cut);
    }
}

#[test]
fn what_was_told_to_be_stored_survives_a_power_cut_at_any_moment() {
    let Some(machine) = Machine::new() else { return };
    let mut server = start(&machine);
    let mut talk = Talk::begin(&server.url, 6);
    let begun = journal_len(&machine);
    // A kill in between, so that the journal also holds an opening of what a crash left.
    for round in 1..=2 {
        talk.write(|| journal_len(&machine), |attempts| attempts.len() > round * 250);
        server.kill();
        server = start(&machine);
        talk.move_to(&server.url);
    }
    talk.write(|| journal_len(&machine), |attempts| attempts.len() > 600);
    server.kill();
    let writes = Writes::read(&machine.journal());
    assert!(talk.stored() > 500, "most were told that theirs is stored");

    let mut dice = Dice::new(7);
    for number in 0..amount("RIALTO_SOAK_CUTS", 24) {
        // The very end is the moment at which most was told; the others are anywhere, the making of the store included.
        let cut = match number {
            0..3 => writes.end,
            3..6 => dice.below(begun),
            _ => begun + dice.below(writes.end - begun),
        };
        let unflushed = [Unflushed::Lost, Unflushed::Scattered(number), Unflushed::Torn][number as usize % 3];
        let place = TempDir::new().unwrap();
        writes.remains(cut, unflushed, &machine.disk(), place.path());
        eprintln!("cut {number} at byte {cut} of {}: {unflushed:?}", writes.end);
        check(&mut talk, begun, cut, place.path());
    }
}

/// Somebody writes once more, and nobody hears what becomes of it; the server is killed. What the next one says of it is so
/// after a power cut, too.
fn what_a_flush_left_undone_is_not_told_to_be_stored(errno: i64) {
    let Some(machine) = Machine::new() else { return };
    let mut server = start(&machine);
    let mut talk = Talk::begin(&server.url, 1);
    talk.write(|| 0, |attempts| attempts.len() > 5);
    machine.set(Knob::FlushErrno, errno);
    let last = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            talk.write(|| 0, |_| true);
            talk.attempts.last().unwrap().fate.clone()
        });
        program::wait_for("a flush that fails", || machine.get(Knob::FlushesFailed) > 0);
        if errno > 0 {
            assert_eq!(writing.join().unwrap(), Fate::Unknown);
            server.kill();
            return Fate::Unknown;
        }
        server.kill();
        writing.join().unwrap()
    });
    assert_eq!(last, Fate::Unknown);
    machine.set(Knob::FlushErrno, 0);

    let mut server = start(&machine);
    talk.move_to(&server.url);
    talk.repeat();
    server.kill();
    let (writes, place) = (Writes::read(&machine.journal()), TempDir::new().unwrap());
    writes.remains(writes.end, Unflushed::Lost, &machine.disk(), place.path());
    check(&mut talk, 0, writes.end, place.path());
}

#[test]
fn what_a_process_had_not_flushed_when_it_was_killed_is_flushed_before_it_is_told() {
    what_a_flush_left_undone_is_not_told_to_be_stored(-1);
}

#[test]
fn what_the_system_forgot_when_a_flush_failed_is_written_again_before_it_is_told() {
    what_a_flush_left_undone_is_not_told_to_be_stored(i64::from(libc::EIO));
}
