//! Long-polling as clients speak it.

use rialto_domain::limit::Limits;
use rialto_edge::http::Web;
use rialto_edge::settings::{Profile, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, Line, ask};
use crate::service::{Server, settings};

const OPEN: &str = "/socket.io/?EIO=4&transport=polling";

async fn get(server: &Server, target: &str, more: &str) -> Answer {
    ask(server.address, format!("GET {target} HTTP/1.1\r\nHost: test\r\n{more}\r\n")).await
}

async fn post(server: &Server, target: &str, body: &str) -> Answer {
    let head = format!("POST {target} HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n", body.len());
    ask(server.address, head + body).await
}

/// The address of a new session.
async fn open(server: &Server) -> String {
    let answer = get(server, OPEN, "").await;
    assert_eq!((answer.status, answer.header("content-type").as_deref()), (200, Some("text/plain; charset=UTF-8")));
    let open: Value = serde_json::from_str(answer.text().strip_prefix('0').unwrap()).unwrap();
    format!("{OPEN}&sid={}", open["sid"].as_str().unwrap())
}

#[tokio::test]
async fn a_session_is_opened_greeted_and_spoken_with() {
    let server = Server::start();
    let session = open(&server).await;
    assert_eq!(post(&server, &session, r#"40{"token":"ana"}"#).await.text(), "ok");
    let answer = get(&server, &session, "").await;
    let mut packets = answer.text().split('\u{1e}').map(str::to_owned).collect::<Vec<_>>();
    while packets.len() < 2 {
        packets.extend(get(&server, &session, "").await.text().split('\u{1e}').map(str::to_owned));
    }
    assert!(packets[0].starts_with("40{\"sid\":"), "{packets:?}");
    assert!(packets[1].starts_with("42[\"ready\","), "{packets:?}");
    assert_eq!(post(&server, &session, r#"427["account.get",{}]"#).await.status, 200);
    assert_eq!(get(&server, &session, "").await.text(), r#"437[{"ok":{}}]"#);
    assert_eq!(server.gateway.only().1.name(), "account.get");
}

#[tokio::test]
async fn mistakes_are_told_in_the_words_of_engine_io() {
    let server = Server::start();
    let unknown = format!("{OPEN}&sid=AAAAAAAAAAAAAAAAAAAAAAAA");
    let rows = [
        ("/socket.io/", 0, "Transport unknown"),
        ("/socket.io/?EIO=4&transport=telegraph", 0, "Transport unknown"),
        ("/socket.io/?EIO=3&transport=polling", 5, "Unsupported protocol version"),
        ("/socket.io/?EIO=4&transport=websocket", 3, "Bad request"),
        ("/socket.io/?EIO=4&EIO=4&transport=polling", 3, "Bad request"),
        ("/socket.io/?EIO=4&transport=polling&j=0", 3, "Bad request"),
        (&unknown, 1, "Session ID unknown"),
    ];
    for (target, code, message) in rows {
        let answer = get(&server, target, "").await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "code": code, "message": message })), "{target}");
        assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
    }
    assert_eq!(post(&server, OPEN, "").await.json()["code"], 2);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = ask(server.address, format!("{method} {unknown} HTTP/1.1\r\nHost: test\r\n\r\n")).await;
        assert_eq!((answer.status, answer.json()["code"].as_u64()), (400, Some(3)), "{method}");
    }
    server.has_open(0).await;
}

#[tokio::test]
async fn a_session_is_bound_to_its_user() {
    let server = Server::start();
    let session = open(&server).await;
    assert_eq!(post(&server, &session, r#"40{"token":"ana"}"#).await.text(), "ok");
    let mut heard = String::new();
    while !heard.contains("ready") {
        heard += get(&server, &session, "").await.text();
    }
    let foreign = get(&server, &session, "Authorization: Bearer eve\r\n").await;
    assert_eq!((foreign.status, foreign.json()["code"].as_u64()), (400, Some(1)));
    assert_eq!(get(&server, &session, "Authorization: Bearer bad\r\n").await.status, 401);
    assert_eq!(post(&server, &session, r#"420["account.get"]"#).await.status, 200);
    assert_eq!(get(&server, &session, "Authorization: Bearer ana\r\n").await.text(), r#"430[{"ok":{}}]"#);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = Server::with(Settings { limits: Limits { frame_bytes: 1024, ..Limits::default() }, ..settings() }, Web::default());
    let session = open(&server).await;
    assert_eq!(post(&server, &session, &"4".repeat(1025)).await.status, 413);
    assert_eq!(post(&server, &session, r#"40{"token":"ana"}"#).await.status, 200);
}

#[tokio::test]
async fn many_packets_at_once_are_refused() {
    let server = Server::start();
    let session = open(&server).await;
    assert_eq!(post(&server, &session, &"\u{1e}".repeat(100_000)).await.status, 400);
    assert_eq!(get(&server, &session, "").await.text(), "1");
}

#[tokio::test]
async fn sessions_count_as_connections() {
    let server = Server::with(Settings { max_connections: 3, ..settings() }, Web::default());
    let mut line = Line::to(server.address).await;
    let open = format!("GET {OPEN} HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!([line.ask(&open).await.status, line.ask(&open).await.status, line.ask(&open).await.status], [200, 200, 429]);
}

#[tokio::test]
async fn the_echo_for_protocol_suites_is_there_only_when_asked_for() {
    assert_eq!(get(&Server::start(), "/engine.io/?EIO=4&transport=polling", "").await.status, 404);
    let server = Server::with(Settings { profile: Profile::Conformance, ..settings() }, Web::default());
    let answer = get(&server, "/engine.io/?EIO=4&transport=polling", "").await;
    let open: Value = serde_json::from_str(answer.text().strip_prefix('0').unwrap()).unwrap();
    let session = format!("/engine.io/?EIO=4&transport=polling&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(post(&server, &session, "4hello").await.text(), "ok");
    assert_eq!(get(&server, &session, "").await.text(), "4hello");
    assert_eq!(get(&server, "/api/v1/account", "").await.status, 404);
}
