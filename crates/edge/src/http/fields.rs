//! The data of a command, gathered from path, query and body into the one JSON object that every carrier hands over.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// Fields by name; their values are still text.
///
/// Values stay as they came so that the command itself judges them: numbers out of range and names given twice are
/// refused there, and not smoothed over here.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, Box<RawValue>>);

/// How the text of a path or query is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// As it is.
    Text,
}

/// The text is not of the [`Kind`] that its field has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` must be {expected}")]
pub(super) struct Mistyped {
    field: String,
    expected: &'static str,
}

/// The fields of a command that can be told in a path or query, and how.
pub(super) type Kinds = BTreeMap<String, Kind>;

impl Fields {
    /// Sets a field from text. A field that is not known is kept as text; the command ignores it.
    pub(super) fn set_text(&mut self, field: &str, text: &str, kinds: &Kinds) -> Result<(), Mistyped> {
        let value = match kinds.get(field) {
            Some(Kind::Integer) => text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok(),
            Some(Kind::Boolean) => text.parse::<bool>().map(Value::from).ok(),
            Some(Kind::Text) | None => Some(Value::from(text)),
        };
        let expected = if kinds.get(field) == Some(&Kind::Integer) { "a whole number" } else { "true or false" };
        self.set(field, &value.ok_or_else(|| Mistyped { field: field.to_owned(), expected })?);
        Ok(())
    }

    /// Sets a field.
    pub(super) fn set(&mut self, field: &str, value: &Value) {
        let raw = serde_json::value::to_raw_value(value).expect("a scalar can be written");
        self.0.insert(field.to_owned(), raw);
    }

    /// The fields as one field of another object.
    pub(super) fn inside(self, field: &str) -> Self {
        let raw = RawValue::from_string(self.into_json()).expect("fields are written as JSON");
        Self([(field.to_owned(), raw)].into())
    }

    /// The fields as a JSON object.
    pub(super) fn into_json(self) -> String {
        serde_json::to_string(&self.0).expect("text can be written")
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    match fields.entry(name) {
                        Entry::Vacant(vacant) => vacant.insert(value),
                        Entry::Occupied(twice) => return Err(A::Error::custom(format_args!("`{}` is given twice", twice.key()))),
                    };
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// How each field of a shape is read from text. `contract` is the document of [`rialto_wire::schema::contract`].
pub(super) fn kinds(contract: &Value, shape: &Value) -> Kinds {
    let properties = resolved(contract, shape)["properties"].as_object();
    properties.into_iter().flatten().map(|(name, schema)| (name.clone(), kind(contract, schema))).collect()
}

/// The schema itself, where another one refers to it.
pub(super) fn resolved<'c>(contract: &'c Value, schema: &'c Value) -> &'c Value {
    let target = schema["$ref"].as_str().and_then(|reference| contract.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(schema)
}

fn kind(contract: &Value, schema: &Value) -> Kind {
    let schema = resolved(contract, schema);
    let is = |name: &str| match &schema["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    };
    if is("integer") {
        return Kind::Integer;
    }
    if is("boolean") {
        return Kind::Boolean;
    }
    // An optional field of a named type is written as: that type, or null.
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    alternatives.map(|alternative| kind(contract, alternative)).find(|kind| *kind != Kind::Text).unwrap_or(Kind::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds_of(command: &str) -> Kinds {
        let contract = rialto_wire::schema::contract();
        kinds(&contract, &contract["commands"][command]["data"])
    }

    #[test]
    fn kinds_come_from_the_contract_through_names_and_options() {
        let history = kinds_of("history");
        assert_eq!((history["channel"], history["before"], history["limit"]), (Kind::Text, Kind::Integer, Kind::Integer));
        let delete = kinds_of("message.delete");
        assert_eq!((delete["target"], delete["for"], delete["client_id"]), (Kind::Integer, Kind::Text, Kind::Text));
        assert_eq!(kinds_of("sessions.revoke")["others"], Kind::Boolean);
        assert_eq!(kinds_of("channel.mute")["until"], Kind::Integer);
    }

    #[test]
    fn text_becomes_what_its_field_is() {
        let kinds = Kinds::from([("n".to_owned(), Kind::Integer), ("b".to_owned(), Kind::Boolean), ("t".to_owned(), Kind::Text)]);
        let mut fields = Fields::default();
        for (field, text) in [("n", "18446744073709551615"), ("b", "true"), ("t", "17\"}"), ("else", "1")] {
            fields.set_text(field, text, &kinds).unwrap();
        }
        assert_eq!(fields.into_json(), r#"{"b":true,"else":"1","n":18446744073709551615,"t":"17\"}"}"#);
        for (field, text) in [("n", "1.5"), ("n", "1e3"), ("n", ""), ("n", " 1"), ("n", "99999999999999999999"), ("b", "yes"), ("b", "")] {
            assert!(Fields::default().set_text(field, text, &kinds).is_err(), "{field}={text}");
        }
    }

    #[test]
    fn a_body_keeps_its_values_and_may_not_repeat_a_name() {
        let fields: Fields = serde_json::from_str(r#"{"a":1e400,"__proto__":{"b":[]}}"#).unwrap();
        assert_eq!(fields.into_json(), r#"{"__proto__":{"b":[]},"a":1e400}"#);
        for bad in [r#"{"a":1,"a":2}"#, "[]", "null", "7", "", "{\"a\":1}x"] {
            assert!(serde_json::from_str::<Fields>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_can_become_the_value_of_one_field() {
        let mut fields = Fields::default();
        fields.set("on", &Value::from(true));
        assert_eq!(fields.inside("settings").into_json(), r#"{"settings":{"on":true}}"#);
    }
}
