//! `rialto load` against a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod program;

use program::{OPEN, Server, rialto};
use serde_json::Value;
use std::process::{Output, Stdio};
use tempfile::TempDir;

fn load(server: &Server, flags: &[&str]) -> Output {
    rialto().args(["load", "--url", &server.url, "--warmup", "0.1", "--duration", "1", "--json"]).args(flags).output().unwrap()
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn nothing_is_lost_doubled_or_reordered_on_any_carrier() {
    let server = Server::start(OPEN);
    let setup = TempDir::new().unwrap();
    let setup = setup.path().join("setup.json");
    let pid = server.pid().to_string();
    for carrier in ["json", "msgpack", "socketio", "socketio-msgpack"] {
        let flags = [
            "-n",
            "24",
            "-m",
            "8",
            "--memberships",
            "2",
            "--rate",
            "30",
            "--marks",
            "--carrier",
            carrier,
            "--pid",
            &pid,
            "--setup-file",
            setup.to_str().unwrap(),
        ];
        let report = report(&load(&server, &flags));
        let load = &report["load"];
        assert_eq!(load["sent"].as_u64().unwrap() * 8, load["delivered"].as_u64().unwrap(), "{carrier} {report}");
        assert_eq!([&load["lost"], &load["doubled"], &load["unseen"], &report["faults"]["reordered"]].map(Value::as_u64), [Some(0); 4], "{carrier} {report}");
        for step in ["received", "stored", "delivered", "seen"] {
            assert!(report["latency_us"][step]["count"].as_u64() > Some(0), "{carrier} {step} {report}");
        }
        assert!(load["server_cpu_us_per_delivery"].as_f64() > Some(0.0), "{carrier} {report}");
    }
}

#[test]
fn a_saturated_server_with_small_outboxes_loses_nothing() {
    // Outboxes of a few messages: who reads too slowly must synchronise.
    let small = ["--max-payload=20000", "--edge-outbox-bytes=20000", "--limits-body-bytes=4000"];
    let server = Server::start(&[OPEN, &small].concat());
    let report = report(&load(&server, &["-n", "10", "-m", "10", "--rate", "0", "--inflight", "50000", "--payload", "2000"]));
    assert_eq!(report["faults"]["lost"], 0, "{report}");
    assert!(report["load"]["delivered"].as_u64() > Some(1000), "{report}");
}

#[test]
fn idle_connections_are_opened_and_kept() {
    let server = Server::start(OPEN);
    let report = report(&load(&server, &["-n", "30", "-m", "10", "--idle", "--pid", &server.pid().to_string()]));
    assert_eq!((&report["connect"]["connections"], &report["idle"]["lost_connections"]), (&Value::from(30), &Value::from(0)));
}

#[test]
fn a_limit_of_the_server_is_named_with_its_setting() {
    let server = Server::start(&["--limits-registrations-per-address-per-hour=1"]);
    let output = load(&server, &["-n", "100", "-m", "10"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("RIALTO_LIMITS_REGISTRATIONS_PER_ADDRESS_PER_HOUR"), "{error}");
}

#[test]
fn a_server_that_dies_meanwhile_fails_the_run() {
    let mut server = Server::start(OPEN);
    let setup = TempDir::new().unwrap();
    let setup = setup.path().join("setup.json");
    let flags = ["-n", "10", "-m", "5", "--setup-file", setup.to_str().unwrap()];
    assert!(load(&server, &[&flags[..], &["--setup-only"]].concat()).status.success());

    let open_files = |server: &Server| std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
    let before = open_files(&server);
    let mut run = rialto();
    run.args(["load", "--url", &server.url, "--duration", "3600"]).args(flags).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut run = run.spawn().unwrap();
    program::wait_for("connections", || open_files(&server) >= before + 5);
    server.kill();
    assert_eq!(program::exit_code(&mut run), Some(1));
    assert!(program::rest_of(run.stderr.as_mut().unwrap()).contains("is lost"));
}

#[test]
fn who_comes_back_misses_nothing() {
    let server = Server::start(OPEN);
    for carrier in ["json", "socketio"] {
        let report = report(&load(&server, &["-n", "30", "-m", "10", "--missed", "150", "--carrier", carrier, "--pid", &server.pid().to_string()]));
        let resume = &report["resume"];
        assert_eq!(
            [&resume["clients"], &resume["missed_each"], &resume["lost"], &resume["doubled"]].map(Value::as_u64),
            [Some(27), Some(150), Some(0), Some(0)]
        );
        assert_eq!(resume["whole_us"]["count"], 27, "{report}");
        assert!(resume["rss_peak_bytes"].as_u64() > Some(0), "{report}");
    }
}
