//! `rialto chat` in a terminal, driven as a person drives it: keys go in, and what is on the screen is read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod program;

use program::{Person, Server, exit_code, wait_for};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use serde_json::Value;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

const COLUMNS: usize = 90;
const ROWS: usize = 24;

/// As much of a terminal as the chat uses: text, cursor, clearing, and the alternate screen.
#[derive(Default)]
struct Emulator {
    rows: Vec<Vec<char>>,
    at: (usize, usize),
    is_alternate: bool,
    /// Bytes of a sequence that has not ended.
    cut: Vec<u8>,
    /// Sequences that are none of those above or of style: something reached the terminal that should not have.
    strange: Vec<String>,
}

impl Emulator {
    fn new() -> Self {
        Self { rows: vec![vec![' '; COLUMNS]; ROWS], ..Self::default() }
    }

    fn text(&self) -> String {
        // The second column of a wide letter holds nothing.
        self.rows.iter().map(|row| row.iter().filter(|letter| **letter != '\0').collect::<String>().trim_end().to_owned() + "\n").collect()
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.cut.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.cut);
        let whole = match str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).unwrap(),
        };
        let mut rest = whole;
        while let Some(letter) = rest.chars().next() {
            if letter != '\u{1b}' {
                self.put(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
            let end = match rest.as_bytes().get(1) {
                Some(b'[') => rest[2..].find(|end: char| ('@'..='~').contains(&end)).map(|at| at + 3),
                Some(b']') => rest.find('\u{7}').map(|at| at + 1),
                Some(_) => Some(2),
                None => None,
            };
            let Some(end) = end else { break };
            self.obey(&rest[..end]);
            rest = &rest[end..];
        }
        let taken = whole.len() - rest.len();
        self.cut = bytes[taken..].to_vec();
    }

    fn put(&mut self, letter: char) {
        match letter {
            '\r' => self.at.0 = 0,
            '\n' => self.at.1 = (self.at.1 + 1).min(ROWS - 1),
            '\u{7}' => {}
            letter if letter.is_control() => self.strange.push(format!("{letter:?}")),
            letter => {
                let width = if ('\u{1100}'..).contains(&letter) && !('\u{2000}'..'\u{2e80}').contains(&letter) { 2 } else { 1 };
                let (column, row) = self.at;
                for (at, part) in [letter, '\0'].into_iter().take(width).enumerate() {
                    if let Some(cell) = self.rows[row].get_mut(column + at) {
                        *cell = part;
                    }
                }
                self.at.0 += width;
            }
        }
    }

    fn obey(&mut self, sequence: &str) {
        let Some(body) = sequence.strip_prefix("\u{1b}[") else {
            if !sequence.starts_with("\u{1b}]0;rialto") {
                self.strange.push(format!("{sequence:?}"));
            }
            return;
        };
        let (arguments, end) = body.split_at(body.len() - 1);
        let number = |at: usize| arguments.split(';').nth(at).and_then(|number| number.parse().ok()).unwrap_or(1_usize);
        match end {
            "H" => self.at = (number(1) - 1, number(0) - 1),
            "J" => self.rows.iter_mut().for_each(|row| row.fill(' ')),
            "m" => {}
            "h" | "l" if arguments == "?1049" => {
                self.is_alternate = end == "h";
                self.rows.iter_mut().for_each(|row| row.fill(' '));
                self.at = (0, 0);
            }
            "h" | "l" if ["?2004", "?1004", "?2026"].contains(&arguments) => {}
            _ => self.strange.push(format!("{sequence:?}")),
        }
    }
}

/// A terminal with a chat in it.
struct Terminal {
    child: Child,
    keyboard: File,
    /// Kept open, so that the terminal can be asked how it was left.
    inside: OwnedFd,
    screen: Arc<Mutex<Emulator>>,
}

