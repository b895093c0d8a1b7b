//! Requests that follow each other on one connection, and those that pretend to.

use crate::client::{Line, ask, request};
use crate::service::Server;

fn account() -> String {
    request("GET", "/api/v1/account", Some("ana"), None)
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    for _ in 0..20 {
        assert_eq!(line.ask(account()).await.status, 200);
    }
    assert_eq!(server.realtime.as_ref().unwrap().admission().open(), 1);
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_their_order() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    let body = r#"{"users":[]}"#;
    let ahead = [account(), request("POST", "/api/v1/presence", Some("ana"), Some(body)), request("GET", "/nothing", None, None)].concat();
    line.say(&ahead).await;
    assert_eq!([line.hear().await.status, line.hear().await.status, line.hear().await.status], [200, 200, 404]);
    for byte in ahead.as_bytes() {
        line.say([*byte]).await;
    }
    assert_eq!([line.hear().await.status, line.hear().await.status, line.hear().await.status], [200, 200, 404]);
}

/// Each is refused as the first request of a connection, and as a later one.
async fn refused(head: &str, status: u16) {
    let server = Server::start();
    let smuggled = "GET /api/v1/settings HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\n\r\n";
    for is_first in [true, false] {
        let mut line = Line::to(server.address).await;
        if !is_first {
            assert_eq!(line.ask(account()).await.status, 200);
            server.gateway.only();
        }
        let answer = line.ask(format!("{head}{smuggled}")).await;
        assert_eq!(answer.status, status, "first: {is_first}, {head:.200}");
        assert_eq!(answer.header("connection").as_deref(), Some("close"));
        line.finish().await;
        assert!(line.ends().await);
        assert!(server.gateway.was_asked_nothing(), "{head:.200}");
    }
}

#[tokio::test]
async fn a_body_has_one_length() {
    let post = "POST /api/v1/presence HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\nContent-Type: application/json\r\n";
    refused(&format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400).await;
    refused(&format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"), 400).await;
    refused(&format!("{post}Content-Length: 4\r\nContent-Length: 5\r\n\r\n"), 400).await;
    refused(&format!("{post}Content-Length: 4\r\nContent-Length: 4\r\n\r\n"), 400).await;
    refused(&format!("{post}Content-Length: +4\r\n\r\n"), 400).await;
    refused(&format!("{post}Content-Length: 99999999999999999999999\r\n\r\n"), 400).await;
}

#[tokio::test]
async fn what_is_said_once_may_not_be_said_twice() {
    for header in ["Host: test", "Authorization: Bearer ana", "Origin: http://test"] {
        refused(&format!("GET /api/v1/account HTTP/1.1\r\nHost: test\r\n{header}\r\n{header}\r\n\r\n"), 400).await;
    }
    refused("GET /api/v1/account HTTP/1.1\r\n\r\n", 400).await;
    refused("GET  HTTP/1.1\r\n\r\n", 400).await;
    refused("GET / HTTP/1.1\r\nHost: test\r\nBad Header: x\r\n\r\n", 400).await;
    refused("GET / HTTP/1.1\r\nHost: test\r\nX: a\r\n folded\r\n\r\n", 400).await;
}

#[tokio::test]
async fn heads_have_a_size() {
    refused(&format!("GET / HTTP/1.1\r\nHost: test\r\n{}\r\n", "X: y\r\n".repeat(2000)), 431).await;
    refused(&format!("GET / HTTP/1.1\r\nHost: test\r\nX: {}\r\n\r\n", "y".repeat(20_000)), 431).await;
    refused(&format!("GET /socket.io/?EIO=4&transport=polling&sid={} HTTP/1.1\r\nHost: test\r\n\r\n", "A".repeat(20_000)), 431).await;
}

#[tokio::test]
async fn a_body_in_chunks_is_taken_and_ends_the_connection() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    let chunked = "POST /api/v1/presence HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"use\r\n7\r\nrs\":[]}\r\n0\r\n\r\n";
    let answer = line.ask(format!("{chunked}{}", account())).await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (200, Some("close")));
    server.gateway.only();
    line.finish().await;
    assert!(line.ends().await);
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn a_client_that_said_all_it_wants_still_gets_its_answer() {
    let server = Server::start();
    let hold = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    *server.gateway.hold.lock() = Some(hold.clone());
    let mut line = Line::to(server.address).await;
    line.say(account()).await;
    line.finish().await;
    while server.gateway.was_asked_nothing() {
        tokio::task::yield_now().await;
    }
    hold.add_permits(1);
    assert_eq!(line.hear().await.status, 200);
    assert!(line.ends().await);
}

#[tokio::test]
async fn who_asks_to_end_the_connection_gets_that() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    assert_eq!(line.ask("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await.status, 200);
    assert!(line.ends().await);
    let mut line = Line::to(server.address).await;
    assert_eq!(line.ask("GET / HTTP/1.0\r\n\r\n").await.status, 200);
    assert!(line.ends().await);
}

#[tokio::test]
async fn a_body_is_awaited_when_it_is_announced_that_way() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    line.say("POST /api/v1/presence HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\nContent-Type: application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(line.hear().await.status, 100);
    assert_eq!(line.ask(r#"{"users":[]}"#).await.status, 200);
    assert_eq!(ask(server.address, account()).await.status, 200);
}
