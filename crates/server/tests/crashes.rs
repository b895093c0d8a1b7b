//! The server is killed while people write, again and again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod machine;
mod program;

use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

use machine::server::{serve, serve_at};
use machine::{Server, Talk, amount};
use program::{rialto, wait_for};
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

#[test]
fn every_promise_is_kept_to_everybody_through_every_kill() {
    let kills = amount("RIALTO_SOAK_KILLS", 50);
    let place = TempDir::new().unwrap();
    let (data, journal) = (place.path().join("data"), place.path().join("journal"));
    let settings = ["--tokens-access-ttl-s=86400"];
    let mut server = Server::start(serve(&data, &settings)).unwrap();
    let (url, address) = (server.url.clone(), server.url.strip_prefix("http://").unwrap().to_owned());
    // Three times as long as the kills take here: it is quiet at the end.
    let duration = kills.to_string();
    let talk = ["-n", "24", "-m", "8", "--memberships", "2", "--devices", "2", "--rate", "300", "--duration", &duration];
    let mut load = rialto().args(["load", "--url", &url, "--journal"]).arg(&journal).args(talk).spawn().unwrap();
    let mut dice = Dice::new(51);
    for kill in 1..=kills {
        // At no particular moment: after some more was said.
        let enough = 100.0 + dice.below(300) as f64;
        wait_for("something to be said", || server.metric("rialto_frames_in_total") >= enough);
        assert!(load.try_wait().unwrap().is_none(), "it ended before kill {kill}");
        server.kill();
        server = Server::start(serve_at(&address, &data, &settings)).unwrap_or_else(|refused| panic!("it does not start after kill {kill}: {refused:?}"));
    }
    assert!(load.wait().unwrap().success(), "everybody came back and read everything");
    let judged = rialto().arg("check").arg(&journal).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
}
