//! Recorded dialogues between clients and the server (`contract/transcripts`): every line is understood by the tables
//! that the server speaks by, and written again as it was. The clients replay the same lines.
//! `npm --prefix e2e/js run record` records them anew.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::path::Path;

use rialto_domain::entry::Entry;
use rialto_domain::presence::UserPresence;
use rialto_domain::publication::PositionsMoved;
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{self, Command};
use rialto_wire::event::{self, ChannelChanged, Notice, Rejected, Resync, Typing};
use rialto_wire::plain;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The value is a `T`, and a `T` is written like that.
fn holds<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), String> {
    let understood: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let written = serde_json::to_value(&understood).map_err(|error| error.to_string())?;
    if written == *value { Ok(()) } else { Err(format!("is written as {written}")) }
}

fn event(name: &str, data: &Value) -> Result<(), String> {
    match name {
        "ready" => holds::<command::Ready>(data),
        "entry" => holds::<Entry>(data),
        "positions" => holds::<PositionsMoved>(data),
        "typing" => holds::<Typing>(data),
        "presence" => holds::<UserPresence>(data),
        "hidden" => holds::<event::Hidden>(data),
        "channel" => holds::<ChannelChanged>(data),
        "rejected" => holds::<Rejected>(data),
        "notice" => holds::<Notice>(data),
        "resync" => holds::<Resync>(data),
        unknown => Err(format!("there is no event {unknown}")),
    }
}

fn result(command: &str, value: &Value) -> Result<(), String> {
    match command {
        "hello" => holds::<command::Ready>(value),
        "account.register" | "account.login" | "account.refresh" => holds::<command::Tokens>(value),
        "account.get" | "account.claim" | "account.update" => holds::<command::AccountView>(value),
        "settings.get" | "settings.set" => holds::<rialto_domain::user::Settings>(value),
        "sessions.list" => holds::<command::Sessions>(value),
        "user.find" => holds::<rialto_domain::user::Profile>(value),
        "user.get" => holds::<command::Profiles>(value),
        "blocks.list" => holds::<command::Users>(value),
        "sync" => holds::<command::Synced>(value),
        "channel.create" | "channel.get" | "channel.join" => holds::<command::ChannelView>(value),
        "channel.list" => holds::<command::Channels>(value),
        "channel.members" => holds::<command::Members>(value),
        "channel.pins" | "history" => holds::<command::Messages>(value),
        "channel.invite" => holds::<command::Invited>(value),
        "channel.mute" | "channel.archive" | "channel.pin" => holds::<rialto_domain::ports::Flags>(value),
        "channel.leave" | "channel.kick" | "channel.role" | "channel.update" | "channel.delete" => holds::<command::Stored>(value),
        "message.edit" | "message.delete" | "message.react" | "message.pin" => holds::<command::Stored>(value),
        "message.send" | "message.forward" => holds::<command::Received>(value),
        "receipts" => holds::<command::Receipts>(value),
        "presence.watch" => holds::<command::Presences>(value),
        "block" | "mark" | "typing" | "account.logout" | "account.password" | "device.update" => holds::<command::Done>(value),
        unknown => Err(format!("there is no command {unknown}")),
    }
}

/// One line: what a client sent, or what the server answered or told.
fn line(text: &str, asked: &mut HashMap<u64, (String, Result<(), String>)>) -> Result<(), String> {
    let frame: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if frame.get("cmd").is_some() {
        let request = plain::open_json(text).map_err(|error| error.to_string())?;
        let understood = match &*request.name {
            // Hello is the connection's own affair, so it stands in no table of commands.
            "hello" => request.data.read::<command::Hello>().map(drop),
            name => Command::decode(name, request.data).map(drop),
        };
        let understood = understood.map_err(|error| error.refusal.code().to_owned());
        asked.insert(request.id, (request.name.into_owned(), understood));
        return Ok(());
    }
    if let Some(name) = frame["ev"].as_str() {
        return event(name, &frame["data"]);
    }
    let (name, understood) = asked.remove(&frame["re"].as_u64().ok_or("neither command, answer nor event")?).ok_or("nobody asked")?;
    match frame.get("ok") {
        Some(ok) => understood.and_then(|()| result(&name, ok)),
        // What the tables do not understand, the server refused, and for that reason.
        None => match understood {
            Err(code) if code != frame["err"]["code"] => Err(format!("the tables say {code}")),
            _ => holds::<ErrorBody>(&frame["err"]),
        },
    }
}

#[test]
fn every_recorded_line_is_understood_and_written_again_as_it_was() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/transcripts");
    let mut lines = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let mut asked = HashMap::new();
        for (number, text) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let read = line(text, &mut asked);
            assert!(read.is_ok(), "{}:{}: {}\n{text}", path.display(), number + 1, read.unwrap_err());
            lines += 1;
        }
        assert!(asked.is_empty(), "{}: never answered: {asked:?}", path.display());
    }
    assert!(lines > 200, "{lines} lines");
}

#[test]
fn the_recordings_have_every_event_in_them_that_a_quiet_server_tells() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/transcripts");
    let all: String = std::fs::read_dir(directory).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    // `ready` is the answer to hello on this carrier; the other two tell of trouble.
    for event in event::TABLE.iter().filter(|event| !["ready", "rejected", "resync"].contains(&event.name)) {
        assert!(all.contains(&format!(r#"{{"ev":"{}""#, event.name)), "{}", event.name);
    }
}
