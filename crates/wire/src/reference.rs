//! The reference for authors of clients, written from the same table that decodes their commands.

use rialto_domain::Refusal;
use serde_json::Value;
use std::fmt::Write as _;

use crate::code::http_status;
use crate::command::Command;
use crate::{event, schema};

/// The reference in Markdown: every command, event, shape and error code.
pub fn markdown() -> String {
    let contract = schema::contract();
    let mut out = String::from(
        "# Reference\n\nWritten from the server's own tables; do not edit. How to connect, and what the words mean: [protocol.md](protocol.md).\n\n## Commands\n",
    );
    describe_command(&mut out, "hello", &contract["commands"]["hello"], &contract);
    for command in Command::TABLE {
        describe_command(&mut out, command.name, &contract["commands"][command.name], &contract);
    }
    out.push_str("\n## Events\n");
    for event in event::TABLE {
        let described = &contract["events"][event.name];
        let _ = writeln!(out, "\n### `{}`\n\n{} Data: {}.", event.name, text(described, "description"), shape(&described["data"]));
    }
    out.push_str("\n## Shapes\n");
    for (name, definition) in contract["$defs"].as_object().into_iter().flatten() {
        let kind = definition["type"].as_str().filter(|kind| *kind != "object").map(|kind| format!("{kind}: ")).unwrap_or_default();
        let _ = writeln!(out, "\n### {name}\n\n{kind}{}\n", text(definition, "description"));
        describe_shape(&mut out, definition);
    }
    out.push_str("\n## Error codes\n\nWords with a dot; none is ever used for something else.\n\n| code | HTTP | meaning |\n|---|---|---|\n");
    for refusal in Refusal::ALL {
        let meaning = match refusal {
            Refusal::TooFast { .. } => "too many requests; try again after `retry_after_ms`".to_owned(),
            other => other.to_string(),
        };
        let _ = writeln!(out, "| `{}` | {} | {meaning} |", refusal.code(), http_status(*refusal));
    }
    out
}

fn describe_command(out: &mut String, name: &str, described: &Value, contract: &Value) {
    let open = if described["before_hello"] == true { " May be sent before hello." } else { "" };
    let _ = writeln!(out, "\n### `{name}`\n\n{}{open} Result: {}.\n", text(described, "description"), shape(&described["result"]));
    let data = resolve(&described["data"], contract);
    describe_shape(out, data);
}

/// The fields of an object, or the alternatives of a choice.
fn describe_shape(out: &mut String, definition: &Value) {
    if let Some(fields) = definition["properties"].as_object().filter(|fields| !fields.is_empty()) {
        let required = |name: &str| definition["required"].as_array().is_some_and(|required| required.iter().any(|field| field == name));
        out.push_str("| field | type | |\n|---|---|---|\n");
        for (name, field) in fields {
            let mark = if required(name) { "" } else { "?" };
            let _ = writeln!(out, "| `{name}`{mark} | {} | {} |", shape(field), text(field, "description"));
        }
    }
    for alternative in alternatives(definition) {
        let described = text(alternative, "description");
        match constant(alternative) {
            Some(value) => {
                let _ = writeln!(out, "- `{value}`: {described}");
            }
            None => {
                let fields: Vec<String> =
                    alternative["properties"].as_object().into_iter().flatten().map(|(name, field)| format!("`{name}`: {}", shape(field))).collect();
                let more = alternative["$ref"].as_str().map(|_| format!(" and the fields of {}", shape(alternative))).unwrap_or_default();
                let _ = writeln!(out, "- {{{}}}{more}: {described}", fields.join(", "));
            }
        }
    }
}

fn alternatives(definition: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].iter().filter_map(|key| definition[key].as_array()).flatten()
}

fn constant(definition: &Value) -> Option<&str> {
    definition["const"].as_str()
}

fn resolve<'a>(schema: &'a Value, contract: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &contract["$defs"][name],
        None => schema,
    }
}

/// The type of a field, in words.
fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(value) = constant(schema) {
        return format!("`\"{value}\"`");
    }
    let choices: Vec<String> = alternatives(schema).filter(|choice| choice["type"] != "null").map(shape).collect();
    if !choices.is_empty() {
        return choices.join(" or ");
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        kind => kind.as_str().unwrap_or("any"),
    };
    match kind {
        "array" => format!("list of {}", shape(&schema["items"])),
        "object" => match map_values(schema) {
            Some(values) => format!("map to {}", shape(values)),
            None => "object".to_owned(),
        },
        other => other.to_owned(),
    }
}

/// What the values of a map are.
fn map_values(schema: &Value) -> Option<&Value> {
    let by_pattern = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
    by_pattern.or_else(|| schema.get("additionalProperties").filter(|values| values.is_object()))
}

/// A description on one line, fit for a table.
fn text(schema: &Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}
