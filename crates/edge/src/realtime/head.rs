//! The first bytes of a connection: an HTTP request head, read once, and where it leads.

use rialto_wire::engineio::Sid;
use rialto_wire::websocket::handshake::{self, Upgrade};
use rialto_wire::websocket::head::{Head, HeadError};
use std::net::IpAddr;

use super::address::client_address;
use super::opening::{Declined, Endpoint, Opening};
use super::origin;
use crate::settings::Settings;

/// Where a request head leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Its end is missing.
    Incomplete,
    /// It is for the HTTP stack.
    Http,
    /// It opens a WebSocket.
    WebSocket {
        /// Which one.
        opening: Opening,
        /// The answer that agrees.
        answer: Vec<u8>,
        /// How long the head is; frames may follow it.
        len: usize,
        /// Who the client is, seen through the proxies.
        client: IpAddr,
        /// The request's own token, if it has one.
        token: Option<String>,
    },
    /// It is refused.
    Declined(Declined),
}

/// Judges the bytes that a connection from `peer` began with.
pub(crate) fn route(bytes: &[u8], peer: IpAddr, settings: &Settings) -> Route {
    let head = match Head::decode(bytes) {
        Ok(Some(head)) => head,
        Ok(None) => return Route::Incomplete,
        Err(error) => return Route::Declined(malformed(error)),
    };
    let Some(endpoint) = Endpoint::at(head.path(), settings.profile).filter(|_| handshake::is_wanted(&head)) else {
        return Route::Http;
    };
    match open(&head, endpoint, settings) {
        Ok((opening, answer)) => {
            let forwarded = head.values("x-forwarded-for").filter_map(|value| str::from_utf8(value).ok());
            let client = client_address(peer, forwarded, &settings.trusted_proxies);
            let token = head.text("authorization").and_then(bearer).map(str::to_owned);
            Route::WebSocket { opening, answer, len: head.len(), client, token }
        }
        Err(declined) => Route::Declined(declined),
    }
}

/// The token in an `Authorization` header (RFC 6750 §2.1), the only place where one is looked for.
pub(crate) fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The shard that a session id was given out by.
pub(super) fn shard_of(sid: &Sid) -> usize {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let first = sid.as_str().as_bytes()[0];
    ALPHABET.iter().position(|letter| *letter == first).unwrap_or_default()
}

/// A session id of a shard: its first six bits tell the shard, the other 138 are random.
pub(super) fn sid_of(shard: usize, mut random: [u8; Sid::RANDOM_BYTES]) -> Sid {
    random[0] = (shard as u8) << 2 | random[0] & 3;
    Sid::from_random(random)
}

fn open(head: &Head<'_>, endpoint: Endpoint, settings: &Settings) -> Result<(Opening, Vec<u8>), Declined> {
    let upgrade = Upgrade::of(head)?;
    if !origin::admits(head.text("origin"), head.text("host"), &settings.origins) {
        return Err(Declined::because(403, "this origin may not connect"));
    }
    let offers = !upgrade.protocols().is_empty();
    let (opening, protocol) = endpoint.open(head.method(), head.query(), offers, |spoken| upgrade.choose(spoken))?;
    let mut answer = Vec::new();
    upgrade.accept(protocol, &mut answer);
    Ok((opening, answer))
}

fn malformed(error: HeadError) -> Declined {
    Declined::because(error.status(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn request(target: &str, headers: &str) -> Vec<u8> {
        format!(
            "GET {target} HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"
        )
        .into_bytes()
    }

    fn status(bytes: &[u8], settings: &Settings) -> Option<u16> {
        match route(bytes, PEER, settings) {
            Route::Declined(declined) => Some(declined.status),
            _ => None,
        }
    }

    #[test]
    fn a_websocket_is_opened_and_what_follows_the_head_is_left() {
        let bytes = [request("/ws", "Sec-WebSocket-Protocol: rialto.v1.msgpack\r\n"), b"frame".to_vec()].concat();
        let Route::WebSocket { opening, answer, len, client, token: None } = route(&bytes, PEER, &Settings::default()) else { panic!("not opened") };
        assert_eq!((opening, client), (Opening::Plain(super::super::encode::Format::PlainMsgpack), PEER));
        assert!(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"Sec-WebSocket-Protocol: rialto.v1.msgpack\r\n\r\n"));
        assert_eq!(&bytes[len..], b"frame");
    }

    #[test]
    fn a_token_is_taken_from_its_header_and_from_nowhere_else() {
        let token = |headers: &str| match route(&request("/ws?access_token=x", headers), PEER, &Settings::default()) {
            Route::WebSocket { token, .. } => token,
            other => panic!("{other:?}"),
        };
        assert_eq!(token("Authorization: bearer abc\r\n").as_deref(), Some("abc"));
        for none in ["", "Authorization: Basic abc\r\n", "Authorization: abc\r\n", "Cookie: access_token=x\r\n"] {
            assert_eq!(token(none), None, "{none}");
        }
    }

    #[test]
    fn everything_else_is_for_http() {
        let settings = Settings::default();
        assert_eq!(route(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", PEER, &settings), Route::Http);
        assert_eq!(route(b"GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", PEER, &settings), Route::Http);
        assert_eq!(route(&request("/elsewhere", ""), PEER, &settings), Route::Http);
        assert_eq!(route(&request("/ws", "")[..40], PEER, &settings), Route::Incomplete);
    }

    #[test]
    fn a_bad_request_is_refused_with_its_own_status() {
        let settings = Settings { origins: vec!["https://app.example".into()], ..Settings::default() };
        assert_eq!(status(&request("/ws", "Origin: https://evil.example\r\n"), &settings), Some(403));
        assert_eq!(status(&request("/ws", "Origin: null\r\n"), &Settings::default()), Some(403));
        assert_eq!(status(&request("/ws", "Origin: https://app.example\r\n"), &settings), None);
        assert_eq!(status(&request("/ws", "Sec-WebSocket-Protocol: other\r\n"), &settings), Some(400));
        assert_eq!(status(b"nonsense\r\n\r\n", &settings), Some(400));
        assert_eq!(status(&request("/ws", &"a: b\r\n".repeat(2000)), &settings), Some(431));
        assert_eq!(status(&request("/ws", &format!("a: {}\r\n", "b".repeat(20_000))), &settings), Some(431));
        assert_eq!(status(b"POST /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", &settings), Some(400));
        assert_eq!(status(&request("/socket.io/?EIO=4&transport=websocket&sid=unknown", ""), &settings), Some(400));
    }

    #[test]
    fn behind_a_trusted_proxy_the_client_is_who_it_says() {
        let settings = Settings { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..Settings::default() };
        let bytes = request("/ws", "X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n");
        let client = |settings| match route(&bytes, PEER, settings) {
            Route::WebSocket { client, .. } => client,
            other => panic!("{other:?}"),
        };
        assert_eq!(client(&settings), IpAddr::from([1, 2, 3, 4]));
        assert_eq!(client(&Settings::default()), PEER);
    }

    #[test]
    fn a_session_id_leads_to_its_shard() {
        for shard in 0..64 {
            assert_eq!(shard_of(&sid_of(shard, [0xff; Sid::RANDOM_BYTES])), shard);
            assert_eq!(shard_of(&sid_of(shard, [0; Sid::RANDOM_BYTES])), shard);
        }
        assert_ne!(sid_of(1, [0; Sid::RANDOM_BYTES]), sid_of(1, [1; Sid::RANDOM_BYTES]));
    }
}
