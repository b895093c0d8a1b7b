//! The server is killed while people write, again and again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod machine;
mod program;

use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

use machine::server::serve;
use machine::{Server, Talk, amount};
use program::wait_for;
use rialto_testkit::Dice;

#[test]
fn what_was_told_to_be_stored_survives_every_kill() {
    let kills = amount("RIALTO_SOAK_KILLS", 50);
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let mut server = Server::start(serve(&data, &[])).unwrap();
    let mut talk = Talk::begin(&server.url, 8);
    let mut dice = Dice::new(50);
    for kill in 1..=kills {
        // At no particular moment: after some more messages, while others are under way.
        let (written, enough) = (AtomicUsize::new(0), talk.attempts.len() + 1 + dice.below(60) as usize);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                talk.write(
                    || 0,
                    |attempts| {
                        written.store(attempts.len(), Ordering::Relaxed);
                        false
                    },
                );
            });
            wait_for("messages", || written.load(Ordering::Relaxed) >= enough);
            server.kill();
        });
        server = Server::start(serve(&data, &[])).unwrap_or_else(|refused| panic!("it does not start after kill {kill}: {refused:?}"));
        talk.move_to(&server.url);
        talk.repeat();
        if kill % 25 == 0 {
            talk.check(u64::MAX);
        }
    }
    talk.check(u64::MAX);
    assert_eq!(talk.stored(), talk.attempts.len());
}