impl Terminal {
    fn start(mut command: Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let inside: OwnedFd = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap().into();
        tcsetwinsize(&inside, Winsize { ws_row: ROWS as u16, ws_col: COLUMNS as u16, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let stdio = || Stdio::from(inside.try_clone().unwrap());
        let child = command.env("TERM", "xterm-256color").stdin(stdio()).stdout(stdio()).stderr(stdio()).process_group(0).spawn().unwrap();
        let keyboard = File::from(controller);
        let mut output = keyboard.try_clone().unwrap();
        let screen = Arc::new(Mutex::new(Emulator::new()));
        let shown = screen.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                shown.lock().unwrap().feed(&buffer[..count]);
            }
        });
        Self { child, keyboard, inside, screen }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn enters(&mut self, line: &str) {
        self.types(line);
        self.types("\r");
    }

    fn shown(&self) -> String {
        self.screen.lock().unwrap().text()
    }

    /// Waits until the screen shows a text.
    fn shows(&self, text: &str) {
        self.shows_what(text, |screen| screen.contains(text));
    }

    fn shows_what(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let mut last = String::new();
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(what, || {
                last = self.shown();
                is_so(&last)
            });
        }));
        if waited.is_err() {
            panic!("waited in vain for {what:?}; the screen shows\n{last}");
        }
    }

    /// Nothing is left of the chat: the screen, the modes of the terminal, and what it was sent.
    fn is_as_before(&self) {
        wait_for("the screen to be given back", || !self.screen.lock().unwrap().is_alternate);
        let modes = tcgetattr(&self.inside).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "{modes:?}");
        let strange = &self.screen.lock().unwrap().strange;
        assert!(strange.is_empty(), "the terminal was sent {strange:?}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn in_terminal(person: &Person, server: &Server) -> Terminal {
    let mut command = person.chat(server);
    command.arg("--letters");
    Terminal::start(command)
}

