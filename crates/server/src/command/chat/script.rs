//! The chat at the hands of a script: commands in, JSON out, a line each.

use anyhow::{Context as _, bail};
use rialto_wire::code::ErrorBody;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::interactive::{fresh_name, now};
use super::keyring::Keyring;
use super::line::{Line, understand};
use super::link::Link;
use super::model::{Chat, Effect, Happening, Tag, Told, Wish};
use super::shelf::Shelf;

/// The exit code of a script of which something failed.
const SOMETHING_FAILED: u8 = 3;

/// Runs until the input ends and everything is stored, or `wait` has passed since then.
pub(crate) async fn run(keyring: Keyring, wait: Duration) -> anyhow::Result<ExitCode> {
    let user = keyring.load()?.context("a log-in was just kept")?.user;
    let (shelf, unsent) = Shelf::take(&keyring, user)?;
    let (link, mut happenings) = Link::start(keyring);
    let mut script =
        Script { chat: Chat::new(unsent, false), link, shelf, open: BTreeSet::new(), barrier: None, has_failed: false, was_ready: false, is_refused: None };

    let mut lines = input();
    let (mut number, mut is_over) = (0, false);
    let mut deadline = Instant::now() + wait;
    let mut ticks = interval(Duration::from_millis(250));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut ended = signal(SignalKind::terminate())?;
    let is_done = |script: &Script| script.open.is_empty() && !script.chat.outbox().is_busy();
    while !(is_over && script.was_ready && is_done(&script)) {
        let waits = is_over || !script.was_ready;
        tokio::select! {
            // Before the first connection it is not known which channels there are.
            line = lines.recv(), if !is_over && script.was_ready && script.barrier.is_none() => match line {
                Some(line) => {
                    number += 1;
                    is_over = script.obey(&line, number)?;
                }
                None => is_over = true,
            },
            Some(happening) = happenings.recv() => script.happens(happening)?,
            _ = ticks.tick() => script.happens(Happening::Tick)?,
            () = sleep_until(deadline), if waits => break,
            _ = ended.recv() => break,
        }
        if let Some(reason) = script.is_refused.take() {
            bail!(reason);
        }
        if !waits {
            deadline = Instant::now() + wait;
        }
    }
    if !script.was_ready {
        bail!("there was no connection within {} s", wait.as_secs());
    }
    let is_well = is_done(&script) && !script.has_failed;
    script.link.close().await;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(SOMETHING_FAILED) })
}

struct Script {
    chat: Chat,
    link: Link,
    shelf: Shelf,
    /// Lines without a result yet.
    open: BTreeSet<Tag>,
    /// A line that changes what names mean: the next one is read when it has its result.
    barrier: Option<Tag>,
    has_failed: bool,
    was_ready: bool,
    /// There will be no connection.
    is_refused: Option<String>,
}

impl Script {
    /// Does what a line asks for; `true` when that is to end.
    fn obey(&mut self, line: &str, number: Tag) -> anyhow::Result<bool> {
        match understand(&self.chat, line) {
            Ok(Line::Empty) => {}
            Ok(Line::Quit) => return Ok(true),
            Ok(Line::Known(value)) => self.result(number, Ok(value))?,
            Ok(Line::Wish(wish)) => {
                self.open.insert(number);
                self.barrier = matches!(wish, Wish::About { .. } | Wish::Leave(_)).then_some(number);
                self.happens(Happening::Wished { wish, tag: Some(number), client_id: fresh_name() })?;
            }
            Err(text) => self.result(number, Err(ErrorBody { code: "client.line_invalid".into(), text, retry_after_ms: None }))?,
        }
        Ok(false)
    }

    fn happens(&mut self, happening: Happening) -> anyhow::Result<()> {
        if let Happening::Offline { reason, retry_in_ms: None } = &happening {
            self.is_refused = Some(reason.clone());
        }
        for effect in self.chat.handle(happening, now()) {
            match self.link.carry_out(effect) {
                Some(Effect::KeepOutbox) => self.shelf.keep(self.chat.outbox())?,
                Some(Effect::Tell(told)) => self.tell(told)?,
                Some(Effect::Show { .. } | Effect::Ring | Effect::Hello { .. } | Effect::Ask { .. }) | None => {}
            }
        }
        Ok(())
    }

    fn tell(&mut self, told: Told) -> anyhow::Result<()> {
        let (event, data) = match told {
            Told::Ready => {
                self.was_ready = true;
                ("ready", json!({ "user": self.chat.me() }))
            }
            Told::Offline { reason, retry_in_ms } => ("offline", json!({ "reason": reason, "retry_in_ms": retry_in_ms })),
            Told::Entry(entry) => ("entry", serde_json::to_value(entry)?),
            Told::Positions(moved) => ("positions", serde_json::to_value(moved)?),
            Told::Typing(typing) => ("typing", serde_json::to_value(typing)?),
            Told::Presence(presence) => ("presence", serde_json::to_value(presence)?),
            Told::Channel(changed) => ("channel", serde_json::to_value(changed)?),
            Told::Received { client_id, channel } => ("received", json!({ "client_id": client_id, "channel": channel })),
            Told::Stored { client_id, channel, seq } => ("stored", json!({ "client_id": client_id, "channel": channel, "seq": seq })),
            Told::Refused { client_id, channel, code, text } => ("refused", json!({ "client_id": client_id, "channel": channel, "code": code, "text": text })),
            Told::Answer { tag, result } => return self.result(tag, result),
        };
        write(&format!("{{\"event\":\"{event}\",\"data\":{data}}}"))
    }

    fn result(&mut self, number: Tag, result: Result<Value, ErrorBody>) -> anyhow::Result<()> {
        self.open.remove(&number);
        self.barrier = self.barrier.filter(|line| *line != number);
        self.has_failed |= result.is_err();
        match result {
            Ok(ok) => write(&format!("{{\"line\":{number},\"ok\":{ok}}}")),
            Err(error) => write(&format!("{{\"line\":{number},\"err\":{}}}", serde_json::to_string(&error)?)),
        }
    }
}

/// The lines of the input, as they come.
fn input() -> UnboundedReceiver<String> {
    let (lines, told) = unbounded_channel();
    // It waits for input for as long as the program runs; nothing else can wait for it and be stopped.
    std::thread::spawn(move || {
        for line in stdin().lock().lines() {
            if line.is_err() || line.is_ok_and(|line| lines.send(line).is_err()) {
                break;
            }
        }
    });
    told
}

fn write(json: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", harmless(json)).and_then(|()| out.flush()).context("nobody reads the output any more")
}

/// The same JSON without anything that a terminal would obey: JSON escapes the older control characters itself, and may
/// escape all others.
fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_means_the_same_and_holds_nothing_that_a_terminal_obeys() {
        let value = json!({"text": "\u{1b}[2J \u{9b}31m \u{7f} \u{202e} \n é 👩‍👩‍👧"});
        let written = harmless(&value.to_string());
        assert!(!written.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
