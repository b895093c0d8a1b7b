//! A disk that is full, read-only, damaged or broken: what people and operators are told, and that nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod machine;
mod program;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

use machine::remains::{Unflushed, Writes};
use machine::server::{Refused, copied, serve, under};
use machine::talk::{Attempt, Fate};
use machine::{Knob, Machine, Server, Talk, skip};
use program::wait_for;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn start(data: &Path) -> Server {
    Server::start(serve(data, &[])).unwrap()
}

fn start_on(machine: &Machine) -> Server {
    let mut command = serve(&machine.data(), &[]);
    machine.dress(&mut command);
    Server::start(command).unwrap()
}

fn refused(command: Command) -> Refused {
    Server::start(command).err().expect("it must not start")
}

fn any_refused(attempts: &[Attempt]) -> bool {
    attempts.iter().any(|attempt| matches!(attempt.fate, Fate::Refused(_)))
}

/// A disk of a few megabytes; gone with the value.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let place = TempDir::new().unwrap();
        let mounted = is_root()
            && Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "rialto-test"]).arg(place.path()).status().is_ok_and(|status| status.success());
        mounted.then(|| Self(place))
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    /// Takes what room there is, but for some of it.
    fn fill(&self, leave: u64) {
        let mut ballast = OpenOptions::new().create(true).append(true).open(self.ballast()).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
        let len = ballast.metadata().unwrap().len();
        ballast.set_len(len.saturating_sub(leave)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking(), "the disk cannot be unmounted");
    }
}

/// Nothing can be written until `repair`: senders are told so by code, readers read on, and service returns by itself.
fn without_writes_people_still_read(server: &mut Server, talk: &mut Talk, code: &str, repair: impl FnOnce()) {
    let (status, why) = server.readiness();
    assert_eq!(status, 503, "{why}");
    talk.check(u64::MAX);
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| attempts.len() > before + 20);
    let codes: Vec<_> = talk.attempts[before..].iter().map(|attempt| &attempt.fate).collect();
    let is_told = |fate: &&&Fate| **fate == &Fate::Refused(code.to_owned()) || (code == "server.outcome_unknown" && **fate == &Fate::Unknown);
    assert!(codes.iter().filter(is_told).count() > 0, "{codes:?}");
    assert!(server.log().lines().filter(|line| line.contains("ERROR the store")).count() < 5, "it is told once, and not with every message");
    repair();
    wait_for("service to return by itself", || server.readiness().0 == 200);
    talk.repeat();
    talk.check(u64::MAX);
    // What a later start makes of it is the same.
    server.kill();
}

#[test]
fn a_full_disk_is_told_to_senders_and_forgotten_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return skip("a small disk cannot be mounted: a_disk_that_takes_nothing shows it by the preloaded one") };
    let data = disk.0.path().join("data");
    let mut server = start(&data);
    let mut talk = Talk::begin(&server.url, 6);
    talk.write(|| 0, |attempts| attempts.len() > 50);
    disk.fill(256 << 10);
    talk.write(|| 0, any_refused);
    assert_eq!(talk.refusals(), ["server.storage_full"].into());
    // What was too much for the room that was left was taken back, and something small would still fit.
    disk.fill(0);
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| any_refused(&attempts[before..]));
    without_writes_people_still_read(&mut server, &mut talk, "server.storage_full", || fs::remove_file(disk.ballast()).unwrap());

    // Without room nothing new is made, and that is said; what is there can be read.
    disk.fill(0);
    let Refused { status, log } = refused(serve(&disk.0.path().join("new"), &[]));
    assert!(status.code() == Some(1) && log.contains("no room is left on the disk"), "{log}");
    match Server::start(serve(&data, &[])) {
        Err(Refused { status, log }) => assert!(status.code() == Some(1) && log.contains("no room is left on the disk"), "{log}"),
        Ok(mut server) => {
            talk.move_to(&server.url);
            talk.check(u64::MAX);
            server.kill();
        }
    }
    fs::remove_file(disk.ballast()).unwrap();
    let server = start(&data);
    talk.move_to(&server.url);
    talk.check(u64::MAX);
}

