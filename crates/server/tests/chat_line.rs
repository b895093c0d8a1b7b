//! `rialto chat --line`: the chat at the hands of a script, against a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod program;

use program::{Person, Server, exit_code, free_port, rialto};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A script in dialogue with the chat.
struct Script {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What was read and not asked for yet.
    heard: Vec<Value>,
    lines: u64,
}

impl Script {
    /// Begins, and waits for the connection.
    fn start(person: &Person, server: &Server) -> Self {
        let mut child = person.chat(server).args(["--line", "--wait", "60"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut script = Self { child, input, output, heard: Vec::new(), lines: 0 };
        script.event("ready");
        script
    }

    fn say(&mut self, line: &str) -> u64 {
        writeln!(self.input, "{line}").unwrap();
        self.lines += 1;
        self.lines
    }

    /// Says a line, and waits for its result.
    fn ask(&mut self, line: &str) -> Value {
        let number = self.say(line);
        let said = self.wait(|said| said["line"] == number);
        assert!(said.get("ok").is_some(), "{line}: {said}");
        said["ok"].clone()
    }

    fn event(&mut self, name: &str) -> Value {
        self.wait(|said| said["event"] == name)["data"].clone()
    }

    /// The next thing said that is wanted; what is not stays for later.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at);
        }
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the chat ended; it had said {:?}", self.heard);
            let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if wanted(&said) {
                return said;
            }
            self.heard.push(said);
        }
    }

    /// Ends the input; gives the exit code and everything not asked for.
    fn finish(mut self) -> (Option<i32>, Vec<Value>) {
        drop(self.input);
        let rest = program::rest_of(&mut self.output);
        self.heard.extend(rest.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        (exit_code(&mut self.child), self.heard)
    }
}

fn texts(history: &Value) -> Vec<&str> {
    history["messages"].as_array().unwrap().iter().filter_map(|message| message["body"]["text"].as_str()).collect()
}

#[test]
fn two_scripts_talk_and_see_every_step_of_a_message() {
    let server = Server::start(&[]);
    let (ana, bob) = (Person::registered("ana", &server), Person::registered("bob", &server));
    let (mut ana, mut bob) = (Script::start(&ana, &server), Script::start(&bob, &server));

    ana.ask("send @bob hello, bob");
    let entry = bob.wait(|said| said["event"] == "entry" && said["data"]["kind"] == "message")["data"].clone();
    assert_eq!(entry["body"], json!({"text": "hello, bob"}));
    assert_eq!(bob.ask("list")["channels"][0]["unread"], 1);

    // Bob's client has it, and then Bob has read it.
    let seq = entry["seq"].as_u64().unwrap();
    ana.wait(|said| said["event"] == "positions" && said["data"]["delivered"].as_u64() >= Some(seq));
    bob.ask("open @ana");
    ana.wait(|said| said["event"] == "positions" && said["data"]["read"].as_u64() >= Some(seq));
    assert_eq!(bob.ask("list")["channels"][0]["unread"], 0);

    bob.ask(&format!("reply @ana {seq} hello, ana"));
    let reply = ana.wait(|said| said["event"] == "entry" && said["data"]["reply_to"] == seq)["data"]["seq"].clone();
    ana.ask(&format!("react @bob {reply} 👍"));
    bob.ask(&format!("edit @ana {reply} hello, Ana"));
    let history = ana.ask("history @bob 10");
    assert_eq!(texts(&history), ["hello, bob", "hello, Ana"]);
    assert_eq!(history["messages"][1]["reactions"][0]["emoji"], "👍");

    let (code, rest) = ana.finish();
    assert_eq!(code, Some(0), "{rest:?}");
    assert_eq!(bob.finish().0, Some(0));
}

#[test]
fn a_group_made_in_one_line_can_be_written_to_in_the_next() {
    let server = Server::start(&[]);
    let (ana, _bob) = (Person::registered("ana", &server), Person::registered("bob", &server));
    let mut ana = Script::start(&ana, &server);
    ana.say("group \"the whole team\" bob");
    ana.say("send \"the whole team\" first");
    let sent = ana.wait(|said| said["line"] == 2);
    assert_eq!(sent["ok"]["stored"], true, "{sent}");
    let members = ana.ask("members 1");
    assert_eq!(members["members"].as_array().unwrap().len(), 2);
}

