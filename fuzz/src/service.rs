//! What must hold of the service.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use jsonwebtoken::{Algorithm, EncodingKey};
use rialto_domain::ports::Clock as _;
use rialto_testkit::Town;
use rialto_testkit::town::KEY;
use serde_json::Value;
use std::cell::OnceCell;
use tokio::runtime::{self, Runtime};

/// How far clocks may differ.
const SKEW_S: u64 = 60;

/// A token is good only when our key has signed it and its claims say so, for access and for nothing else. Tells whether it is.
///
/// Bytes with an end of line are a header and claims that are then signed as ours are, so that the claims are read at all; others are a token.
pub fn tokens(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else { return false };
    let token = match text.split_once('\n') {
        Some((header, claims)) => signed(header.as_bytes(), claims.as_bytes()),
        None => text.to_owned(),
    };
    with_town(|town, runtime| {
        let _ = runtime.block_on(town.service.refresh(&token));
        if town.service.identify(&token).is_err() {
            return false;
        }
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, _] = parts[..] else { panic!("{token} has not three parts") };
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("an accepted part is base64");
        assert_eq!(token, signed(&read(header), &read(claims)));
        let parsed = |part: &str| serde_json::from_slice::<Value>(&read(part)).expect("an accepted part is JSON");
        let (header, claims) = (parsed(header), parsed(claims));
        assert_eq!((&header["alg"], &header["kid"], &claims["iss"]), (&"HS256".into(), &"1".into(), &"rialto".into()));
        assert_eq!(claims["aud"], "rialto:access");
        let now = town.clock.now().0 / 1000;
        assert!(claims["nbf"].as_u64().is_some_and(|begin| begin <= now + SKEW_S) && claims["exp"].as_u64().is_some_and(|end| end > now));
        true
    })
}

fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = crypto::sign(message.as_bytes(), &EncodingKey::from_secret(&KEY.0), Algorithm::HS256).expect("everything can be signed");
    format!("{message}.{signature}")
}

/// Nothing that is asked here changes the town, so one is enough.
fn with_town<T>(ask: impl FnOnce(&Town, &Runtime) -> T) -> T {
    thread_local! {
        static TOWN: OnceCell<(Runtime, Town)> = const { OnceCell::new() };
    }
    TOWN.with(|town| {
        let (runtime, town) = town.get_or_init(|| {
            let runtime = runtime::Builder::new_current_thread().build().expect("a runtime can be made");
            let town = runtime.block_on(Town::new());
            (runtime, town)
        });
        ask(town, runtime)
    })
}
