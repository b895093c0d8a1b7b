//! A machine on which things go wrong: a disk that fills, fails and forgets, a clock that is set, limits that are tight.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

pub(crate) mod remains;
pub(crate) mod rest;
pub(crate) mod server;
pub(crate) mod talk;
pub(crate) mod wire;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) use rest::Rest;
pub(crate) use server::Server;
pub(crate) use talk::Talk;

/// Tells that something cannot be shown on this machine. Where everything must be there, that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
}

/// How much of something a test does; `make soak` asks for more.
pub(crate) fn amount(name: &str, usually: u64) -> u64 {
    std::env::var(name).map_or(usually, |amount| amount.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// A disk that can be spoiled and a clock that can be set, for the programs that are dressed with it.
pub(crate) struct Machine {
    place: TempDir,
    control: File,
}

/// What can be made to happen, and what has happened; in the order of `struct control` in disk.c.
#[derive(Clone, Copy)]
pub(crate) enum Knob {
    /// Writes fail with this error.
    WriteErrno,
    /// Flushes fail with this error, and the system forgets what was to be flushed. Below 0: they take for ever.
    FlushErrno,
    /// Reads fail with this error.
    ReadErrno,
    /// The clock on the wall is this many milliseconds off.
    ClockShiftMs,
    /// Writes that were made to fail.
    WritesFailed,
    /// Flushes that were made to fail.
    FlushesFailed,
    /// Reads that were made to fail.
    ReadsFailed,
    /// Connections that could not be accepted for want of descriptors.
    AcceptsFailed,
}

impl Machine {
    /// One on which nothing is wrong yet; `None`, said aloud, where there is no C compiler.
    pub(crate) fn new() -> Option<Self> {
        let place = TempDir::new().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/disk.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(place.path().join("disk.so")).arg(source).arg("-ldl");
        match compiler.status() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                skip("there is no C compiler (cc) to build the disk that fails");
                return None;
            }
            status => assert!(status.unwrap().success(), "disk.c does not compile"),
        }
        fs::create_dir(place.path().join("disk")).unwrap();
        let control = OpenOptions::new().read(true).write(true).create_new(true).open(place.path().join("control")).unwrap();
        control.set_len(4096).unwrap();
        Some(Self { place, control })
    }

    /// The disk. A power cut leaves of it what was flushed.
    pub(crate) fn disk(&self) -> PathBuf {
        self.place.path().join("disk").canonicalize().unwrap()
    }

    /// A data directory on it, which nobody has made yet.
    pub(crate) fn data(&self) -> PathBuf {
        self.disk().join("data")
    }

    /// What was written and flushed so far.
    pub(crate) fn journal(&self) -> PathBuf {
        self.place.path().join("journal")
    }

    /// Has a program run on this machine.
    pub(crate) fn dress(&self, command: &mut Command) {
        command.env("LD_PRELOAD", self.place.path().join("disk.so"));
        command.env("DISK_ROOT", self.disk()).env("DISK_JOURNAL", self.journal()).env("DISK_CONTROL", self.place.path().join("control"));
    }

    pub(crate) fn set(&self, knob: Knob, value: i64) {
        self.control.write_all_at(&value.to_ne_bytes(), knob as u64 * 8).unwrap();
    }

    pub(crate) fn get(&self, knob: Knob) -> i64 {
        let mut value = [0; 8];
        self.control.read_exact_at(&mut value, knob as u64 * 8).unwrap();
        i64::from_ne_bytes(value)
    }
}
