//! What people and their tools read about the server.

use rialto_edge::http::Web;
use serde_json::Value;

use crate::client::{Answer, ask, request};
use crate::service::{Server, settings};

async fn get(server: &Server, target: &str) -> Answer {
    ask(server.address, request("GET", target, None, None)).await
}

#[tokio::test]
async fn the_pages_come_with_headers_that_keep_them_harmless() {
    let server = Server::with(settings(), Web { version: "1.2.3".into(), ..Web::default() });
    for (target, kind) in [("/", "text/html; charset=utf-8"), ("/api", "text/html; charset=utf-8"), ("/style.css", "text/css; charset=utf-8")] {
        let page = get(&server, target).await;
        assert_eq!((page.status, page.header("content-type").as_deref()), (200, Some(kind)), "{target}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(page.header("referrer-policy").as_deref(), Some("no-referrer"));
        assert_eq!(page.header("set-cookie"), None);
    }
    let home = get(&server, "/").await;
    assert!(home.text().contains("version 1.2.3") && home.text().contains("ws://test/ws"));
}

#[tokio::test]
async fn the_descriptions_are_the_contract() {
    let server = Server::start();
    assert_eq!(get(&server, "/api/v1/schema.json").await.json(), rialto_wire::schema::contract());
    let openapi = get(&server, "/api/v1/openapi.json").await;
    assert_eq!(openapi.json()["openapi"], "3.1.1");
    let shapes = |document: &Value, key: &str| document.pointer(key).unwrap().as_object().unwrap().len();
    assert_eq!(shapes(&openapi.json(), "/components/schemas"), shapes(&rialto_wire::schema::contract(), "/$defs"));
}

#[tokio::test]
async fn a_page_can_be_asked_about_without_being_read() {
    let server = Server::start();
    let mut line = crate::client::Line::to(server.address).await;
    line.say("HEAD /style.css HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await;
    let (mut head, end) = (Vec::new(), b"\r\n\r\n");
    while !head.ends_with(end) {
        head.extend(line.take(1).await);
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "));
    assert!(line.ends().await);
}
