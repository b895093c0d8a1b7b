//! The end of a server.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

use crate::client::{Line, request};
use crate::service::Server;

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_draining_server_answers_what_is_under_way_and_ends_what_rests() {
    let mut server = Server::start();
    let hold = Arc::new(Semaphore::new(0));
    *server.gateway.hold.lock() = Some(Arc::clone(&hold));
    let (mut busy, mut resting) = (Line::to(server.address).await, Line::to(server.address).await);
    assert_eq!(resting.ask(request("GET", "/", None, None)).await.status, 200);
    busy.say(request("GET", "/api/v1/account", Some("ana"), None)).await;
    while server.gateway.was_asked_nothing() {
        tokio::task::yield_now().await;
    }
    let drained = tokio::spawn(server.http.take().unwrap().drain(LONG));
    assert!(resting.ends().await);
    assert!(!drained.is_finished());
    hold.add_permits(1);
    let answer = busy.hear().await;
    assert_eq!((answer.status, answer.header("connection").as_deref()), (200, Some("close")));
    assert!(busy.ends().await);
    drained.await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let mut server = Server::start();
    *server.gateway.hold.lock() = Some(Arc::new(Semaphore::new(0)));
    let mut busy = Line::to(server.address).await;
    busy.say(request("GET", "/api/v1/account", Some("ana"), None)).await;
    while server.gateway.was_asked_nothing() {
        tokio::task::yield_now().await;
    }
    server.http.take().unwrap().drain(Duration::from_millis(30)).await;
    assert!(busy.ends().await);
    server.has_open(0).await;
}

#[tokio::test]
async fn polls_that_wait_end_with_the_shards() {
    let mut server = Server::start();
    let mut line = Line::to(server.address).await;
    let answer = line.ask(request("GET", "/socket.io/?EIO=4&transport=polling", None, None)).await;
    let sid = answer.text().split('"').nth(3).unwrap().to_owned();
    line.say(request("GET", &format!("/socket.io/?EIO=4&transport=polling&sid={sid}"), None, None)).await;
    let (http, realtime) = (server.http.take().unwrap(), server.realtime.take().unwrap());
    let shards = tokio::task::spawn_blocking(move || realtime.shutdown(100));
    http.drain(LONG).await;
    shards.await.unwrap();
    drop(line);
}
