//! The program, run as people run it: a server on a free port, and commands beside it.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up. Nothing is asserted about time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What load asks of a server's limits.
pub(crate) const OPEN: &[&str] = &[
    "--limits-registrations-per-address-per-hour=100000",
    "--limits-discoveries-per-minute=100000",
    "--limits-commands-per-second=10000",
    "--limits-command-burst=10000",
];

/// The program, with nothing of the environment of whoever runs the test.
pub(crate) fn rialto() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RIALTO_") {
            command.env_remove(name);
        }
    }
    command.env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("NO_COLOR");
    command
}

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) data: TempDir,
    settings: Vec<String>,
}

impl Server {
    /// A server with an empty data directory, on a free port.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let settings: Vec<_> = settings.iter().map(|setting| setting.to_string()).collect();
        let data = TempDir::new().unwrap();
        let (child, url) = serve(data.path(), "127.0.0.1:0", &settings);
        Self { child, url, data, settings }
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, with what it has on disk.
    pub(crate) fn restart(&mut self) {
        let address = self.url.strip_prefix("http://").unwrap().to_owned();
        (self.child, self.url) = serve(self.data.path(), &address, &self.settings);
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(data: &Path, listen: &str, settings: &[String]) -> (Child, String) {
    let mut command = rialto();
    command.arg("serve").arg("--data-dir").arg(data).args(["--listen", listen]).args(settings);
    if !settings.iter().any(|setting| setting.starts_with("--metrics-listen")) {
        command.args(["--metrics-listen", "off"]);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.find_map(|line| line.unwrap().strip_prefix("Rialto is at ").map(str::to_owned)).expect("the server tells its address");
    // What it still says goes nowhere, but must not block it.
    std::thread::spawn(move || lines.for_each(drop));
    (child, url)
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Somebody's log-ins, in a directory of their own.
pub(crate) struct Person {
    pub(crate) home: TempDir,
    pub(crate) name: &'static str,
}

impl Person {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { home: TempDir::new().unwrap(), name }
    }

    pub(crate) fn session(&self) -> PathBuf {
        self.home.path().join("session.json")
    }

    /// `rialto chat` for this person.
    pub(crate) fn chat(&self, server: &Server) -> Command {
        let mut command = rialto();
        command.args(["chat", "--url", &server.url, "--session"]).arg(self.session());
        command
    }

    /// With an account under their name.
    pub(crate) fn registered(name: &'static str, server: &Server) -> Self {
        let person = Self::new(name);
        let mut register = person.chat(server);
        register.args(["--line", "--register", "--user", name]).env("RIALTO_PASSWORD", format!("the password of {name}"));
        let output = register.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        person
    }
}

/// Waits until something is so.
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits for the end of a program, and tells its exit code.
pub(crate) fn exit_code(child: &mut Child) -> Option<i32> {
    let mut status = None;
    wait_for("the end of a program", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap().code()
}

/// Everything a reader still has to say.
pub(crate) fn rest_of(reader: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}
