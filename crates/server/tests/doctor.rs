//! `rialto doctor`: what it says about configurations, directories and servers, and that it changes nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod program;

use program::{Server, free_port, rialto};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use tempfile::TempDir;

/// Exit code and report.
fn doctor(flags: &[&str]) -> (Option<i32>, String) {
    let output = rialto().arg("doctor").args(flags).output().unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn healthy(data: &Path) -> Vec<String> {
    let flags = [("--data-dir", data.display().to_string()), ("--listen", local(free_port())), ("--metrics-listen", local(free_port()))];
    flags
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .chain(["--edge-max-connections=50".to_owned(), "--edge-connections-per-address=50".to_owned()])
        .collect()
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn as_strs(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

/// Names, sizes and contents of everything in a directory.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_machine_where_it_would_run_is_well_and_stays_as_it_is() {
    let place = TempDir::new().unwrap();
    let (code, report) = doctor(&as_strs(&healthy(&place.path().join("data"))));
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("the messenger at http://127.0.0.1:") && report.contains("the first start makes it"), "{report}");
    assert!(!report.contains('✗'), "{report}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn every_mistake_of_a_broken_configuration_is_told_with_its_line() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("rialto.toml");
    fs::write(&file, "lissen = \"127.0.0.1:1\"\nlisten = \"everywhere\"\n\n[limits]\nbody_bytes = -1\n").unwrap();
    let (code, report) = doctor(&["--config", file.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    for mistake in
        ["rialto.toml:1: lissen: no such setting; did you mean listen?", "rialto.toml:2: listen: expected an address", "rialto.toml:5: limits.body_bytes:"]
    {
        assert!(report.lines().any(|line| line.contains('✗') && line.contains(mistake)), "{mistake}\n{report}");
    }
}

#[test]
fn a_running_server_is_recognised_and_its_directory_left_alone() {
    let metrics = local(free_port());
    let server = Server::start(&["--metrics-listen", &metrics]);
    let address = server.url.strip_prefix("http://").unwrap();
    let data = server.data.path().to_str().unwrap();
    let before = contents(server.data.path());
    let (code, report) =
        doctor(&["--data-dir", data, "--listen", address, "--metrics-listen", &metrics, "--edge-max-connections=50", "--edge-connections-per-address=50"]);
    assert_eq!(code, Some(0), "{report}");
    for line in [
        "a Rialto is running there",
        "is ready for clients",
        "it holds a store of format",
        &format!("the running server works in it (process {})", server.pid()),
    ] {
        assert!(report.contains(line), "{line}\n{report}");
    }
    assert_eq!(contents(server.data.path()), before);

    // The same directory for another server would not do.
    let (code, report) = doctor(&["--data-dir", data, "--listen", &local(free_port()), "--metrics-listen", "off"]);
    assert_eq!(code, Some(1));
    assert!(report.contains(&format!("process {} works in it", server.pid())), "{report}");
}

#[test]
fn a_taken_port_a_foreign_directory_and_missing_certificates_are_faults() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("store.db"), "not a store at all").unwrap();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap();
    std::thread::spawn(move || stranger.incoming().for_each(drop));
    let data = place.path().to_str().unwrap();
    let (code, report) = doctor(&[
        "--data-dir",
        data,
        "--listen",
        &address.to_string(),
        "--metrics-listen",
        "off",
        "--tls-cert=/nowhere/cert.pem",
        "--tls-key=/nowhere/key.pem",
    ]);
    assert_eq!(code, Some(1));
    for fault in ["is taken by another program", "is not a store of this program", "/nowhere/cert.pem cannot be read"] {
        assert!(report.lines().any(|line| line.contains('✗') && line.contains(fault)), "{fault}\n{report}");
    }
    assert!(report.ends_with("It will not run like this.\n"));
}

#[test]
fn without_utf8_the_report_is_ascii() {
    let place = TempDir::new().unwrap();
    let output = rialto().arg("doctor").args(healthy(&place.path().join("data"))).env("LC_ALL", "C").output().unwrap();
    assert!(output.stdout.is_ascii() && output.status.success(), "{output:?}");
}
