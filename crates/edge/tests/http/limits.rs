//! Sizes, times and numbers.

use rialto_domain::limit::Limits;
use rialto_edge::http::Web;
use rialto_edge::settings::{Settings, Timing};

use crate::client::{Line, ask, request};
use crate::service::{Server, settings};

fn hasty() -> Settings {
    Settings { timing: Timing { head_ms: 60, ..Timing::default() }, limits: Limits { frame_bytes: 1024, ..Limits::default() }, ..settings() }
}

const POST: &str = "POST /api/v1/presence HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ana\r\nContent-Type: application/json\r\n";

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_it_comes() {
    let server = Server::with(hasty(), Web::default());
    for length in ["1025", "4611686018427387904", "9223372036854775807"] {
        let mut line = Line::to(server.address).await;
        let answer = line.ask(format!("{POST}Content-Length: {length}\r\n\r\n")).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "http.too_large"));
        assert_eq!(answer.header("connection").as_deref(), Some("close"));
        line.finish().await;
        assert!(line.ends().await);
    }
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn a_body_that_is_sent_anyway_does_not_swallow_the_refusal() {
    let server = Server::with(hasty(), Web::default());
    let mut line = Line::to(server.address).await;
    let answer = line.ask(format!("{POST}Content-Length: 200000\r\n\r\n{}", " ".repeat(200_000))).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_body_in_chunks_is_measured_as_it_comes() {
    let server = Server::with(hasty(), Web::default());
    let mut line = Line::to(server.address).await;
    line.say(format!("{POST}Transfer-Encoding: chunked\r\n\r\n")).await;
    for _ in 0..5 {
        line.say(format!("100\r\n{}\r\n", " ".repeat(256))).await;
    }
    assert_eq!(line.hear().await.status, 413);
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let server = Server::with(hasty(), Web::default());
    let body = format!(r#"{{"users":[]{}}}"#, " ".repeat(1024 - 12));
    assert_eq!(ask(server.address, request("POST", "/api/v1/presence", Some("ana"), Some(&body))).await.status, 200);
}

#[tokio::test]
async fn a_compressed_body_is_refused_and_not_inflated() {
    let server = Server::start();
    for coding in ["gzip", "deflate", "br", "identity, gzip"] {
        let mut line = Line::to(server.address).await;
        let answer = line.ask(format!("{POST}Content-Encoding: {coding}\r\nContent-Length: 12\r\n\r\n{{\"users\":[]}}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "http.compressed"), "{coding}");
    }
    assert!(server.gateway.was_asked_nothing());
    let plain = format!("{POST}Content-Encoding: identity\r\nContent-Length: 12\r\n\r\n{{\"users\":[]}}");
    assert_eq!(ask(server.address, plain).await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::with(hasty(), Web::default());
    for part in ["", "{", "{\"users\""] {
        let mut line = Line::to(server.address).await;
        let answer = line.ask(format!("{POST}Content-Length: 12\r\n\r\n{part}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (408, "http.too_slow"));
        line.finish().await;
        assert!(line.ends().await);
    }
    let poll = "POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: test\r\nContent-Length: 12\r\n\r\n40";
    assert_eq!(ask(server.address, poll).await.status, 408);
    server.has_open(0).await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let server = Server::with(hasty(), Web::default());
    let mut first = Line::to(server.address).await;
    assert_eq!(first.ask("GET / HTTP/1.1\r\nHos").await.status, 408);
    let mut later = Line::to(server.address).await;
    assert_eq!(later.ask(request("GET", "/", None, None)).await.status, 200);
    let answer = later.ask("GET / HTTP/1.1\r\nHos").await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (408, Some("close")));
}

#[tokio::test]
async fn a_body_cut_short_changes_nothing() {
    let server = Server::start();
    let mut line = Line::to(server.address).await;
    line.say(format!("{POST}Content-Length: 20\r\n\r\n{{\"users\":[]}}")).await;
    line.finish().await;
    assert_eq!(line.hear().await.status, 400);
    assert!(server.gateway.was_asked_nothing());
}

#[tokio::test]
async fn connections_give_their_places_back_however_they_end() {
    let server = Server::start();
    for round in 0..60 {
        let mut line = Line::to(server.address).await;
        match round % 4 {
            0 => line.say("GET / HT").await,
            1 => drop(line.ask(request("GET", "/", None, None)).await),
            2 => line.say(request("GET", "/api/v1/account", Some("ana"), None)).await,
            _ => line.say(format!("{POST}Content-Length: 20\r\n\r\n{{")).await,
        }
    }
    server.has_open(0).await;
}

#[tokio::test]
async fn one_address_has_a_number_of_places_also_behind_a_proxy() {
    let few = Settings { connections_per_address: 2, trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..settings() };
    let server = Server::with(few, Web::default());
    let from = |address: &str| format!("GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: {address}\r\n\r\n");
    let (mut one, mut other, mut third) = (Line::to(server.address).await, Line::to(server.address).await, Line::to(server.address).await);
    assert_eq!([one.ask(from("1.1.1.1")).await.status, other.ask(from("1.1.1.1")).await.status], [200, 200]);
    let refused = third.ask(from("1.1.1.1")).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "http.too_many_connections"));
    assert_eq!(third.ask(from("2.2.2.2")).await.status, 200);
}
