//! WebSockets that are opened on connections which were used for requests before.

use rialto_edge::http::Web;
use rialto_edge::settings::Settings;
use rialto_wire::websocket::Opcode;
use rialto_wire::websocket::client::Dial;
use rialto_wire::websocket::frame;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::client::{Line, ask, request};
use crate::service::{Server, settings};

pub fn dial(target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Dial { host: "test", target, nonce: [7; 16], protocols: &["rialto.v1.json"], headers }.request(&mut bytes).unwrap();
    bytes
}

pub fn said(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(opcode, payload, Some([1, 2, 3, 4]), &mut bytes);
    bytes
}

/// Says hello on a plain WebSocket that was agreed upon, and hears who it is.
pub async fn greets<S: AsyncRead + AsyncWrite + Unpin>(line: &mut Line<S>) {
    line.say(said(Opcode::Text, br#"{"id":1,"cmd":"hello","data":{"token":"ana"}}"#)).await;
    let head = line.take(4).await;
    assert_eq!(head[..2], [0x81, 126], "a text frame of medium length");
    let payload = line.take(usize::from(u16::from_be_bytes([head[2], head[3]]))).await;
    let payload = String::from_utf8(payload).unwrap();
    assert!(payload.starts_with(r#"{"re":1,"ok":{"user":"#), "{payload}");
}

#[tokio::test]
async fn a_kept_connection_can_become_a_websocket() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    for _ in 0..3 {
        assert_eq!(line.ask(request("GET", "/", None, None)).await.status, 200);
    }
    let answer = line.ask(dial("/ws", &[])).await;
    assert_eq!((answer.status, answer.header("sec-websocket-protocol").as_deref()), (101, Some("rialto.v1.json")));
    greets(&mut line).await;
    drop(line);
    server.has_open(0).await;
}

#[tokio::test]
async fn what_is_sent_behind_the_handshake_is_not_lost() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    let ping = said(Opcode::Ping, b"hi");
    line.say([request("GET", "/", None, None).into_bytes(), dial("/ws", &[]), ping].concat()).await;
    assert_eq!((line.hear().await.status, line.hear().await.status), (200, 101));
    assert_eq!(line.take(4).await, [0x8a, 2, b'h', b'i']);
    greets(&mut line).await;
}

#[tokio::test]
async fn a_websocket_that_is_refused_on_a_kept_connection_is_told_why() {
    let listed = Settings { origins: vec!["https://app.example".into()], ..settings() };
    let server = Server::with(listed, Web::default());
    let foreign = String::from_utf8(dial("/ws", &[("Origin", "https://evil.example")])).unwrap();
    let old = String::from_utf8(dial("/ws", &[])).unwrap().replace("Version: 13", "Version: 8");
    let unknown = String::from_utf8(dial("/socket.io/?EIO=4&transport=websocket&sid=unknown", &[])).unwrap();
    for (head, status) in [(foreign, 403), (old, 426), (unknown, 400)] {
        let mut line = Line::to(server.address).await;
        assert_eq!(line.ask(request("GET", "/", None, None)).await.status, 200);
        let answer = line.ask(head).await;
        assert_eq!((answer.status, answer.header("connection").as_deref()), (status, Some("close")));
    }
    server.has_open(0).await;
}

#[tokio::test]
async fn a_session_moves_for_its_own_user_and_for_nobody_else() {
    let server = Server::start();
    let opened = ask(server.address, request("GET", "/socket.io/?EIO=4&transport=polling", None, None)).await;
    let sid = opened.text().split('"').nth(3).unwrap().to_owned();
    let polling = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    let hello = r#"40{"token":"ana"}"#;
    ask(server.address, format!("POST {polling} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{hello}", hello.len())).await;
    while !ask(server.address, request("GET", &polling, None, None)).await.text().contains("ready") {}
    for (token, status) in [("Bearer ben", 400), ("Bearer bad", 401), ("Bearer ana", 101)] {
        let mut line = Line::to(server.address).await;
        let answer = line.ask(dial(&format!("/socket.io/?EIO=4&transport=websocket&sid={sid}"), &[("Authorization", token)])).await;
        assert_eq!(answer.status, status, "{token}");
    }
}

#[tokio::test]
async fn a_wish_for_a_websocket_where_there_is_none_is_an_ordinary_request() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    assert_eq!(line.ask(dial("/elsewhere", &[])).await.status, 404);
    assert_eq!(line.ask(dial("/", &[])).await.status, 200);
}
