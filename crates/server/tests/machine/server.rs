//! `rialto serve` in a place of one's choice, with everything it says.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use tempfile::NamedTempFile;

use super::Rest;
use crate::program::{PATIENCE, rialto, wait_for};

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    log: NamedTempFile,
    pub(crate) url: String,
}

/// A server that did not start.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
}

/// What everything that is not about limits asks of a server's limits.
pub(crate) const OPEN: &[&str] = &[
    "--limits-registrations-per-address-per-hour=1000000",
    "--limits-discoveries-per-minute=1000000",
    "--limits-commands-per-second=100000",
    "--limits-command-burst=1000000",
    "--edge-connections-per-address=100000",
    "--metrics-listen=127.0.0.1:0",
];

/// `rialto serve` on a data directory, on a free port.
pub(crate) fn serve(data: &Path, settings: &[&str]) -> Command {
    serve_at("127.0.0.1:0", data, settings)
}

/// `rialto serve` on a data directory, at an address.
pub(crate) fn serve_at(address: &str, data: &Path, settings: &[&str]) -> Command {
    let mut command = rialto();
    command.args(["serve", "--listen", address, "--data-dir"]).arg(data).args(OPEN).args(settings);
    command
}

/// The same command, after a shell has set the stage (limits).
pub(crate) fn under(stage: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{stage}; exec \"$0\" \"$@\"")]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

impl Server {
    /// Starts it; tells what it said when it did not.
    pub(crate) fn start(mut command: Command) -> Result<Self, Refused> {
        let log = NamedTempFile::new().unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.reopen().unwrap()).spawn().unwrap();
        let (told, url) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // What it says besides goes nowhere, but must not block it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(told.send(line))));
        match url.recv_timeout(PATIENCE) {
            Ok(line) => {
                let url = line.strip_prefix("Rialto is at ").expect("the server tells its address").to_owned();
                Ok(Self { child, log, url })
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Refused { status: child.wait().unwrap(), log: fs::read_to_string(log.path()).unwrap() }),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                panic!("the server says nothing; its log: {}", fs::read_to_string(log.path()).unwrap())
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it wrote to standard error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    /// A client that nobody is logged in with.
    pub(crate) fn rest(&self) -> Rest {
        Rest::new(&self.url)
    }

    /// The operators' listener.
    pub(crate) fn operations(&self) -> Rest {
        let mut url = None;
        wait_for("the operators' listener", || {
            url = self.log().split("health and metrics are at ").nth(1).and_then(|rest| Some(rest.split_once('\n')?.0.to_owned()));
            url.is_some()
        });
        Rest::new(&url.unwrap())
    }

    /// The status of `/readyz`, and what it says.
    pub(crate) fn readiness(&self) -> (u16, String) {
        self.operations().text("/readyz")
    }

    /// A figure of `/metrics`, summed over its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.operations().text("/metrics");
        let figures = text.lines().filter_map(|line| line.strip_prefix(name)).filter(|rest| rest.starts_with([' ', '{']));
        figures.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).map_or(0, Iterator::count)
    }

    /// Its resident memory, in kibibytes.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Is it still there?
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        assert!(self.child.wait().unwrap().signal().is_some(), "it had ended by itself:\n{}", self.log());
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let told = Command::new("kill").arg(self.pid().to_string()).status().unwrap();
        assert!(told.success());
        self.end()
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        wait_for("the server's end", || !self.is_alive());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(4000);
            eprintln!("the server said:\n{}", String::from_utf8_lossy(&log.as_bytes()[from..]));
        }
    }
}

/// The files of a data directory, copied.
pub(crate) fn copied(from: &Path, to: PathBuf) -> PathBuf {
    fs::create_dir_all(&to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    to
}
