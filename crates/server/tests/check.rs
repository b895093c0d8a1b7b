//! `rialto load --journal` and `rialto check`: a server that dies meanwhile keeps its promises, and a journal that says otherwise is not believed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod program;

use program::{OPEN, Server, rialto};
use std::path::Path;
use std::process::{Output, Stdio};
use tempfile::TempDir;

fn check(journal: &Path) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = rialto().arg("check").arg(journal).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn through_the_death_of_the_server_every_promise_is_kept_and_a_spoilt_journal_tells_which_is_not() {
    let directory = TempDir::new().unwrap();
    let (journal, setup) = (directory.path().join("journal"), directory.path().join("setup.json"));
    let mut server = Server::start(OPEN);
    let mut load = rialto();
    load.args(["load", "--url", &server.url, "-n", "8", "-m", "4", "--devices", "2", "--rate", "60", "--duration", "6"]);
    load.arg("--journal").arg(&journal).arg("--setup-file").arg(&setup).stdout(Stdio::null());
    let mut load = load.spawn().unwrap();
    program::wait_for("the trial", || journal.exists());
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(900));
        server.kill();
        server.restart();
    }
    assert_eq!(program::exit_code(&mut load), Some(0));
    let (code, said) = check(&journal);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("kept   1 (no acknowledged message is lost)") && !said.contains("BROKEN"), "{said}");

    // Somebody acknowledges what nobody has.
    let written = std::fs::read_to_string(&journal).unwrap();
    let stored = written.lines().find(|line| line.contains(r#""is":"ok""#) && line.contains(r#""seq":"#)).unwrap();
    let (before, seq) = stored.rsplit_once(r#""seq":"#).unwrap();
    let spoilt = format!(r#"{before}"seq":{}"#, "9".to_owned() + seq);
    std::fs::write(&journal, written.replacen(stored, &spoilt, 1)).unwrap();
    let (code, said) = check(&journal);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("BROKEN 1 ") && said.contains(&spoilt), "{said}");
}

#[test]
fn a_journal_that_says_too_little_is_not_judged() {
    let directory = TempDir::new().unwrap();
    let journal = directory.path().join("journal");
    std::fs::write(&journal, "").unwrap();
    let (code, said) = check(&journal);
    assert_eq!(code, Some(1));
    assert!(said.contains("nothing can be said"), "{said}");
    std::fs::write(&journal, "rubbish\n").unwrap();
    assert!(check(&journal).1.contains("line 1 is no line of a journal"));
}
