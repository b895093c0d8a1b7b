//! The files that clients are written from are those that this server speaks by.
//! `UPDATE_CONTRACT=1 cargo test -p rialto-wire --test contract` writes them anew.

#![expect(clippy::disallowed_methods, reason = "the switch that writes the files is the test's own")]

use rialto_wire::{reference, schema};
use std::path::Path;

fn current(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    if std::env::var_os("UPDATE_CONTRACT").is_some() {
        std::fs::write(&path, expected).expect("can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{file} is not what the server speaks: run UPDATE_CONTRACT=1 cargo test -p rialto-wire --test contract");
}

#[test]
fn the_schema_that_clients_generate_their_types_from_is_current() {
    let contract = serde_json::to_string_pretty(&schema::contract()).expect("a schema is JSON");
    current("contract/schema/rialto.v1.json", &(contract + "\n"));
}

#[test]
fn the_reference_is_current() {
    current("docs/reference.md", &reference::markdown());
}

#[test]
fn every_shape_that_the_contract_names_is_defined_in_it() {
    fn references<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
        match value {
            serde_json::Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(|reference| reference.as_str()));
                fields.values().for_each(|field| references(field, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let contract = schema::contract();
    let mut found = Vec::new();
    references(&contract, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        assert!(contract.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}