#[test]
fn a_disk_that_takes_nothing_is_told_to_senders_and_forgotten_when_it_does_again() {
    for (errno, code) in [(libc::ENOSPC, "server.storage_full"), (libc::EIO, "server.outcome_unknown"), (libc::EROFS, "server.outcome_unknown")] {
        let Some(machine) = Machine::new() else { return };
        let mut server = start_on(&machine);
        let mut talk = Talk::begin(&server.url, 4);
        talk.write(|| 0, |attempts| attempts.len() > 50);
        machine.set(Knob::WriteErrno, i64::from(errno));
        let before = talk.attempts.len();
        talk.write(|| 0, |attempts| attempts.len() > before + 10);
        without_writes_people_still_read(&mut server, &mut talk, code, || machine.set(Knob::WriteErrno, 0));
        let server = start_on(&machine);
        talk.move_to(&server.url);
        talk.check(u64::MAX);
    }
}

#[test]
fn a_disk_that_cannot_flush_is_told_to_senders_and_nothing_is_claimed_to_be_stored() {
    let Some(machine) = Machine::new() else { return };
    let mut server = start_on(&machine);
    let mut talk = Talk::begin(&server.url, 4);
    talk.write(|| 0, |attempts| attempts.len() > 50);
    machine.set(Knob::FlushErrno, i64::from(libc::EIO));
    let (before, stored) = (talk.attempts.len(), talk.stored());
    talk.write(|| 0, |attempts| attempts.len() > before + 20);
    assert!(talk.stored() <= stored + 4, "at most those under way were flushed before");
    without_writes_people_still_read(&mut server, &mut talk, "server.outcome_unknown", || machine.set(Knob::FlushErrno, 0));

    // The disk forgot what it could not flush; what was told since is on it all the same.
    let (writes, place) = (Writes::read(&machine.journal()), TempDir::new().unwrap());
    writes.remains(writes.end, Unflushed::Lost, &machine.disk(), place.path());
    let server = start(&place.path().join("data"));
    talk.move_to(&server.url);
    talk.check(u64::MAX);
}

#[test]
fn a_disk_that_cannot_be_read_is_told_by_code_and_the_server_lives() {
    let Some(machine) = Machine::new() else { return };
    let mut server = start_on(&machine);
    let mut talk = Talk::begin(&server.url, 2);
    // More than any cache holds.
    talk.write(|| 0, |attempts| attempts.len() > 400);
    server.kill();
    server = start_on(&machine);
    talk.move_to(&server.url);
    machine.set(Knob::ReadErrno, i64::from(libc::EIO));
    let (group, page) = (talk.groups[0].clone(), "messages?limit=200");
    let answer = talk.person().call("GET", &format!("/channels/{group}/{page}"), None).unwrap();
    assert!(["server.unavailable", "server.internal"].contains(&answer.code()), "{answer:?}");
    assert!(machine.get(Knob::ReadsFailed) > 0);
    machine.set(Knob::ReadErrno, 0);
    talk.check(u64::MAX);
    wait_for("service to return by itself", || server.readiness().0 == 200);
    assert!(server.is_alive());
}

#[test]
fn a_file_that_is_cut_while_the_server_runs_is_told_by_code_and_the_server_lives() {
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let mut server = start(&data);
    let mut talk = Talk::begin(&server.url, 4);
    talk.write(|| 0, |attempts| attempts.len() > 400);
    // Everything in one file.
    server.stop();
    let mut server = start(&data);
    talk.move_to(&server.url);
    // Something is in the write-ahead log, so that SQLite goes by that and does not ask how long the file is.
    let before = talk.attempts.len();
    talk.write(|| 0, |attempts| attempts.len() > before + 10);
    // Whoever reads has read before, and may still hold something of it.
    (0..8).for_each(|_| talk.check(u64::MAX));
    let file = OpenOptions::new().write(true).open(data.join("store.db")).unwrap();
    file.set_len(file.metadata().unwrap().len() / 4).unwrap();
    for group in talk.groups.clone().iter().cycle().take(16) {
        let answer = talk.person().call("GET", &format!("/channels/{group}/messages?limit=200"), None).expect("the server lives");
        assert!(answer.is_ok() || answer.code() == "server.internal", "{answer:?}");
    }
    assert!(server.is_alive());
}

