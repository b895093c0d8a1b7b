//! Too little of something: descriptors, memory, readers who keep up. Whoever is served goes on being served, and afterwards
//! everything is as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod machine;
mod program;

use rustix::process::{Pid, Resource, Rlimit};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

use machine::server::{serve, under};
use machine::wire::Wire;
use machine::{Knob, Machine, Rest, Server, Talk, amount, skip};
use program::{rialto, wait_for};
use serde_json::json;

/// How much resident memory may differ between two states of rest: what the allocator keeps, in kibibytes.
const KEPT_KIB: u64 = 24 << 10;

/// What the store keeps in memory of pages for writing, in bytes: see the table in `docs/operations.md`.
const PAGES_FOR_WRITING_BYTES: u64 = 64 << 20;

/// Small outboxes: who does not read is soon behind.
const SMALL: &[&str] = &["--max-payload=20000", "--edge-outbox-bytes=20000", "--limits-body-bytes=4000"];

/// Waits until nobody is connected and nothing is queued.
fn wait_for_rest(server: &Server, descriptors: usize) {
    wait_for("all connections to be forgotten", || server.metric("rialto_connections") == 0.0);
    wait_for("the outboxes to be empty", || server.metric("rialto_outbox_bytes") == 0.0);
    wait_for("the descriptors to be given back", || server.descriptors() <= descriptors);
}

#[test]
fn without_descriptors_those_inside_are_served_and_others_get_in_later() {
    let Some(machine) = Machine::new() else { return };
    let mut command = serve(&machine.data(), &[]);
    machine.dress(&mut command);
    let server = Server::start(under("ulimit -n 128", &command)).unwrap();
    let mut talk = Talk::begin(&server.url, 4);
    talk.write(|| 0, |attempts| attempts.len() > 20);

    let began = Instant::now();
    let address = server.url.strip_prefix("http://").unwrap();
    let crowd: Vec<TcpStream> = (0..300).filter_map(|_| TcpStream::connect(address).ok()).collect();
    wait_for("the server to run out of descriptors", || machine.get(Knob::AcceptsFailed) > 2);
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| attempts.len() > before + 200);
    assert_eq!(talk.stored(), talk.attempts.len(), "those inside notice nothing");
    // Two listeners, each of which rests for a tenth of a second.
    let (tries, most) = (machine.get(Knob::AcceptsFailed), 2 * (began.elapsed().as_millis() as i64 / 100 + 2));
    assert!(tries <= most, "it tried {tries} times where {most} would do");

    drop(crowd);
    let mut late = Rest::new(&server.url);
    late.register();
    assert_eq!(server.readiness().0, 200);
    assert!(server.log().matches("cannot be accepted").count() < 20, "it is told, but not with every try");
    talk.check(u64::MAX);
}

