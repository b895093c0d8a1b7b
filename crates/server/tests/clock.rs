//! The clock on the wall is set back while people write.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod machine;
mod program;

use std::collections::BTreeSet;

use machine::server::serve;
use machine::{Knob, Machine, Rest, Server, Talk};
use serde_json::json;

const HOUR_MS: i64 = 3_600_000;

fn start(machine: &Machine) -> Server {
    let mut command = serve(&machine.data(), &[]);
    machine.dress(&mut command);
    Server::start(command).unwrap()
}

#[test]
fn a_clock_set_back_an_hour_changes_no_order_and_logs_nobody_out() {
    let Some(machine) = Machine::new() else { return };
    let mut server = start(&machine);
    let mut talk = Talk::begin(&server.url, 4);
    let mut ana = Rest::new(&server.url);
    let tokens = ana.register();
    talk.write(|| 0, |attempts| attempts.len() > 100);

    machine.set(Knob::ClockShiftMs, -HOUR_MS);
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| attempts.len() > before + 100);
    assert_eq!(talk.stored(), talk.attempts.len(), "{:?}", talk.refusals());
    talk.check(u64::MAX);
    for group in talk.groups.clone() {
        let times: Vec<_> = talk.person().history(&group).iter().map(|message| message["at"].as_u64().unwrap()).collect();
        assert!(times.is_sorted(), "the log's own time does not run back: {times:?}");
    }

    // After a start, too: nothing in memory knows of the hour that comes again.
    server.kill();
    let server = start(&machine);
    talk.move_to(&server.url);
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| attempts.len() > before + 100);
    assert_eq!(talk.stored(), talk.attempts.len(), "{:?}", talk.refusals());
    talk.check(u64::MAX);

    let mut ana = ana.at(&server.url);
    let refreshed = ana.call("POST", "/sessions/refresh", Some(&json!({"refresh_token": tokens["refresh_token"]}))).unwrap().granted();
    assert_eq!(refreshed["user"], tokens["user"]);
    let users: BTreeSet<String> = (0..50).map(|_| Rest::new(&server.url).register()["user"].to_string()).collect();
    assert_eq!(users.len(), 50, "identifiers made in an hour that comes twice are unique all the same");
}