/// Says lines in the name of somebody, and ends when everything is stored.
fn script(person: &Person, server: &Server, lines: &str) -> String {
    let mut child = person.chat(server).args(["--line", "--wait", "60"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The result of a line, in what a script was told.
fn answer(output: &str, line: u64) -> Value {
    let mut said = output.lines().map(|said| serde_json::from_str::<Value>(said).unwrap());
    said.find(|said| said["line"] == line).unwrap()["ok"].clone()
}

#[test]
fn somebody_new_makes_an_account_talks_loses_the_server_and_misses_nothing() {
    let mut server = Server::start(&[]);
    let bob = Person::registered("bob", &server);
    let ana = Person::new("ana");
    let mut terminal = in_terminal(&ana, &server);

    // An account, made in the dialogue.
    terminal.shows("User name");
    terminal.enters("ana");
    terminal.shows("Password:");
    terminal.enters("correct horse");
    terminal.shows("Make a new account");
    terminal.enters("y");
    terminal.shows("The password again:");
    terminal.enters("correct horse");
    terminal.shows("You are in no channel yet.");
    assert!(!terminal.shown().contains("horse"));

    // A talk, with its ticks.
    terminal.enters("/direct bob");
    terminal.shows("> 1  bob");
    terminal.enters("hello, bob");
    terminal.shows("ana: hello, bob [st]");
    script(&bob, &server, "list\n");
    terminal.shows("ana: hello, bob [dl]");
    script(&bob, &server, "mark @ana\nsend @ana hello, ana 👋\n");
    terminal.shows("ana: hello, bob [rd]");
    terminal.shows("bob: hello, ana 👋");

    // Without a server: what is written waits, and says so.
    server.kill();
    terminal.shows("OFFLINE");
    terminal.enters("are you still there?");
    terminal.shows("ana: are you still there? [..]");
    server.restart();
    terminal.shows("ana: are you still there? [st]");
    terminal.shows("· online ·");
    let history = answer(&script(&bob, &server, "history @ana\n"), 1);
    assert_eq!(history.to_string().matches("are you still there?").count(), 1, "{history}");

    terminal.enters("/quit");
    assert_eq!(exit_code(&mut terminal.child), Some(0));
    terminal.is_as_before();
}

#[test]
fn what_others_write_cannot_command_the_terminal() {
    let server = Server::start(&[]);
    let (ana, mallory) = (Person::registered("ana", &server), Person::registered("mallory", &server));
    let hostile = r#"call message.send {"channel":"CHANNEL","client_id":"01a1ffca-4b28-79f1-9afd-494d5c20be1b","body":{"text":"\u001b[2J\u001b]0;pwned\u0007\u009b31m\u001bc gotcha"}}"#;
    let direct = answer(&script(&mallory, &server, "direct ana\n"), 1);
    script(&mallory, &server, &(hostile.replace("CHANNEL", direct["id"].as_str().unwrap()) + "\n"));

    let mut terminal = in_terminal(&ana, &server);
    terminal.shows("gotcha");
    terminal.types("\u{3}");
    assert_eq!(exit_code(&mut terminal.child), Some(0));
    terminal.is_as_before();
}

#[test]
fn commands_history_and_keys_do_what_the_help_says() {
    let server = Server::start(&[]);
    let (ana, bob) = (Person::registered("ana", &server), Person::registered("bob", &server));
    let lines: String = (1..=70).map(|number| format!("send @ana line {number}\n")).collect();
    script(&bob, &server, &lines);

    let mut terminal = in_terminal(&ana, &server);
    terminal.shows("bob: line 70");
    // Up to the beginning, through a page that has to be loaded.
    let has = |screen: &str, line: &str| screen.lines().any(|row| row.trim_end().ends_with(line));
    wait_for("the first line", || {
        terminal.keyboard.write_all(b"\x1b[5~").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        has(&terminal.shown(), "bob: line 1")
    });
    terminal.types("\x1b[F");
    terminal.shows("bob: line 70");

    terminal.enters("/group \"our plans\" bob");
    terminal.shows("our plans, 2 members");
    terminal.enters("first");
    // It has a number once it is stored.
    terminal.shows("ana: first [st]");
    let number = terminal
        .shown()
        .lines()
        .find(|row| row.contains("ana: first"))
        .and_then(|row| row.split('│').nth(1)?.split_whitespace().next().map(str::to_owned))
        .unwrap();
    terminal.enters(&format!("/react {number} 👍"));
    terminal.shows("👍 1*");
    terminal.enters(&format!("/edit {number} first of all"));
    terminal.shows("ana: first of all (edited) [");
    terminal.enters(&format!("/reply {number} second"));
    terminal.shows(&format!("↪ {number} ana: first of all"));
    terminal.enters(&format!("/delete {number}"));
    terminal.shows("ana: (deleted)");
    terminal.enters("/members");
    terminal.shows("bob @bob  member");
    terminal.types(" ");
    terminal.enters("/help");
    terminal.shows("talk to somebody");
    terminal.types(" ");
    terminal.enters("/open bob");
    terminal.shows("bob: line 70");
    terminal.enters("/nonsense");
    terminal.shows("there is no /nonsense");
    // The former line, put right.
    terminal.types("\x1b[A");
    terminal.shows("> /nonsense");
    terminal.types("\x15");
    terminal.enters("/leave");
    terminal.shows("! this is not possible in a channel of this kind");

    terminal.enters("/quit");
    assert_eq!(exit_code(&mut terminal.child), Some(0));
    terminal.is_as_before();
}

#[test]
fn a_chat_that_is_told_to_end_gives_the_terminal_back() {
    let server = Server::start(&[]);
    let ana = Person::registered("ana", &server);
    let mut terminal = in_terminal(&ana, &server);
    terminal.shows("You are in no channel yet.");
    let pid = rustix::process::Pid::from_raw(terminal.child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(exit_code(&mut terminal.child), Some(0));
    terminal.is_as_before();
}