#[test]
fn a_want_of_descriptors_that_lasts_is_told_once_by_each_listener() {
    let Some(machine) = Machine::new() else { return };
    let file = |name| format!("{}/../edge/tests/http/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let (cert, key) = (format!("--tls-cert={}", file("certificate.pem")), format!("--tls-key={}", file("key.pem")));
    let mut command = serve(&machine.data(), &[&cert, &key]);
    machine.dress(&mut command);
    let server = Server::start(under("ulimit -n 128", &command)).unwrap();
    let (address, operations) = (server.url.strip_prefix("https://").unwrap(), server.operations());
    let crowd: Vec<TcpStream> = (0..300).filter_map(|_| TcpStream::connect(address).ok()).collect();
    wait_for("the server to run out of descriptors", || machine.get(Knob::AcceptsFailed) > 2);
    let prober = operations.knock();
    let told = |who: &str| server.log().matches(&format!("{who} cannot be accepted")).count();
    wait_for("operators to be kept out too", || told("connections of operators") > 0);
    let tries = machine.get(Knob::AcceptsFailed);
    wait_for("many tries of both", || machine.get(Knob::AcceptsFailed) > tries + 20);
    assert_eq!((told("connections"), told("connections of operators")), (1, 1));
    drop((crowd, prober));
    wait_for("room", || server.readiness().0 == 200);
}

/// What the system counts as a server's data.
fn memory_bytes(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let kib: u64 = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap().trim().trim_end_matches(" kB").parse().unwrap();
    kib << 10
}

#[test]
fn with_too_little_memory_nothing_acknowledged_is_lost() {
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let mut command = serve(&data, &[]);
    // The allocator takes memory from the system as it needs it, not ahead.
    command.env("MIMALLOC_ARENA_EAGER_COMMIT", "0");
    let mut server = Server::start(command).unwrap();
    let mut talk = Talk::begin(&server.url, 4);
    talk.write(|| 0, |attempts| attempts.len() > 400);
    // What it has written to, and little more. (Address space, ulimit -v, is reserved in advance and would not be short.)
    let limit = Some(memory_bytes(&server) + (8 << 20));
    rustix::process::prlimit(Pid::from_raw(server.pid() as i32), Resource::Data, Rlimit { current: limit, maximum: limit }).unwrap();
    // Many ask for much, and do not take it.
    let (tokens, group) = (talk.tokens(), talk.groups[0].clone());
    let mut greedy = Vec::new();
    for number in 0..100 {
        let Ok(mut wire) = Wire::dial(&server.url, &tokens[number % tokens.len()]).and_then(Wire::greeted) else { break };
        // A connection may break meanwhile.
        let _ = (2..16).try_for_each(|id| wire.send(id, "history", &json!({"channel": group, "limit": 200})));
        greedy.push(wire);
    }
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| attempts.len() > before + 200);
    eprintln!("{} greedy clients; it {}", greedy.len(), if server.is_alive() { "lives" } else { "died" });
    drop(greedy);
    if server.is_alive() {
        server.kill();
    }
    let server = Server::start(serve(&data, &[])).unwrap();
    talk.move_to(&server.url);
    talk.repeat();
    talk.check(u64::MAX);
}

#[test]
fn readers_who_do_not_read_cost_no_more_than_their_outboxes() {
    let place = TempDir::new().unwrap();
    let server = Server::start(serve(&place.path().join("data"), SMALL)).unwrap();
    let mut talk = Talk::begin(&server.url, 6);
    talk.write(|| 0, |attempts| attempts.len() > 100);
    let tokens = talk.tokens();
    let dial = |number: usize| Wire::dial(&server.url, &tokens[number % tokens.len()]).unwrap();
    // Once before: what is made once is there.
    drop((0..60).map(|number| dial(number).greeted().unwrap()).collect::<Vec<_>>());
    talk.move_to(&server.url);
    wait_for_rest(&server, usize::MAX);
    let (descriptors, resident) = (server.descriptors(), server.resident_kib());

    let deaf: Vec<Wire> = (0..40).map(dial).collect();
    let mut slow: Vec<Wire> = (0..20).map(|number| dial(number).greeted().unwrap()).collect();
    let is_over = AtomicBool::new(false);
    let mut most_queued: f64 = 0.0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                // Some are cut off meanwhile.
                slow.retain_mut(|wire| wire.sip().is_ok());
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        while server.metric("rialto_resyncs_total") < 60.0 {
            let before = talk.attempts.len();
            talk.write(|| 0, |attempts| attempts.len() > before + 100);
            most_queued = most_queued.max(server.metric("rialto_outbox_bytes"));
            assert!(talk.attempts.len() < 20_000, "nobody was ever behind");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(most_queued <= 60.0 * 20_000.0, "no outbox holds more than it may: {most_queued}");
    assert_eq!(talk.stored(), talk.attempts.len(), "those who read notice nothing");
    drop((deaf, slow));
    talk.move_to(&server.url);
    wait_for_rest(&server, descriptors);
    let after = server.resident_kib();
    assert!(after <= resident + KEPT_KIB, "{after} KiB at rest, and {resident} KiB before");
}

/// Connects this many at once, and waits until all are greeted.
fn crowd(server: &Server, tokens: &[String], count: usize) -> Vec<Wire> {
    let wires: Vec<Wire> = (0..count).map(|number| Wire::dial(&server.url, &tokens[number % tokens.len()]).unwrap()).collect();
    wires.into_iter().map(|wire| wire.greeted().unwrap()).collect()
}

#[test]
fn everybody_comes_back_at_once_after_a_crash_and_nothing_is_left_when_they_go() {
    let mut count = amount("RIALTO_SOAK_CLIENTS", 1_000) as usize;
    let limit = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) as usize;
    if limit < count + 200 {
        skip(&format!("{count} clients need more than {limit} descriptors (ulimit -n); fewer come back at once"));
        count = limit.saturating_sub(200);
    }
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let mut server = Server::start(serve(&data, &[])).unwrap();
    let mut talk = Talk::begin(&server.url, 20);
    talk.write(|| 0, |attempts| attempts.len() > 100);
    let tokens = talk.tokens();
    let before = crowd(&server, &tokens, count);
    server.kill();
    drop(before);

    let server = Server::start(serve(&data, &[])).unwrap();
    let mut resident = Vec::new();
    let mut descriptors = 0;
    for round in 0..4 {
        let clients = crowd(&server, &tokens, count);
        wait_for("all to be counted", || server.metric("rialto_connections") >= count as f64);
        talk.move_to(&server.url);
        let written = talk.attempts.len();
        talk.write(|| 0, |attempts| attempts.len() > written + 20);
        drop(clients);
        talk.move_to(&server.url);
        wait_for_rest(&server, if round == 0 { usize::MAX } else { descriptors });
        if round == 0 {
            descriptors = server.descriptors();
        }
        resident.push(server.resident_kib());
    }
    assert!(resident[3] <= resident[0] + KEPT_KIB, "at rest after each time: {resident:?} KiB");
    talk.check(u64::MAX);
}

