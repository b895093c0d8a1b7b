//! The contract as JSON Schema (draft 2020-12): what clients in other languages generate their types from.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::code::ErrorBody;
use crate::command::{Command, Hello};
use crate::event;

/// The whole contract in one document: `commands` (data and result), `events` (data), the error, and all shapes under `$defs`.
pub fn contract() -> Value {
    let mut schemas = SchemaSettings::draft2020_12().into_generator();
    let mut commands = Map::new();
    let hello = json!({
        "description": "Says who is there: the first command on a plain WebSocket; on Socket.IO the `auth` of the CONNECT packet.",
        "before_hello": true,
        "data": schemas.subschema_for::<Hello>(),
        "result": schemas.subschema_for::<crate::command::Ready>(),
    });
    commands.insert("hello".into(), hello);
    for command in Command::TABLE {
        let described = json!({
            "description": command.about.trim(),
            "before_hello": command.open,
            "data": (command.data)(&mut schemas),
            "result": (command.result)(&mut schemas),
        });
        commands.insert(command.name.into(), described);
    }
    let mut events = Map::new();
    for event in event::TABLE {
        events.insert(event.name.into(), json!({ "description": event.about, "data": (event.data)(&mut schemas) }));
    }
    let error = schemas.subschema_for::<ErrorBody>();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rialto client protocol, version 1",
        "commands": commands,
        "events": events,
        "error": error,
        "$defs": schemas.take_definitions(true),
    })
}