#[test]
fn a_directory_that_is_not_ones_own_to_write_is_named() {
    let place = TempDir::new().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let data = place.path().join("data");
    let mut server = start(&data);
    server.stop();
    let mut command = serve(&data, &[]);
    if is_root() {
        // Root may write anywhere.
        command = under("exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" \"$@\"", &command);
    }
    fs::set_permissions(&data, fs::Permissions::from_mode(0o555)).unwrap();
    let before = contents(&data);
    let Refused { status, log } = refused(command);
    assert!(status.code() == Some(1) && log.contains("is not writable") && log.contains(data.to_str().unwrap()), "{status}: {log}");
    assert_eq!(contents(&data), before);
}

#[test]
fn a_second_process_on_a_directory_is_turned_away_and_the_first_does_not_mind() {
    let place = TempDir::new().unwrap();
    let server = start(place.path());
    let mut talk = Talk::begin(&server.url, 1);
    let Refused { status, log } = refused(serve(place.path(), &[]));
    assert!(status.code() == Some(1) && log.contains("is in use by another process"), "{log}");
    talk.write(|| 0, |attempts| attempts.len() > 10);
    assert_eq!(talk.stored(), talk.attempts.len());
}

/// Names and contents of a directory's files.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

/// Starts a server on a damaged copy of a store. It must refuse, name the file and what to do, and leave the evidence; or
/// serve what is whole, and tell by code what is not.
fn a_damaged_store_is_not_made_worse(sound: &Path, talk: &mut Talk, what: &str, damage: impl Fn(&Path)) -> bool {
    let place = TempDir::new().unwrap();
    let data = copied(sound, place.path().join("data"));
    damage(&data);
    let before = fs::read(data.join("store.db")).unwrap();
    match Server::start(serve(&data, &[])) {
        Err(Refused { status, log }) => {
            assert_eq!(status.code(), Some(1), "{what}: {log}");
            let is_clear = log.contains("store.db") && (log.contains("is damaged") || log.contains("is not a store of this program"));
            assert!(is_clear, "{what}: {log}");
            assert_eq!(fs::read(data.join("store.db")).unwrap(), before, "{what}: it was left as it is");
            true
        }
        Ok(mut server) => {
            talk.move_to(&server.url);
            for group in talk.groups.clone() {
                let answer = talk.person().call("GET", &format!("/channels/{group}/messages?limit=200"), None).unwrap();
                let is_told = answer.is_ok() || answer.code() == "server.internal" || answer.status == 401;
                assert!(is_told, "{what}: {answer:?}");
            }
            assert!(server.is_alive(), "{what}");
            false
        }
    }
}

#[test]
fn damaged_files_are_told_and_never_made_worse() {
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let mut server = start(&data);
    let mut talk = Talk::begin(&server.url, 4);
    talk.write(|| 0, |attempts| attempts.len() > 300);
    server.stop();
    let len = fs::metadata(data.join("store.db")).unwrap().len();
    let open = |data: &Path| OpenOptions::new().write(true).open(data.join("store.db")).unwrap();

    for (what, len) in [("half of the file", len / 2), ("a page less", len - 4096), ("a part of a page", 700), ("nothing", 0)] {
        assert!(a_damaged_store_is_not_made_worse(&data, &mut talk, what, |data| open(data).set_len(len).unwrap()), "{what}");
    }
    assert!(a_damaged_store_is_not_made_worse(&data, &mut talk, "its first page", |data| open(data).write_all_at(&[0xA5; 4096], 0).unwrap()));
    let pages = len / 4096;
    for page in (1..pages).step_by((pages / 12).max(1) as usize) {
        a_damaged_store_is_not_made_worse(&data, &mut talk, &format!("page {page}"), |data| open(data).write_all_at(&[0xA5; 4096], page * 4096).unwrap());
    }
    let copy = copied(&data, place.path().join("copy"));
    fs::write(copy.join("token.key"), b"short").unwrap();
    let Refused { log, .. } = refused(serve(&copy, &[]));
    assert!(log.contains("token.key is not a key of 32 bytes"), "{log}");
    assert_eq!(fs::read(copy.join("token.key")).unwrap(), b"short");
}