/// Writes until the store keeps as many pages as it ever will: what memory grows by afterwards is something else.
fn fill_page_cache(server: &Server, data: &Path) {
    let written = || fs::read_dir(data).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>();
    wait_for("the store to be large", || {
        let large = ["-n", "40", "-m", "2", "--rate", "0", "--inflight", "160", "--payload", "3500", "--warmup", "0.1", "--duration", "4"];
        let load = rialto().args(["load", "--url", &server.url]).args(large).output().unwrap();
        assert!(load.status.success(), "{load:?}");
        written() > 2 * PAGES_FOR_WRITING_BYTES
    });
}

#[test]
fn mixed_load_leaves_nothing_behind() {
    let seconds = amount("RIALTO_SOAK_SECONDS", 5);
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let server = Server::start(serve(&data, SMALL)).unwrap();
    fill_page_cache(&server, &data);
    let mut talk = Talk::begin(&server.url, 6);
    let tokens = talk.tokens();
    let mut at_rest = Vec::new();
    let mut descriptors = 0;
    // The first time is not counted: what is made once is there afterwards.
    for round in 0..3 {
        let until = Instant::now() + Duration::from_secs(if round == 0 { 1 } else { seconds / 2 });
        std::thread::scope(|scope| {
            // Some come and go, some stay and do not read.
            scope.spawn(|| {
                let mut deaf = Vec::new();
                while Instant::now() < until {
                    drop((0..20).map(|number| Wire::dial(&server.url, &tokens[number % tokens.len()]).and_then(Wire::greeted)).collect::<Vec<_>>());
                    if deaf.len() < 40 {
                        deaf.extend(Wire::dial(&server.url, &tokens[0]));
                    }
                }
            });
            talk.write(|| 0, |_| Instant::now() >= until);
        });
        talk.move_to(&server.url);
        wait_for_rest(&server, if round == 0 { usize::MAX } else { descriptors });
        if round == 0 {
            descriptors = server.descriptors();
        }
        at_rest.push(server.resident_kib());
    }
    assert!(at_rest[2] <= at_rest[1] + KEPT_KIB, "at rest: {at_rest:?} KiB");
    assert_eq!(talk.stored(), talk.attempts.len(), "{:?}", talk.refusals());
    talk.check(u64::MAX);
}
