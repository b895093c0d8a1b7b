//! The description of REST in OpenAPI 3.1, made of the table of routes and the contract.

use serde_json::{Map, Value, json};

use super::fields::resolved;
use super::routes::{BASE, Carries, ROUTES, Route};

/// The whole document. `contract` is that of [`rialto_wire::schema::contract`]; `version` is the server's.
pub(super) fn document(contract: &Value, version: &str) -> Value {
    let mut paths = Map::new();
    for (number, route) in ROUTES.iter().enumerate() {
        let is_first = !ROUTES[..number].iter().any(|earlier| earlier.command == route.command);
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.verb.as_str().to_ascii_lowercase()] = operation(contract, route, is_first);
    }
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Rialto",
            "version": version,
            "description": "A self-hosted real-time messenger. The same commands can be sent over Socket.IO and WebSocket, which also carry events. \
                Errors carry a `code`, a word with a dot that never changes its meaning, and a `text` for people.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": BASE }],
        "security": [{ "bearer": [] }],
        "tags": tags().into_iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "The `access_token` that registering, logging in or refreshing tells." },
            },
            "responses": {
                "Error": { "description": "It was refused, or failed.", "content": { "application/json": { "schema": contract["error"] } } },
            },
            "schemas": contract["$defs"],
        },
    });
    readdress(&mut document);
    document
}

fn operation(contract: &Value, route: &Route, is_first: bool) -> Value {
    let command = &contract["commands"][route.command];
    let shape = resolved(contract, &command["data"]);
    let name = route.command.replace('.', "_");
    let mut operation = json!({
        "operationId": if is_first { name } else { format!("{name}_{}", route.verb.as_str().to_ascii_lowercase()) },
        "tags": [tag(route)],
        "summary": summary(contract, route),
        "parameters": parameters(route, shape),
        "responses": { "default": { "$ref": "#/components/responses/Error" } },
    });
    operation["responses"][route.status.as_str()] = if route.status.as_u16() == 204 {
        json!({ "description": "Done." })
    } else {
        json!({ "description": "The result.", "content": { "application/json": { "schema": command["result"] } } })
    };
    if let Some(body) = body(route, &command["data"], shape) {
        operation["requestBody"] = body;
    }
    if command["before_hello"] == true {
        operation["security"] = json!([]);
    }
    operation
}

/// What a route does.
pub(super) fn summary<'c>(contract: &'c Value, route: &Route) -> &'c str {
    route.about.or_else(|| contract["commands"][route.command]["description"].as_str()).unwrap_or_default()
}

fn parameters(route: &Route, shape: &Value) -> Value {
    let described = |place: &str, name: &str, is_required: bool| {
        let mut schema = shape["properties"][name].clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
        without_null(&mut schema);
        json!({ "name": name, "in": place, "required": is_required, "description": description, "schema": schema })
    };
    let in_path = route.path_fields().map(|name| described("path", name, true));
    let properties = shape["properties"].as_object().filter(|_| route.carries == Carries::Query);
    let in_query = properties.into_iter().flat_map(Map::keys).filter(|name| !route.decides(name));
    in_path.chain(in_query.map(|name| described("query", name, is_required(shape, name)))).collect()
}

fn body(route: &Route, reference: &Value, shape: &Value) -> Option<Value> {
    let (schema, must_come) = match route.carries {
        Carries::Query | Carries::Nothing => return None,
        Carries::BodyOf(field) => (shape["properties"][field].clone(), is_required(shape, field)),
        Carries::Body => {
            let properties = shape["properties"].as_object()?;
            let left: Map<_, _> = properties.iter().filter(|(name, _)| !route.decides(name)).map(|(name, schema)| (name.clone(), schema.clone())).collect();
            if left.is_empty() {
                return None;
            }
            let required: Vec<_> = left.keys().filter(|name| is_required(shape, name)).cloned().collect();
            let must_come = !required.is_empty();
            if left.len() == properties.len() {
                (reference.clone(), must_come)
            } else {
                (json!({ "type": "object", "properties": left, "required": required }), must_come)
            }
        }
    };
    Some(json!({ "required": must_come, "content": { "application/json": { "schema": schema } } }))
}

pub(super) fn is_required(shape: &Value, name: &str) -> bool {
    shape["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name))
}

/// What belongs together: the first part of the path.
pub(super) fn tag(route: &Route) -> &'static str {
    route.path.split('/').nth(1).unwrap_or_default()
}

/// Every tag, in the order of the table.
pub(super) fn tags() -> Vec<&'static str> {
    let mut tags = Vec::new();
    for tag in ROUTES.iter().map(tag) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// A parameter is there or it is not; unlike a field of JSON it cannot be null.
fn without_null(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = map.get_mut("anyOf") {
        alternatives.retain(|one| one["type"] != "null");
        if let [only] = alternatives.as_slice() {
            *schema = only.clone();
        }
    }
}

/// OpenAPI keeps shapes elsewhere than JSON Schema does.
fn readdress(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref") {
                *reference = reference.replace("#/$defs/", "#/components/schemas/");
            }
            map.values_mut().for_each(readdress);
        }
        Value::Array(items) => items.iter_mut().for_each(readdress),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn described() -> Value {
        document(&rialto_wire::schema::contract(), "1.2.3")
    }

    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_described() {
        let document = described();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.verb.as_str().to_ascii_lowercase()];
            assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{}", route.path);
            assert!(operation["responses"][route.status.as_str()].is_object());
            let in_path = operation["parameters"].as_array().unwrap().iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, route.path.matches('{').count(), "{}", route.path);
        }
    }

    #[test]
    fn every_reference_leads_to_something() {
        let document = described();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out of the document"));
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn operations_are_named_once() {
        let document = described();
        let operations = document["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values());
        let names: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn what_the_path_tells_is_not_asked_for_again() {
        let document = described();
        let send = &document["paths"]["/channels/{channel}/messages"]["post"];
        let schema = &send["requestBody"]["content"]["application/json"]["schema"];
        assert!(schema["properties"]["channel"].is_null() && schema["properties"]["wait"].is_null());
        assert_eq!(schema["required"], json!(["body", "client_id"]));
        let settings = &document["paths"]["/settings"]["put"]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(settings, "#/components/schemas/Settings");
    }

    #[test]
    fn parameters_are_never_null() {
        let document = described();
        let parameters = document["paths"]["/channels/{channel}/messages"]["get"]["parameters"].as_array().unwrap();
        let schemas: Vec<_> = parameters.iter().map(|parameter| &parameter["schema"]).collect();
        assert_eq!(*schemas[1], json!({ "$ref": "#/components/schemas/Seq" }));
        assert_eq!(schemas[4]["type"], "integer");
        let operations = document["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values());
        let all = operations.flat_map(|operation| operation["parameters"].as_array().unwrap());
        assert!(all.into_iter().all(|parameter| !parameter.to_string().contains("null")));
    }

    #[test]
    fn only_what_needs_no_token_says_so() {
        let document = described();
        assert_eq!(document["paths"]["/accounts"]["post"]["security"], json!([]));
        assert!(document["paths"]["/account"]["get"]["security"].is_null());
    }
}
