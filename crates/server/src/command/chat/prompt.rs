//! Questions to the person before the chat begins.

use anyhow::{Context as _, bail};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{Write as _, stderr, stdin};

/// Asks for a line.
pub(crate) fn ask(question: &str) -> anyhow::Result<String> {
    write!(stderr(), "{question}")?;
    stderr().flush()?;
    let mut answer = String::new();
    if stdin().read_line(&mut answer).context("the answer cannot be read")? == 0 {
        bail!("there was no answer");
    }
    Ok(answer.trim().to_owned())
}

/// Asks for a line that is not shown.
pub(crate) fn ask_secret(question: &str) -> anyhow::Result<String> {
    write!(stderr(), "{question}")?;
    stderr().flush()?;
    enable_raw_mode().context("this terminal cannot hide what is typed; use --password-file")?;
    let answer = read_secret();
    disable_raw_mode()?;
    writeln!(stderr())?;
    answer
}

fn read_secret() -> anyhow::Result<String> {
    let mut secret = String::new();
    loop {
        match read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
                (KeyCode::Enter, _) => return Ok(secret),
                (KeyCode::Char('c' | 'd'), true) => bail!("interrupted"),
                (KeyCode::Char('u'), true) => secret.clear(),
                (KeyCode::Backspace, _) => drop(secret.pop()),
                (KeyCode::Char(letter), false) => secret.push(letter),
                _ => {}
            },
            Event::Paste(text) => secret.push_str(text.trim_end_matches(['\r', '\n'])),
            _ => {}
        }
    }
}
