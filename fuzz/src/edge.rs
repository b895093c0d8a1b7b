//! What must hold of the edge.

use rialto_edge::http::Queries;
use rialto_wire::command::Command;

/// A query of REST means the same in any order and however its letters are written, and says nothing twice. Tells which
/// commands it makes.
///
/// The first byte is for [`wire::query_strings`](crate::wire::query_strings), which reads the same bytes.
pub fn query_strings(data: &[u8]) -> Vec<Command> {
    thread_local! {
        static QUERIES: Queries = Queries::all();
    }
    let Some(query) = data.split_first().and_then(|(_, query)| str::from_utf8(query).ok()) else { return Vec::new() };
    // Where a query ends in an address.
    let query = query.split('#').next().unwrap_or_default();
    let meanings = |query: &str| QUERIES.with(|queries| queries.understood(query));
    let said = |commands: &[Option<Command>]| format!("{commands:?}");
    let understood = meanings(query);

    let turned: Vec<&str> = query.split('&').rev().collect();
    assert_eq!(said(&meanings(&turned.join("&"))), said(&understood));
    // Three times as long, it must still be an address.
    if understood.iter().any(Option::is_some) && query.len() < 20_000 {
        assert_eq!(said(&meanings(&escaped(query))), said(&understood));
    }
    if query.split('&').any(|pair| !pair.is_empty()) {
        assert!(meanings(&format!("{query}&{query}")).iter().all(Option::is_none), "{query} can be said twice");
    }
    understood.into_iter().flatten().collect()
}

/// The same query with every letter and digit as its code, but for those that are part of one.
fn escaped(query: &str) -> String {
    let (mut escaped, mut rest) = (String::new(), query.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'%').then(|| rest.get(..3)).flatten().filter(|code| code[1..].iter().all(u8::is_ascii_hexdigit));
        if let Some(code) = code {
            escaped.extend(code.iter().map(|byte| char::from(*byte)));
            rest = &rest[3..];
            continue;
        }
        match byte {
            b'&' | b'=' | b'+' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
        rest = after;
    }
    escaped
}