#[test]
fn what_fails_is_said_and_shows_in_the_exit_code() {
    let server = Server::start(&[]);
    let ana = Person::registered("ana", &server);
    let mut script = Script::start(&ana, &server);
    script.say("send @nobody-of-that-name hi");
    assert_eq!(script.wait(|said| said["line"] == 1)["err"]["code"], "user.unknown");
    script.say("dance");
    assert_eq!(script.wait(|said| said["line"] == 2)["err"]["code"], "client.line_invalid");
    assert_eq!(script.finish().0, Some(3));
}

#[test]
fn nothing_is_lost_or_doubled_or_out_of_order_when_the_server_is_killed_in_between() {
    let mut server = Server::start(&["--limits-command-burst", "10000", "--limits-commands-per-second", "10000"]);
    let (ana, bob) = (Person::registered("ana", &server), Person::registered("bob", &server));
    let (mut ana, mut bob) = (Script::start(&ana, &server), Script::start(&bob, &server));
    ana.ask("send @bob message 0");

    const MESSAGES: usize = 60;
    for number in 1..MESSAGES {
        ana.say(&format!("send @bob message {number}"));
        if number % 20 == 0 {
            ana.event("stored");
            server.kill();
            server.restart();
        }
    }
    let expected: Vec<_> = (0..MESSAGES).map(|number| format!("message {number}")).collect();
    let (code, rest) = ana.finish();
    assert_eq!(code, Some(0), "{rest:?}");

    // What came live and by catching up is each message once, in order.
    let heard: Vec<_> = (0..MESSAGES).map(|_| bob.wait(|said| said["event"] == "entry" && said["data"]["kind"] == "message")["data"].clone()).collect();
    let texts_heard: Vec<_> = heard.iter().map(|entry| entry["body"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts_heard, expected);
    let history = bob.ask("history @ana 200");
    assert_eq!(texts(&history), expected);
}

#[test]
fn what_could_not_be_sent_is_kept_for_the_next_time() {
    let mut server = Server::start(&[]);
    let (ana, bob) = (Person::registered("ana", &server), Person::registered("bob", &server));
    let mut script = Script::start(&ana, &server);
    script.ask("send @bob before");
    server.kill();
    script.event("offline");
    script.say("send 1 meanwhile");
    // The chat dies as well, with the message unsent.
    program::wait_for("the outbox file", || {
        let files = std::fs::read_dir(ana.home.path()).unwrap().map(|file| file.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .any(|path| std::fs::read_to_string(path).unwrap().contains("meanwhile"))
    });
    script.child.kill().unwrap();
    script.child.wait().unwrap();

    server.restart();
    let (code, _) = Script::start(&ana, &server).finish();
    assert_eq!(code, Some(0));
    let mut bob = Script::start(&bob, &server);
    assert_eq!(texts(&bob.ask("history @ana")), ["before", "meanwhile"]);
}

#[test]
fn an_account_without_a_name_is_told_its_key_and_returns_with_it() {
    let server = Server::start(&[]);
    let (here, there) = (Person::new("guest"), Person::new("guest"));
    let made = here.chat(&server).args(["--line", "--anonymous"]).stdin(Stdio::null()).output().unwrap();
    assert!(made.status.success());
    let text = String::from_utf8(made.stderr).unwrap();
    let key = text.lines().find_map(|line| line.strip_prefix("    ")).expect("the key is told");
    let user = |out: Vec<u8>| serde_json::from_str::<Value>(String::from_utf8(out).unwrap().lines().next().unwrap()).unwrap()["data"]["user"]["id"].clone();

    let returned = there.chat(&server).arg("--line").env("RIALTO_RECOVERY_KEY", key).stdin(Stdio::null()).output().unwrap();
    assert!(returned.status.success(), "{returned:?}");
    assert_eq!(user(made.stdout), user(returned.stdout));
}

#[test]
fn who_cannot_get_in_is_told_why() {
    let server = Server::start(&[]);
    let ana = Person::registered("ana", &server);
    let stranger = Person::new("ana");
    let failed = |command: &mut std::process::Command| {
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let wrong = failed(stranger.chat(&server).args(["--line", "--user", "ana"]).env("RIALTO_PASSWORD", "not the password"));
    assert!(wrong.contains("the name or the password is wrong"), "{wrong}");
    let nothing = failed(stranger.chat(&server).arg("--line"));
    assert!(nothing.contains("--user NAME"), "{nothing}");
    let nobody =
        failed(rialto().args(["chat", "--line", "--anonymous", "--url", &format!("http://127.0.0.1:{}", free_port()), "--session"]).arg(ana.session()));
    assert!(nobody.contains("cannot be reached"), "{nobody}");
}
