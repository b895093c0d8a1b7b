//! What operators ask.

use parking_lot::Mutex;
use rialto_edge::http::Operations;
use std::net::TcpListener;
use std::sync::Arc;

use crate::client::{Line, ask, request};

fn start(state: &Arc<Mutex<Result<(), String>>>) -> Operations {
    let state = Arc::clone(state);
    let readiness = move || -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        let state = state.lock().clone();
        Box::pin(async move { state })
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Operations::start(listener, Arc::new(readiness), Arc::new(|| "rialto_connections 3\n".to_owned())).unwrap()
}

async fn get(operations: &Operations, target: &str) -> (u16, String) {
    let answer = ask(operations.address(), request("GET", target, None, None)).await;
    (answer.status, answer.text().to_owned())
}

#[tokio::test]
async fn a_server_is_alive_and_ready_and_tells_how_it_does() {
    let state = Arc::new(Mutex::new(Ok(())));
    let operations = start(&state);
    assert_eq!(get(&operations, "/healthz").await, (200, "ok\n".into()));
    assert_eq!(get(&operations, "/readyz").await, (200, "ready\n".into()));
    assert_eq!(get(&operations, "/metrics").await, (200, "rialto_connections 3\n".into()));
    assert_eq!(get(&operations, "/api/v1/account").await.0, 404);
}

#[tokio::test]
async fn a_server_is_not_ready_when_something_is_missing_or_it_drains() {
    let state = Arc::new(Mutex::new(Err("the store does not answer".to_owned())));
    let operations = start(&state);
    assert_eq!(get(&operations, "/readyz").await, (503, "the store does not answer\n".into()));
    *state.lock() = Ok(());
    assert_eq!(get(&operations, "/readyz").await.0, 200);
    operations.drain();
    assert_eq!(get(&operations, "/readyz").await, (503, "draining\n".into()));
    assert_eq!(get(&operations, "/healthz").await.0, 200);
}

#[tokio::test]
async fn probers_are_served_one_after_another_when_there_are_too_many() {
    let state = Arc::new(Mutex::new(Ok(())));
    let operations = start(&state);
    let mut idle = Vec::new();
    for _ in 0..64 {
        idle.push(Line::to(operations.address()).await);
    }
    let waiting = tokio::spawn(ask(operations.address(), request("GET", "/healthz", None, None)));
    drop(idle);
    assert_eq!(waiting.await.unwrap().status, 200);
}
